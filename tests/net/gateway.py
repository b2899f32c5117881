"""Domains that Postfix has, and whose mail comes in by us: as its gateway, and as its backup MX while its cable is out. Senders are at Exim. Behind `others`."""
import smtplib

import serve
from hosts import sh, v4
from world import OURS

GATE, BACKUP = "gate.plain.example", "backup.plain.example"


def prepare(w):
    w.makes[0].domains += [GATE, BACKUP]
    w.zones.add(GATE, "MX 10 mail.here.example.")
    w.zones.mail(BACKUP, "mx.postfix.plain.example", w.makes[0].host.n, preference=10)
    w.zones.add(BACKUP, "MX 20 mail.here.example.")


def send(w, to, subject):
    exim = w.makes[1]
    with smtplib.SMTP(v4(exim.host.n), timeout=30) as s:
        s.sendmail(f"bob@{exim.domains[0]}", [to], f"From: bob@{exim.domains[0]}\r\nTo: {to}\r\nSubject: {subject}\r\n\r\nHello\r\n".encode())


def code_for(rcpt):
    """What we say of a recipient."""
    with smtplib.SMTP(v4(OURS), timeout=30) as s:
        s.ehlo("x.example")
        s.mail("somebody@exim.plain.example")
        return s.rcpt(rcpt)[0]


def gateway(w, r):
    postfix = w.makes[0]
    w.server.tool("domain", "add", GATE, "--relay", "mx.postfix.plain.example:25")
    send(w, f"bob@{GATE}", "through the gateway")
    raw = postfix.letter(b"Subject: through the gateway\r\n")
    r.check(raw and b"by mail.here.example with ESMTPS" in raw and b"Return-Path: <bob@exim.plain.example>" in raw, f"from Exim by us to Postfix, the sender as he was: {raw and raw[:700]}")
    r.check(raw and b"DKIM-Signature" not in raw, "and without a signature of ours")
    r.check(code_for(f"nobody@{GATE}") == 550, "whom Postfix does not know we refuse")
    send(w, f"nobody@{GATE}", "not through the gateway")
    raw = w.makes[1].letter(b"Subject: not through the gateway\r\n")
    r.check(raw and b"550" in raw and b"mail.here.example" in raw, "so that Exim tells the sender")


def backup(w, r):
    postfix = w.makes[0]
    w.server.tool("domain", "add", BACKUP, "--relay", "mx")
    r.check(code_for(f"bob@{BACKUP}") == 250, "Postfix knows a recipient")
    sh("ip", "link", "set", "to-postfix", "down")
    try:
        send(w, f"bob@{BACKUP}", "while the cable is out")
        r.check(serve.wait_for(lambda: w.why(f"bob@{BACKUP}"), 40), "while its cable is out Exim brings the letter to us, and it waits")
        r.check(code_for(f"carl@{BACKUP}") == 450, "who was not asked for before is put off")
    finally:
        sh("ip", "link", "set", "to-postfix", "up")
    raw = postfix.letter(b"Subject: while the cable is out\r\n", seconds=40)
    r.check(raw and b"by mail.here.example with ESMTPS" in raw, f"and arrives when the cable is in again: {raw and raw[:300]}")


def run(w, r, full):
    for part in (gateway, backup):
        part(w, r)
