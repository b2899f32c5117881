"""Our signatures before four verifiers that are not ours: python3-dkim, Mail::DKIM, opendkim and mailauth, over letters that are odd in many ways, and in the form that
a server of 7 bits gets."""
import json
import os
import shutil
import smtplib
import subprocess

import serve
from hosts import Host, v4
from world import RESOLVER

ROOT = serve.ROOT
HEAD = "From: Alice <alice@here.example>\r\nTo: judge@x.played\r\nSubject: {0}\r\nMessage-ID: <{0}@here.example>\r\nDate: Mon, 23 Nov 2026 06:40:20 +0000\r\n"
TEXT = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
PARTS = """MIME-Version: 1.0\r
Content-Type: multipart/mixed; boundary="a b"\r
\r
for old programs   \r
--a b\r
Content-Type: text/plain; charset=utf-8\r
Content-Transfer-Encoding: 8bit\r
\r
gr\u00fc\u00dfe\r
\r
--a b\r
Content-Type: application/octet-stream\r
Content-Transfer-Encoding: base64\r
\r
AAECAwQFBgcICQ==\r
--a b\r
Content-Type: message/rfc822\r
\r
From: x@y.test\r
Subject: inner\r
\r
inner body\r
--a b--\r
epilogue\r
"""
LETTERS = {
    "plain": "\r\nHello\r\n",
    "header-only": "",
    "no-body": "\r\n",
    "empty-lines-only": "\r\n\r\n\r\n\r\n",
    "empty-lines-behind": "\r\nHello\r\n\r\n\r\n\r\n",
    "empty-lines-before": "\r\n\r\n\r\nHello\r\n",
    "blanks": "\r\n  begin\tand \t  tabs\t\r\n \r\n\t\r\nend   \r\n   \r\n",
    "dots": "\r\n.\r\n..\r\n...three\r\n.one\r\n",
    "folds": "X-Folded:\r\n one\r\n\ttwo   three  \r\n \r\n four\r\nReferences: <a@b>\r\n\t<c@d>\r\n   <e@f>\r\n\r\nHello\r\n",
    "empty-fields": "X-Nothing:\r\nX-Blank:   \r\nReply-To:\r\n\tx@here.example\r\n\r\nHello\r\n",
    "odd-names": "cC: One@Two.test\r\nMIME-VERSION:1.0\r\ncontent-TYPE:text/plain\r\n\r\nHello\r\n",
    "blank-before-colon": "Cc : one@two.test\r\n\r\nHello\r\n",
    "twice": "To: other@x.played\r\nSubject: a second one\r\nCc: a@b.test\r\nCc: c@d.test\r\nReceived: from a by b; Mon, 23 Nov 2026 06:40:20 +0000\r\n\r\nHello\r\n",
    "8-bit": TEXT + "\r\nJ\u00f6rg \u4f60\u597d\r\n\r\nend \u00e9\r\n",
    "8-bit-no-mime": "\r\nJ\u00f6rg\r\n",
    "8-bit-trailing": TEXT + "\r\nJ\u00f6rg  \r\nend = \r\n\r\n\r\n",
    "long-lines": "X-Long: " + "word " * 180 + "\r\n\r\n" + "x" * 998 + "\r\n" + "y" * 990 + " \r\n",
    "long-8-bit": TEXT + "\r\n" + "\u00e4" * 480 + "\r\n",
    "many-fields": "".join(f"X-Field-{i}: {i}\r\n" for i in range(300)) + "\r\nHello\r\n",
    "parts": PARTS,
    "signed-before": "DKIM-Signature: v=1; a=rsa-sha256; d=gone.example; s=x; h=from; bh=AAAA;\r\n\tb=AAAA\r\n\r\nHello\r\n",
    "large": "\r\n" + "The quick brown fox jumps over the lazy dog.\r\n" * 20000,
}
CAN_NOT_READ = {"python3-dkim": ["blank-before-colon"], "opendkim": ["twice"], "mailauth": ["header-only"]}  # whoever has signed
NARROW = ["plain", "8-bit", "8-bit-trailing", "long-8-bit", "parts", "blanks"]


def prepare(w):
    w.judge = Host(w.net, "judge", 20, None, (), v4(RESOLVER))


