"""What the tests of mail programs share: the card of the running server, the corpus, counting, comparing."""
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections import Counter

CARD = json.load(open(os.environ["CARD"]))
RESTANTE = os.path.abspath(os.environ["RESTANTE"])
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HOST = CARD["host"]
CA = os.environ.get("OTHER_CA", CARD["ca"])


def port(protocol, security):
    return next(s["port"] for s in CARD["services"] if s["protocol"] == protocol and s["security"] == security)


class Results:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def check(self, ok, what):
        self.passed += bool(ok)
        self.failed += not ok
        print(("ok - " if ok else "not ok - ") + what, flush=True)
        return ok

    def skip(self, what):
        self.skipped += 1
        print(f"skipped - {what}", flush=True)

    def end(self):
        print(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped")
        return 1 if self.failed or not self.passed else 0


def account(name):
    """A fresh account: (address, password)."""
    address = f"{name}-{os.urandom(3).hex()}@example.test"
    word = os.urandom(9).hex()
    subprocess.run([RESTANTE, "account", "add", address, "--password-stdin", "--control", CARD["control"]], input=word.encode() + b"\n", check=True,
                   stdout=subprocess.DEVNULL)
    return address, word


def corpus(directory, count, big=False, seed=1):
    """Letters made by the generator, as bytes with CRLF."""
    os.makedirs(directory)
    program = os.path.join(os.path.dirname(RESTANTE), "corpus")
    subprocess.run([program, "--seed", str(seed), "--count", str(count), "--dir", directory] + (["--big"] if big else []), check=True,
                   stdout=subprocess.DEVNULL)
    names = sorted(os.listdir(directory), key=lambda n: int(re.sub(r"\D", "", n) or 0))
    return [open(os.path.join(directory, n), "rb").read() for n in names]


# What submission gives to a letter that has neither (RFC 6409 section 8), in front of its header.
GIVEN = re.compile(rb"Date: [^\r\n]+\r?\nMessage-ID: <[a-z0-9]{20}@[^>\r\n]+>\r?\n")


def original(stored):
    """A letter as it was sent: without the trace lines that delivery put in front (with LF or CRLF line ends), and without what
    submission gave it."""
    nl = b"\r\n" if b"\r\n" in stored[:400] else b"\n"
    for name in (b"Return-Path:", b"Delivered-To:", b"Received:"):
        if not stored.startswith(name):
            raise ValueError(f"a letter does not begin with {name!r}: {stored[:80]!r}")
        at = stored.index(nl) + len(nl)
        while stored[at:at + 1] in (b" ", b"\t"):
            at = stored.index(nl, at) + len(nl)
        stored = stored[at:]
    given = GIVEN.match(stored)
    return stored[given.end():] if given else stored


def same(got, want):
    """Two collections of letters, whatever their order. Returns what differs, for a report."""
    more, less = Counter(got), Counter(want)
    if more == less:
        return ""
    missing, extra = list((less - more).elements()), list((more - less).elements())
    return f"{len(got)} letters instead of {len(want)}; {len(missing)} missing, {len(extra)} unknown; first missing {missing[:1]!r:.300}, first unknown {extra[:1]!r:.300}"


class Folder:
    """A temporary folder with files for a program."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="restante-client-")

    def file(self, name, text, mode=0o600):
        path = os.path.join(self.path, name)
        with open(path, "w") as f:
            f.write(text)
        os.chmod(path, mode)
        return path

    def sub(self, name):
        path = os.path.join(self.path, name)
        os.makedirs(path, exist_ok=True)
        return path

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)


def run(words, stdin=b"", timeout=180, env=None, ok=(0,)):
    """Runs a program; its output. Raises when it fails."""
    done = subprocess.run(words, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout, env=env)
    if done.returncode not in ok:
        raise RuntimeError(f"{words[0]} ended with {done.returncode}: {(done.stderr or done.stdout)[-600:].decode(errors='replace')}")
    return done.stdout


def maildir(path):
    """All letters in a Maildir: {file: bytes}."""
    out = {}
    for sub in ("cur", "new"):
        for name in os.listdir(os.path.join(path, sub)):
            out[f"{sub}/{name}"] = open(os.path.join(path, sub, name), "rb").read()
    return out
