"""Postfix, Exim and OpenSMTPD: letters to them and from them, notices of both sides."""
import email
import json
import os
import re
import smtplib
import subprocess

import serve
from hosts import v4, v6
from makes import LATER, WIDE, Exim, OpenSmtpd, Postfix
from peers import Peer
from world import RESOLVER

COURIER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "courier")
KINDS = ((Postfix, 11, "ec"), (Exim, 12, "rsa"), (OpenSmtpd, 13, "rsa"))
BODY = "J\u00f6rg\r\n.a dot\r\n..two\r\n\r\ntrailing blanks  \r\n" + "x" * 900 + "\r\n\r\n"


def prepare(w):
    w.makes = []
    for kind, n, key in KINDS:
        name = kind.package
        domains = [f"{name}.plain.example"]
        host = f"mx.{name}.plain.example"
        w.zones.mail(domains[0], host, n)
        w.makes.append(kind(w.net, n, v4(RESOLVER), domains, *w.authority.issue(name, [host], key)))


def start(w, r):
    for m in w.makes:
        m.start()
    return all([r.check(m.host.answers(25), f"{m.name} starts") for m in w.makes])


def verdicts(w, raw):
    given = {"letter": raw.decode("latin-1"), "records": w.keys()}
    p = subprocess.run([os.path.join(COURIER, "verify_dkim")], input=json.dumps(given), capture_output=True, text=True)
    return None if p.returncode == 77 else p.stdout.split("\n")[:-1] or [p.stderr]


def to_them(w, r, m):
    """Bytes, TLS, signature, notices."""
    domain, mark = m.domains[0], f"to {m.name}"
    w.send([f"bob@{domain}", f"carl@{domain}"], mark, BODY, options=["BODY=8BITMIME"], rcpt_options=["NOTIFY=SUCCESS,FAILURE"])
    for user in ("bob", "carl"):
        raw = m.letter(mark.encode(), user)
        if not r.check(raw, f"{m.name}: {user} has his letter"):
            return
        r.check(raw.split(b"\r\n\r\n", 1)[1] == BODY.encode(), f"{m.name}: its body, with 8 bits, is what was sent: {raw[-200:]}")
        signed = raw[raw.index(b"DKIM-Signature"):]
        r.check(verdicts(w, signed) in (None, ["yes", "yes"]), f"{m.name}: our signatures verify: {verdicts(w, signed)}")
        trace = raw[:raw.index(b"DKIM-Signature")]
        r.check((b"esmtps" in trace.lower()) == m.takes_tls, f"{m.name}: under TLS where that can be: {trace}")
    report = w.notice(mark)
    r.check(report and report[1]["Action"] in ("delivered", "relayed"), f"{m.name}: who asked to hear of success does: {report and report[1].as_string()}")
    w.send([f"nobody@{domain}", f"bob@{domain}"], f"unknown at {m.name}")
    report = w.notice(f"unknown at {m.name}", "failed")
    r.check(report and report[1]["Status"][0] == "5" and f"nobody@{domain}" in report[1]["Final-Recipient"] and report[1]["Diagnostic-Code"].startswith("smtp; 55"),
            f"{m.name}: of who is unknown there the sender is told: {report and report[1].as_string()}")
    r.check(m.letter(f"unknown at {m.name}".encode()), f"{m.name}: the other recipient has it")


def from_them(w, r, m):
    mark = f"from {m.name}"
    with smtplib.SMTP(v4(m.host.n), timeout=30) as s:
        s.sendmail(f"bob@{m.domains[0]}", ["alice@here.example"], f"From: bob@{m.domains[0]}\r\nTo: alice@here.example\r\nSubject: {mark}\r\n\r\n{BODY}".encode(),
                   mail_options=["BODY=8BITMIME"])
    raw = w.arrived(f"Subject: {mark}".encode())
    if r.check(raw, f"{m.name}: its letters arrive"):
        r.check(raw.split(b"\r\n\r\n", 1)[1].rstrip() == BODY.encode().rstrip(), f"{m.name}: as they were: {raw[-200:]}")
        ours = email.message_from_bytes(raw).get_all("Received")[0]
        r.check("with ESMTPS" in ours, f"{m.name}: under TLS: {ours}")
    with smtplib.SMTP(v4(m.host.n), timeout=30) as s:
        s.sendmail(f"bob@{m.domains[0]}", ["nobody@here.example"], f"From: bob@{m.domains[0]}\r\nSubject: bounce of {m.name}\r\n\r\nHello\r\n".encode())
    raw = m.letter(f"bounce of {m.name}".encode())
    r.check(raw and b"nobody@here.example" in raw and b"550" in raw, f"{m.name}: what we refuse comes back to its sender: {raw and raw[-600:]}")


