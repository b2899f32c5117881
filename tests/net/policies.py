"""DANE and MTA-STS with Postfix on the other side, whose certificates are an EC and an RSA one: what the records and policies say of them is right, or wrong in each way."""
import http.server
import os
import smtplib
import ssl
import threading

import serve
from certs import digest, tlsa
from hosts import v4
from makes import Postfix
from peers import Peer
from world import RESOLVER

EC, RSA, WEB = 15, 16, 60
NAMED = ["mx.dane-ta.example", "mx.dane-over-sts.example", "mx.sts-good.plain.example", "mx.sts-mx.plain.example", "mx.sts-wild.plain.example"]  # in the certificates
STS = {  # domain below plain.example: (mode, mx patterns)
    "sts-good": ("enforce", ["mx.sts-good.plain.example"]),
    "sts-wild": ("enforce", ["*.sts-wild.plain.example"]),
    "sts-name": ("enforce", ["mx.sts-name.plain.example"]),
    "sts-mx": ("enforce", ["other.sts-mx.plain.example"]),
    "sts-testing": ("testing", ["mx.sts-testing.plain.example"]),
    "sts-none": ("none", []),
    "sts-plain": ("enforce", ["mx.sts-plain.plain.example"]),
}
# domain: does it arrive, what is said of how (or why not)
WANT = {
    "dane-ec.example": (True, "dane"), "dane-rsa.example": (True, "dane"), "dane-ta.example": (True, "dane"), "dane-roll.example": (True, "dane"),
    "dane-second.example": (True, "dane"), "dane-unusable.example": (True, ""), "dane-over-sts.example": (True, "dane"), "dane.plain.example": (True, ""),
    "dane-bad.example": (False, ""), "dane-ta-name.example": (False, ""), "dane-stripped.example": (False, "STARTTLS"), "mail.expired.example": (False, "DNS"),
    "sts-good.plain.example": (True, "sts"), "sts-wild.plain.example": (True, "sts"), "sts-testing.plain.example": (True, ""), "sts-none.plain.example": (True, ""),
    "sts-name.plain.example": (False, ""), "sts-mx.plain.example": (False, ""), "sts-plain.plain.example": (False, "STARTTLS"), "sts-broken.plain.example": (True, ""),
}


def policy(host):
    """The text of a policy, by the name that is asked for it."""
    name = host.removeprefix("mta-sts.").removesuffix(".plain.example")
    mode, mx = STS.get(name, ("enforce", ["nobody.example"]))
    return f"version: STSv1\r\nmode: {mode}\r\n" + "".join(f"mx: {x}\r\n" for x in mx) + "max_age: 86400\r\n"


class Web:
    """Policies of all domains, under a certificate that has all names; that of sts-broken is from nobody whom anybody trusts."""

    def __init__(self, w):
        self.asked = []
        web = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                host = self.headers["Host"].split(":")[0]
                web.asked.append(host)
                text = policy(host).encode()
                self.send_response(200 if self.path == "/.well-known/mta-sts.txt" else 404)
                self.send_header("Content-Type", "text/plain")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *words):
                pass

        self.start(w, WEB, w.authority.issue("web", [f"mta-sts.{x}.plain.example" for x in STS] + ["mta-sts.dane-over-sts.example"]), Handler)
        self.start(w, WEB + 1, (w.server.cert, w.server.key), Handler)

    @staticmethod
    def start(w, n, pair, handler):
        w.net.address(n)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*pair)
        server = http.server.ThreadingHTTPServer((v4(n), 443), handler)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()


