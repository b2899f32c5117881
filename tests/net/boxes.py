"""A domain of ours whose mailboxes Dovecot has, in the same house: its mail comes in by us and goes on over LMTP (RFC 2033)."""
import smtplib

import serve
from hosts import v4
from makes import Dovecot
from world import OURS, RESOLVER

DOMAIN, N = "boxes.plain.example", 14
HOST = f"lmtp.{DOMAIN}"
BODY = ".a dot\r\n..two\r\nJ\u00f6rg\r\n\r\ntrailing blanks  \r\n" + "x" * 900 + "\r\n"
FULL = "userdb_quota_rule=*:bytes=1"
PLAYERS = {"bob": "", "carl": "userdb_mail=mdbox:~/boxes", "full": FULL, "later": FULL + " userdb_quota_full_tempfail=yes"}


class Box(Dovecot):
    players = ["bob"]  # those with Maildirs that are made beforehand

    def hold(self, **more):
        self.tell({name: ("secret", fields) for name, fields in {**PLAYERS, **more}.items()})


def prepare(w):
    w.zones.add(DOMAIN, "MX 10 mail.here.example.")
    w.zones.add(HOST, f"A {v4(N)}")
    w.boxes = Box(w.net, N, v4(RESOLVER), [DOMAIN], *w.authority.issue("boxes", [HOST]))
    w.server.lines.append(f"relay_ca {w.authority.cert}")
    w.server.write_config()


def code_for(name):
    """What we say of a recipient to a stranger."""
    with smtplib.SMTP(v4(OURS), timeout=30) as s:
        s.ehlo("x.example")
        s.mail("somebody@elsewhere.plain.example")
        return s.rcpt(f"{name}@{DOMAIN}")[0]


def from_outside(names, subject, text=BODY):
    with smtplib.SMTP(v4(OURS), timeout=30) as s:
        s.sendmail("somebody@elsewhere.plain.example", [f"{x}@{DOMAIN}" for x in names],
                   f"From: somebody@elsewhere.plain.example\r\nSubject: {subject}\r\n\r\n{text}".encode(), mail_options=["BODY=8BITMIME"])


def has(d, user, subject):
    return serve.wait_for(lambda: f"Subject: {subject}\r\n".encode() in d.in_mailbox(user), 20)


def count(d, user, subject):
    return d.in_mailbox(user).count(f"Subject: {subject}\r\n".encode())


def delivery(w, r, d):
    codes = [code_for(x) for x in ("bob", "nobody", "carl")]
    r.check(codes == [250, 550, 250], f"whom Dovecot knows we take: {codes}")
    from_outside(["bob", "carl"], "to the boxes")
    raw = d.letter(b"Subject: to the boxes\r\n")
    r.check(raw and raw.startswith(b"Return-Path: <somebody@elsewhere.plain.example>\r\n"), f"a Maildir has it, the sender as he was: {raw and raw[:300]}")
    r.check(raw and raw.split(b"\r\n\r\n", 1)[1] == BODY.encode(), f"its bytes, too: {raw and raw[-200:]}")
    r.check(raw and b"with LMTP" in raw.split(b"by mail.here.example")[0], f"over LMTP: {raw and raw[:900]}")
    r.check(has(d, "carl", "to the boxes") and BODY.encode() in d.in_mailbox("carl"), "so has an mdbox")
    text = "".join(f"{i:070}\r\n" for i in range(50000))
    from_outside(["bob", "carl"], "a large one", text)
    raw = d.letter(b"Subject: a large one\r\n", seconds=30)
    r.check(raw and raw.split(b"\r\n\r\n", 1)[1] == text.encode(), f"3.6 MB are the same there: {raw and len(raw)}")
    w.send([f"bob@{DOMAIN}"], "tell me", options=["ENVID=x1"], rcpt_options=["NOTIFY=SUCCESS"])
    report = w.notice("tell me")
    r.check(report and report[1]["Action"] == "relayed", f"who asked to hear of success does: {report and report[1].as_string()}")


