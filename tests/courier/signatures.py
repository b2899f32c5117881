"""Signatures of what leaves: verified by python3-dkim and by Mail::DKIM; only with keys that the DNS has; nothing can be added to what they cover."""
import json
import os
import re
import smtplib
import subprocess

import serve
from peers import TXT

HERE = os.path.dirname(os.path.abspath(__file__))
LETTER = """From: Carol <carol@signs.test>\r
To: somebody\r
Subject:  spaces   and\r
\tfolds \r
\r
.dot  and   spaces \t\r
\r
end\r
\r
"""


def records(w):
    """{name: text} as `dkim show` says it."""
    out = {}
    for key in w.server.ask("dkim", "show", "signs.test")[2]["keys"]:
        name, strings = re.fullmatch(r'(\S+)\. IN TXT (".*")', key["record"]).groups()
        out[name] = "".join(re.findall(r'"([^"]*)"', strings))
    return out


def send(w, port, to, letter):
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as s:
        s.login("carol@signs.test", "secret")
        s.sendmail("carol@signs.test", [to], letter.encode(), mail_options=["BODY=8BITMIME"])


def verdicts(raw, known):
    p = subprocess.run([os.path.join(HERE, "verify_dkim")], input=json.dumps({"letter": raw.decode("latin-1"), "records": known}), capture_output=True,
                       text=True)
    return None if p.returncode == 77 else p.stdout.split("\n")[:-1] or [p.stderr]


def received(w, r, port, peer, n, what, letter=LETTER):
    send(w, port, f"a@{peer.domain}", letter)
    ok = r.check(serve.wait_for(lambda: len(peer.letters) > n, 20), what)
    return peer.letters[n][2] if ok else b""


def check_perl(w, r, raw):
    p = subprocess.run([os.path.join(HERE, "verify_dkim_perl"), str(w.dns.sock.getsockname()[1])], input=raw, capture_output=True, timeout=60)
    if p.returncode == 77:
        r.skip("signatures are verified: libmail-dkim-perl is not installed")
        return
    seen = p.stdout.decode().split("\n")[:-1]
    r.check("rsa-sha256 pass" in seen, f"Mail::DKIM, which knows RSA only, verifies that: {seen} {p.stderr.decode()}")


def check(r, raw, known):
    seen = verdicts(raw, known)
    if seen is None:
        r.skip("signatures are verified: python3-dkim is not installed")
        return
    r.check(seen == ["yes", "yes"], f"both signatures verify: {seen}")
    for what, other in (("another Subject", b"Subject: other\r\n" + raw), ("a Reply-To", b"Reply-To: x@y.test\r\n" + raw),
                        ("a From behind them", raw.replace(b"To: somebody", b"From: x@y.test\r\nTo: somebody")), ("another body", raw + b"more\r\n")):
        seen = verdicts(other, known)
        r.check(len(seen) == 2 and "yes" not in seen, f"{what} breaks both: {seen}")


def signatures(w, r, port):
    peer, narrow = w.peer("verifies", 83), w.peer("narrow7", 84, extensions=["PIPELINING"])
    peer.domain, narrow.domain = "verifies.test", "narrow7.test"
    w.server.accounts("signs.test", ["carol"], "secret")
    known = records(w)
    r.check(len(known) == 2, f"a new domain has two keys: {list(known)}")
    for name, text in known.items():
        w.dns.add(name, TXT, text)
    raw = received(w, r, port, peer, 0, "a letter of a domain with keys leaves")
    r.check(raw.count(b"DKIM-Signature: ") == 2 and raw.startswith(b"DKIM-Signature: "), "with two signatures in front")
    check(r, raw, known)
    check_perl(w, r, raw)
    raw = received(w, r, port, narrow, 0, "a letter of 8 bits, to a server that takes 7", LETTER + "gr\u00fc\u00dfe\r\n")
    r.check(raw.isascii() and b"quoted-printable" in raw, "leaves in 7 bits")
    r.check(verdicts(raw, known) in (None, ["yes", "yes"]), "and is signed in that form")
    check_perl(w, r, raw)
    w.server.tool("dkim", "rotate", "signs.test", "--selector", "new")
    raw = received(w, r, port, peer, 1, "after rotating, before the DNS knows")
    r.check(raw.count(b"DKIM-Signature: ") == 2 and b"s=new" not in raw, "the old keys still sign")
    for name in known:
        w.server.tool("dkim", "retire", "signs.test", name.split(".")[0])
    raw = received(w, r, port, peer, 2, "with keys that the DNS does not have")
    r.check(b"DKIM-Signature" not in raw, "it goes without a signature")
    r.check(serve.wait_for(lambda: "courier_key_not_published" in open(w.server.log).read()), "and that is said")