def prepare(w):
    z = w.zones
    w.guarded, certs = {}, {}
    domains = list(WANT)
    for n, kind in ((EC, "ec"), (RSA, "rsa")):
        certs[n] = w.authority.issue(f"guarded-{kind}", ["guarded.example"] + NAMED, kind)
        w.guarded[n] = Postfix(w.net, n, v4(RESOLVER), domains, *certs[n], name=f"guarded-{kind}", settings="smtpd_tls_loglevel = 1")
    w.bare = w.address()  # a server without TLS
    cert = certs[EC][0]
    wrong = "TLSA 3 1 1 " + "00" * 32
    records = {
        "dane-ec": [tlsa(cert, 3, 1)], "dane-rsa": [tlsa(certs[RSA][0], 3, 1)], "dane-ta": [tlsa(w.authority.cert, 2, 0)], "dane-ta-name": [tlsa(w.authority.cert, 2, 0)],
        "dane-roll": [wrong, tlsa(cert, 3, 1)], "dane-bad": [wrong], "dane-unusable": ["TLSA 0 0 1 " + digest(cert, 0)], "dane-stripped": [tlsa(cert, 3, 1)],
        "dane-over-sts": [tlsa(cert, 3, 0)], "dane-second": [wrong],
    }
    for name, lines in records.items():
        z.mail(f"{name}.example", f"mx.{name}.example", RSA if name == "dane-rsa" else w.bare if name == "dane-stripped" else EC, with_v6=name != "dane-stripped")
        z.add(f"_25._tcp.mx.{name}.example", *lines)
    z.mail("dane-second.example", "mx2.dane-second.example", EC, preference=20)
    z.add("_25._tcp.mx2.dane-second.example", tlsa(cert, 3, 1))
    z.mail("dane.plain.example", "mx.dane.plain.example", EC)
    z.add("_25._tcp.mx.dane.plain.example", wrong)  # nobody has signed that
    z.mail("mail.expired.example", "mx.expired.example", EC)
    for name in list(STS) + ["sts-broken"]:
        z.mail(f"{name}.plain.example", f"mx.{name}.plain.example", w.bare if name == "sts-plain" else EC, with_v6=name != "sts-plain")
        sts(z, f"{name}.plain.example", WEB + (name == "sts-broken"))
    sts(z, "dane-over-sts.example", WEB)
    w.server.lines.append(f"tls_ca {w.authority.cert}")
    w.server.write_config()


def sts(z, domain, web):
    z.add(f"_mta-sts.{domain}", 'TXT "v=STSv1; id=1"')
    z.add(f"mta-sts.{domain}", f"A {v4(web)}")


def tls_of(w, domain):
    """What the log says of the connection over which it was delivered there."""
    line = next((x for x in w.server.events("courier_outcome") if f"to=bob@{domain} " in x and "state=delivered" in x), "")
    return line.split(' tls=', 1)[1].split(" status=")[0].strip('"') if line else None


def has(w, domain):
    return any(f"Subject: guarded {domain}\r\n".encode() in x for m in w.guarded.values() for x in m.letters())


def run(w, r, full):
    bare = Peer(v4(w.bare), 25)
    web = Web(w)
    for m in w.guarded.values():
        m.start()
    if not all([r.check(m.host.answers(25), f"{m.name} starts") for m in w.guarded.values()]):
        return
    for domain in WANT:
        w.send([f"bob@{domain}"], f"guarded {domain}")
    for domain, (arrives, how) in WANT.items():
        if arrives:
            ok = serve.wait_for(lambda: tls_of(w, domain) is not None, 20)
            r.check(ok and "TLSv1" in tls_of(w, domain) and how in tls_of(w, domain).lower(), f"{domain} has it, under TLS, {how or 'whoever it is'}: {tls_of(w, domain)} {w.why('bob@' + domain)}")
            r.check(serve.wait_for(lambda: has(w, domain)), f"{domain}: it is there")
        else:
            why = serve.wait_for(lambda: w.why("bob@" + domain), 20)
            r.check(why and how in why, f"{domain} waits, and the queue says why: {why}")
            r.check(not has(w, domain), f"{domain}: nobody has it")
    r.check(not bare.letters and not any(x.startswith("MAIL") for x in bare.verbs), "nothing is said to servers without TLS whose domain has a policy")
    r.check({f"mta-sts.{x}.plain.example" for x in STS} <= set(web.asked), f"policies were fetched: {sorted(set(web.asked))}")
    for entry in w.waiting():
        w.server.ask("queue", "drop", entry["id"])
    returning(w, r)


def returning(w, r):
    """Postfix finds our certificate named by our own TLSA record."""
    m = w.guarded[EC]
    with smtplib.SMTP(v4(EC), timeout=30) as s:
        s.sendmail("bob@dane-ec.example", ["alice@here.example"], b"From: bob@dane-ec.example\r\nSubject: verified by them\r\n\r\nHello\r\n")
    r.check(w.arrived(b"Subject: verified by them"), "Postfix with DANE delivers to us")
    with open(os.path.join(m.host.dir, "maillog")) as f:
        log = f.read()
    r.check("Verified TLS connection established to mail.here.example" in log, "and has verified us by our TLSA record")
