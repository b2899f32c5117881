"""Our server in the world of the test: its host, its accounts, what the tests ask of it. Names below .played are answered by a DNS of the test's own, at once;
those below .example stand in signed zones (full only)."""
import base64
import email
import imaplib
import os
import quopri
import re
import smtplib

import serve
from certs import Authority, tlsa
from zones import Dns as Zones, text_record
from hosts import Host, Net, remove, v4, v6
from peers import A, AAAA, MX, Dns, Peer

OURS, PLAYED, AUTHORITY, RESOLVER = 10, 52, 53, 54
SETTINGS = f"""listener submission {{ port 587  protocol submission  security starttls  plaintext_auth yes }}
courier_connect_timeout 2s
queue_retry_first 1s
queue_retry_most 2s
queue_delay_notice 0s
stop_grace 1s
courier_loopback yes
courier_ipv6 yes
dns_zone played {{ type stub  server {v4(PLAYED)}  dnssec no }}
log_level debug
"""


REPORTS = ("message/delivery-status", "message/global-delivery-status")


def text_of(part):
    """Of a part of type message/global..., which may be encoded; Python does not know that."""
    text = part.get_payload(0).as_string() if part.is_multipart() else part.get_payload()
    decode = {"base64": base64.b64decode, "quoted-printable": quopri.decodestring}.get(str(part["Content-Transfer-Encoding"]).lower())
    return decode(text).decode() if decode else text


def fields_of(part):
    """The groups of fields of a report."""
    if part.get_content_type() == REPORTS[0]:
        return part.get_payload()
    text = text_of(part)
    return [email.message_from_string(x) for x in re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip())]


class Server(serve.Server):
    def __init__(self, host, settings):
        self.host = host
        super().__init__([25, 143], settings=settings)
        swap = {"host_name mail.example.test": "host_name mail.here.example",
                "listener smtp { address 127.0.0.1  port 25 }": f"listener smtp {{ address {v4(host.n)},{v6(host.n)}  port 25 }}",
                "listener imap { address 127.0.0.1  port 143 }": "listener imap { port 143  plaintext_auth yes }"}
        self.lines = [swap.get(x, x) for x in self.lines]

    def command(self, *args):
        return self.host.inside(*super().command(*args))


class World:
    def __init__(self, dir, r, full):
        self.r, self.dir = r, dir
        self.net = Net(dir)
        self.net.address(PLAYED)
        self.dns = Dns(53, v4(PLAYED))
        self.next, self.peers = 100, []
        self.authority = Authority(dir)
        self.zones = None
        settings = SETTINGS
        if full:
            self.zones = Zones(self.net, AUTHORITY, RESOLVER)
            settings += f"resolver_root_hints {self.zones.hints}\nresolver_trust_anchor {self.zones.anchor}\n"
        self.host = Host(self.net, "ours", OURS)
        self.server = Server(self.host, settings)
        cert, key = self.authority.issue("ours", ["mail.here.example"])
        for path, at in ((cert, self.server.cert), (key, self.server.key)):
            with open(path) as f, open(at, "w") as out:
                out.write(f.read())
        self.server.write_config()

    def start(self):
        ok = self.r.check(self.server.start(), "the server starts")
        if ok:
            self.server.accounts("here.example", ["alice", "carol"], "secret")
        return ok

    def publish(self):
        """The zones, with our keys in them."""
        for name, text in self.keys().items():
            self.zones.add(name, text_record(text))
        self.zones.mail("here.example", "mail.here.example", OURS)
        self.zones.add("_25._tcp.mail.here.example", tlsa(self.server.cert, 3, 1))
        return self.zones.publish()

    def keys(self):
        """{name: text} of our DKIM records."""
        out = {}
        for key in self.server.ask("dkim", "show", "here.example")[2]["keys"]:
            name, strings = re.fullmatch(r'(\S+)\. IN TXT (".*")', key["record"]).groups()
            out[name] = "".join(re.findall(r'"([^"]*)"', strings))
        return out

    # --- servers that the test plays ---

    def address(self, **families):
        self.next += 1
        self.net.address(self.next, **families)
        return self.next

    def peer(self, name, with_v4=True, with_v6=False, **options):
        """A domain NAME.played, its mail server on an address of its own."""
        n = self.address(with_v4=with_v4, with_v6=with_v6)
        self.dns.add(f"{name}.played", MX, f"10 mx.{name}.played")
        if with_v4:
            self.dns.add(f"mx.{name}.played", A, v4(n))
        if with_v6:
            self.dns.add(f"mx.{name}.played", AAAA, v6(n))
        peer = Peer(v4(n) if with_v4 else v6(n), 25, **options)
        peer.domain = f"{name}.played"
        self.peers.append(peer)
        return peer

    # --- letters ---

    def send_raw(self, raw, to, sender="alice@here.example", **options):
        with smtplib.SMTP(v4(OURS), 587, timeout=30) as s:
            s.login(sender, "secret")
            s.sendmail(sender, to, raw, **options)

    def send(self, to, subject, text="Hello\r\n", options=(), rcpt_options=()):
        raw = f"From: alice@here.example\r\nTo: {', '.join(to)}\r\nSubject: {subject}\r\n\r\n{text}".encode()
        self.send_raw(raw, to, mail_options=list(options), rcpt_options=list(rcpt_options))

    def inbox(self, user="alice"):
        m = imaplib.IMAP4(v4(OURS), 143, timeout=30)
        m.login(user + "@here.example", "secret")
        m.select("INBOX")
        got = [m.fetch(n, "(BODY.PEEK[])")[1][0][1] for n in m.search(None, "ALL")[1][0].split()]
        m.logout()
        return got

    def arrived(self, mark, user="alice", seconds=20):
        """The first letter that holds these bytes, when it is there."""
        return serve.wait_for(lambda: next((x for x in self.inbox(user) if mark in x), None), seconds)

    def notice(self, about, action=None, seconds=20):
        """The report of the notice whose letter had that subject: [of the letter, of a recipient...]."""
        def look():
            for raw in self.inbox():
                m = email.message_from_bytes(raw)
                parts = m.get_payload() if m.is_multipart() else []  # multipart/report; OpenSMTPD says multipart/mixed
                if len(parts) > 1 and parts[1].get_content_type() in REPORTS and f"Subject: {about}" in raw.decode("latin-1") + "".join(map(text_of, parts[2:])):
                    report = fields_of(parts[1])
                    if not action or report[1]["Action"] == action:
                        return report
            return None
        return serve.wait_for(look, seconds)

    def waiting(self):
        return self.server.ask("queue", "list")[2]["letters"]

    def why(self, address):
        """What the queue says of this recipient; None: he is not in it."""
        for entry in self.waiting():
            status, _, whole = self.server.ask("queue", "show", entry["id"])
            for rcpt in whole["recipients"] if status == 0 else []:
                if rcpt["address"] == address:
                    return rcpt["answer"]
        return None

    def end(self, show):
        self.server.stop()
        if show:
            with open(self.server.log, errors="replace") as f:
                print("".join(f.readlines()[-100:]))
            for host in self.net.hosts:
                print(host.words())
        self.server.remove()
        remove(self.net)