def signatures_of(raw):
    """The letter with one of our signatures at a time, for those who tell only whether there is a good one."""
    fields, rest, lines = [], [], raw.split(b"\r\n\r\n", 1)[0].split(b"\r\n")
    for line in lines:
        if line[:1] in (b" ", b"\t") and fields:
            fields[-1] += b"\r\n" + line
        else:
            fields.append(line)
    rest = raw[len(raw.split(b"\r\n\r\n", 1)[0]):] if b"\r\n\r\n" in raw else b""
    ours = [x for x in fields if x.startswith(b"DKIM-Signature:") and b"d=here.example" in x]
    return [b"\r\n".join([x for x in fields if x not in ours or x is one]) + rest for one in ours]


def python(w, raw, known):
    p = subprocess.run([os.path.join(ROOT, "tests/courier/verify_dkim")], input=json.dumps({"letter": raw.decode("latin-1"), "records": known}), capture_output=True, text=True)
    return None if p.returncode == 77 else p.stdout.split("\n")[:2] == ["yes", "yes"] or p.stdout + p.stderr


def perl(w, raw, known):
    p = subprocess.run(w.judge.inside(os.path.join(ROOT, "tests/courier/verify_dkim_perl"), "53", v4(RESOLVER)), input=raw, capture_output=True)
    return None if p.returncode == 77 else b"rsa-sha256 pass" in p.stdout or (p.stdout + p.stderr).decode()


def opendkim(w, raw, known):
    if not shutil.which("opendkim-testmsg"):
        return None
    out = []
    for one in signatures_of(raw):
        p = subprocess.run(w.judge.inside("opendkim-testmsg"), input=one, capture_output=True)
        out.append(p.returncode == 0 or (p.stdout + p.stderr).decode())
    return out == [True, True] or str(out)


def mailauth(letters, known):
    where = os.path.join(ROOT, "build/npm")
    if not os.path.exists(os.path.join(where, "node_modules/mailauth")) or not shutil.which("node"):
        return None
    p = subprocess.run(["node", os.path.join(where, "verify_dkim.js")], input=json.dumps({"letters": [x.decode("latin-1") for x in letters], "records": known}),
                       capture_output=True, text=True)
    return json.loads(p.stdout) if p.returncode == 0 else [[p.stderr]] * len(letters)


def judge(w, r, got, known):
    for name, verifier in (("python3-dkim", python), ("Mail::DKIM", perl), ("opendkim", opendkim)):
        for what, raw in got.items():
            if what in CAN_NOT_READ.get(name, []):
                continue
            said = verifier(w, raw, known)
            if said is None:
                r.skip(f"{name} verifies our signatures: it is not installed")
                break
            r.check(said is True, f"{name}, {what}: {said}")
    said = mailauth(list(got.values()), known)
    if said is None:
        r.skip("mailauth verifies our signatures: node, or npm's registry, is not there")
        return
    for what, one in zip(got, said):
        good = [x.split(" ")[0] for x in one if x.split(" ")[1] == "pass"]
        r.check(what in CAN_NOT_READ["mailauth"] or sorted(good) == ["ed25519-sha256", "rsa-sha256"], f"mailauth, {what}: {one}")


def run(w, r, full):
    wide, narrow = w.peer("verifies"), w.peer("narrow", extensions=["PIPELINING", "SIZE 50000000"])
    for name, rest in LETTERS.items():
        raw = (HEAD.format(name) + rest).encode()
        try:
            w.send_raw(raw, ["judge@verifies.played"] + (["judge@narrow.played"] if name in NARROW else []), mail_options=["BODY=8BITMIME"])
        except smtplib.SMTPException as e:
            r.check(False, f"{name} is taken: {e}")
    serve.wait_for(lambda: len(wide.letters) == len(LETTERS) and len(narrow.letters) == len(NARROW), 30)
    got = {}
    for peer, what in ((wide, ""), (narrow, " in 7 bits")):
        for letter in peer.letters:
            name = next(x for x in LETTERS if f"Subject: {x}\r\n".encode() in letter[2])
            got[name + what] = letter[2]
            r.check(len(signatures_of(letter[2])) == 2, f"{name}{what} has two signatures")
            r.check(not what or letter[2].isascii(), f"{name}{what}: so it is")
    r.check(len(got) == len(LETTERS) + len(NARROW), f"all letters leave: {set(LETTERS) - set(got)}")
    judge(w, r, got, w.keys())
