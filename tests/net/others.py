"""Postfix, Exim and OpenSMTPD: letters to them and from them, notices of both sides."""
import email
import json
import os
import smtplib
import subprocess

import serve
from hosts import v4, v6
from makes import Exim, OpenSmtpd, Postfix
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


def run(w, r, full):
    if not start(w, r):
        return
    for m in w.makes:
        to_them(w, r, m)
        from_them(w, r, m)
    r.check(serve.wait_for(lambda: not w.waiting()), "nothing is left in the queue")