def sizes(w, r):
    """Letters of 8 MB to all three at once, in whole."""
    text = "".join(f"{i:070}\r\n" for i in range(110000))
    w.send([f"bob@{m.domains[0]}" for m in w.makes], "a large one", text)
    for m in w.makes:
        raw = m.letter(b"Subject: a large one\r\n", seconds=30)
        r.check(raw and raw.split(b"\r\n\r\n", 1)[1] == text.encode(), f"{m.name}: a letter of 8 MB is the same there: {raw and len(raw)}")


def wide(w, r):
    """RFC 6531: an address beyond ASCII, at one who knows of such and at one who does not."""
    postfix, opensmtpd = w.makes[0], w.makes[2]
    w.send([f"{WIDE}@{postfix.domains[0]}"], "to a wide address", options=["SMTPUTF8", "BODY=8BITMIME"])
    raw = postfix.letter(b"Subject: to a wide address")
    r.check(raw and b"Delivered-To: " + f"{WIDE}@{postfix.domains[0]}".encode() in raw, f"Postfix takes a wide address from us: {raw and raw[:300]}")
    w.send([f"{WIDE}@{opensmtpd.domains[0]}"], "too wide", options=["SMTPUTF8", "BODY=8BITMIME"])
    report = w.notice("too wide", "failed")
    r.check(report and report[1]["Status"] == "5.6.7", f"OpenSMTPD does not know of such, and the sender is told: {report and report[1].as_string()}")


def forwarded(w, r):
    """RFC 7208 would refuse what an alias sends on under the stranger's name: it leaves under one of ours, and what comes back finds the stranger."""
    postfix, exim = w.makes[0], w.makes[1]
    Peer(v4(1), 26).answers["RCPT"] = "550 5.2.1 the box has gone"
    for name, target in (("on", "bob"), ("on-nobody", "nobody"), ("on-later", LATER)):
        w.server.tool("alias", "add", f"{name}@here.example", f"{target}@{postfix.domains[0]}")
    sender = f"carl@{exim.domains[0]}"
    for name in ("on", "on-nobody", "on-later"):
        with smtplib.SMTP(v4(exim.host.n), timeout=30) as s:
            s.sendmail(sender, [f"{name}@here.example"], f"From: {sender}\r\nSubject: sent {name}\r\n\r\nHello\r\n".encode())
    raw = postfix.letter(b"Subject: sent on\r\n")
    r.check(raw and re.match(rb"Return-Path: <[^>]+@here\.example>", raw) and exim.domains[0].encode() in raw.split(b">")[0],
            f"from Exim through our alias to Postfix, under an address of ours: {raw and raw[:200]}")
    raw = exim.letter(b"Subject: sent on-nobody\r\n", "carl")
    r.check(raw and b"multipart/report" in raw and b"5.1.1" in raw, f"what Postfix refuses comes back to him who sent it, at Exim: {raw and raw[:600]}")
    raw = exim.letter(b"Subject: sent on-later\r\n", "carl")
    r.check(raw and b"Postfix" in raw and b"the box has gone" in raw, f"so does what Postfix sends back later, through us: {raw and raw[:900]}")


def run(w, r, full):
    if not start(w, r):
        return
    for m in w.makes:
        to_them(w, r, m)
        from_them(w, r, m)
    for part in (sizes, wide, forwarded):
        part(w, r)
    r.check(serve.wait_for(lambda: not w.waiting()), "nothing is left in the queue")