def one_by_one(w, r, d):
    """Behind the letter: two boxes are full, one of them only for now; and nobody is there at RCPT already."""
    w.server.tool("domain", "set", DOMAIN, "--recipients", "any")
    names = ["bob", "full", "later", "nobody", "carl"]
    w.send([f"{x}@{DOMAIN}" for x in names], "one by one")
    r.check(has(d, "bob", "one by one") and has(d, "carl", "one by one"), "who has room has it")
    told = {}

    def reports():
        for name in ("full", "nobody"):
            report = w.notice("one by one", "failed", 1)
            for x in report[1:] if report else []:
                told[x["Final-Recipient"].split("; ")[-1].split("@")[0]] = x
        return len(told) == 2
    r.check(serve.wait_for(reports, 20), f"of two the sender is told: {sorted(told)}")
    full, nobody = told.get("full"), told.get("nobody")
    r.check(full and full["Status"] == "5.2.2" and full["Diagnostic-Code"].startswith("smtp; 552") and "uota" in full["Diagnostic-Code"] and HOST in full["Remote-MTA"],
            f"his box is full: {full and full.as_string()}")
    r.check(nobody and nobody["Status"] == "5.1.1" and nobody["Diagnostic-Code"].startswith("smtp; 550"), f"he is not there: {nobody and nobody.as_string()}")
    why = serve.wait_for(lambda: w.why(f"later@{DOMAIN}"))
    r.check(why and why.startswith("452 4.2.2"), f"the one that is full for now waits, and the queue says why: {why}")
    d.hold(later="")
    r.check(has(d, "later", "one by one") and serve.wait_for(lambda: not w.waiting(), 20), "and has it when there is room")
    r.check([count(d, x, "one by one") for x in ("bob", "carl", "later")] == [1, 1, 1], "and nobody has it twice")
    d.hold()


def tls_line(w, name):
    lines = [x for x in w.server.events("courier_outcome") if f"to={name}@{DOMAIN} " in x and "state=relayed" in x]
    return lines[-1].split("tls=")[1].split(" status=")[0] if lines else None


def protected(w, r, d):
    for to, security, subject in ((f"lmtp:{HOST}", "starttls", "by STARTTLS"), (f"lmtp:{HOST}:2424", "tls", "by TLS")):
        w.server.tool("domain", "set", DOMAIN, "--relay", to, "--security", security)
        w.send([f"bob@{DOMAIN}"], subject)
        r.check(d.letter(f"Subject: {subject}\r\n".encode()), f"{subject}: it arrives: {w.why('bob@' + DOMAIN)}")
        line = serve.wait_for(lambda: (x := tls_line(w, "bob")) and "verified" in x and x)
        r.check(line and "TLSv1.3" in line, f"{subject}: and its certificate was checked: {tls_line(w, 'bob')}")
    w.server.tool("domain", "set", DOMAIN, "--relay", f"lmtp:{v4(N)}", "--security", "starttls")
    w.send([f"bob@{DOMAIN}"], "not by that name")
    why = serve.wait_for(lambda: w.why(f"bob@{DOMAIN}"))
    r.check(why and "certificate" in why, f"a certificate of another name: it waits: {why}")
    w.server.tool("domain", "set", DOMAIN, "--relay", f"lmtp:{HOST}", "--security", "may")
    r.check(d.letter(b"Subject: not by that name\r\n"), "and goes by the right one")


def away(w, r, d):
    w.server.tool("domain", "set", DOMAIN, "--recipients", "asked")
    r.check(code_for("bob") == 250, "he is known")
    d.stop()
    from_outside(["bob"], "while it is away")
    why = serve.wait_for(lambda: w.why(f"bob@{DOMAIN}"))
    r.check(why, f"Dovecot is away: what comes for those who are known waits: {why}")
    r.check(code_for("never-asked-for") == 450, "who was not asked for before is put off")
    d.start()
    r.check(d.letter(b"Subject: while it is away\r\n", seconds=40) and serve.wait_for(lambda: not w.waiting(), 20), "and arrives when it is back")
    r.check(count(d, "bob", "while it is away") == 1, "once")


def run(w, r, full):
    d = w.boxes
    d.hold()
    d.start()
    if not r.check(d.host.answers(24), "Dovecot starts"):
        return
    w.server.tool("domain", "add", DOMAIN, "--relay", f"lmtp:{HOST}")
    for part in (delivery, one_by_one, protected, away):
        part(w, r, d)
    d.stop()
