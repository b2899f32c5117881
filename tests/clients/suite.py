#!/usr/bin/env python3
"""Letters sent by one program and fetched by another are byte for byte the same (trace lines aside); two devices that sync
one mailbox end equal. usage: suite.py [full], beside tests/with_server."""
import os
import shutil
import sys
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import pull
import send
from common import Folder, Results, account, corpus, lf, maildir, original, run, same

results = Results()
full = "full" in sys.argv[1:]


def have(*programs):
    for p in programs:
        if not shutil.which(p):
            results.skip(f"{p} is not installed")
            return False
    return True


def attempt(what, fn):
    try:
        problem = fn()
    except Exception as e:  # a program that fails is a failed test, the others go on
        traceback.print_exc()
        problem = f"{type(e).__name__}: {e}"
    results.check(not problem, what + (f": {problem}" if problem else ""))


def exact(got, want):
    return same([original(g) for g in got], want)


def loose(got, want):
    """For programs that store lines with LF."""
    return same([lf(original(lf(g))) for g in got], [lf(w) for w in want])


# --- sending ------------------------------------------------------------------------------------------
def test_senders(letters):
    plain = [l for l in letters if l.startswith(b"From:") or l.startswith(b"Subject:") or l.startswith(b"Date:")][:4] or letters[:4]
    safe = next((l for l in letters if len(l) < 20000 and all(b < 128 for b in l) and b"\r\n\r\n" in l and max(map(len, l.splitlines())) < 900 and l.endswith(b"\r\n")), plain[0])

    def one(fn, *more):
        def go():
            user, word = account("sender")
            fn(safe, user, word, user, *more)
            return exact(pull.py_imaplib(user, word), [safe])
        return go

    if have("curl"):
        attempt("curl sends by 465", one(send.curl_send, "tls"))
        attempt("curl sends by 587", one(send.curl_send, "starttls"))
    if have("msmtp"):
        attempt("msmtp sends by 465", one(send.msmtp_send, "tls"))
        attempt("msmtp sends by 587", one(send.msmtp_send, "starttls"))
    if have("swaks"):
        attempt("swaks sends by 465", one(send.swaks_send, "tls"))
        attempt("swaks sends by 587", one(send.swaks_send, "starttls"))
        attempt("swaks on 25 is told of an unknown address", lambda: "" if "550 5.1.1" in send.swaks_to_25("a@b.example", "nobody-here@example.test") else "no 550 5.1.1")
        attempt("swaks on 25 does not relay", lambda: "" if "550 5.7.1" in send.swaks_to_25("a@b.example", "x@elsewhere.example") else "no 550 5.7.1")

    def by_smtplib(security):
        def go():
            user, word = account("sender")
            send.smtplib_send([safe], user, word, user, security)
            return exact(pull.py_imaplib(user, word), [safe])
        return go

    attempt("smtplib sends by 587", by_smtplib("starttls"))

    def port25():
        user, word = account("rcpt")
        send.port25_send([safe], user)
        return exact(pull.py_imaplib(user, word), [safe])

    attempt("smtplib delivers to 25", port25)


# --- fetching -----------------------------------------------------------------------------------------
def test_pullers(letters):
    user, word = account("corpus")
    want = [l if l.endswith(b"\r\n") or not l else l + b"\r\n" for l in letters]

    def fill():
        send.smtplib_send(letters, user, word, user)
        return ""

    attempt(f"smtplib sends {len(letters)} letters by 465", fill)
    attempt("imaplib fetches them by 993", lambda: exact(pull.py_imaplib(user, word), want))
    attempt("imaplib fetches them by 143", lambda: exact(pull.py_imaplib(user, word, "starttls"), want))
    attempt("poplib fetches them by 995", lambda: exact(pull.py_poplib(user, word), want))
    attempt("poplib fetches them by 110", lambda: exact(pull.py_poplib(user, word, "starttls"), want))
    if have("curl"):
        for protocol in ("imaps", "imap", "pop3s", "pop3"):
            attempt(f"curl fetches them by {protocol}", lambda: exact(pull.curl(user, word, protocol, len(letters)), want))
    if have("mpop"):
        def by_mpop():
            got, again = pull.mpop(user, word)
            return loose(got, want) or ("" if "new: no messages" in again or "new: 0" in again or "no new" in again.lower() or "0 messages" in again else f"fetched again: {again!r}")
        attempt("mpop fetches them once", by_mpop)
    if have("mbsync"):
        def by_mbsync():
            f = Folder()
            pull.mbsync(pull.mbsync_rc(f, user, word, "near"))
            got = list(maildir(f.path + "/near/INBOX").values())
            f.remove()
            return loose(got, want)
        attempt("mbsync fetches them", by_mbsync)
    if have("offlineimap"):
        def by_offlineimap():
            f = Folder()
            pull.offlineimap(pull.offlineimap_rc(f, user, word, "near"))
            got = list(maildir(f.path + "/near/INBOX").values())
            f.remove()
            return loose(got, want)
        attempt("offlineimap fetches them", by_offlineimap)
    if have("fetchmail"):
        # fetchmail rebuilds headers that are none (no header at all, lines that are no fields): those are not compared
        sound = [w for w in want if is_sound(w)]
        for protocol in ("imap", "pop3"):
            attempt(f"fetchmail fetches them by {protocol}", lambda: subset(pull.fetchmail(user, word, protocol), sound, len(want)))
    if have("mutt"):
        def by_mutt():
            got, seen = pull.mutt(user, word)
            return subset(got, [w for w in want if is_sound(w)], len(want)) + ("" if got else repr(seen[-300:]))
        attempt("mutt copies them", by_mutt)


def is_sound(letter):
    """Has a header of fields and an empty line, and no NUL: what programs that take a letter apart give back unchanged."""
    head, sep, _ = letter.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    return bool(sep) and all(l[:1] in (b" ", b"\t") or (b":" in l and b" " not in l.split(b":")[0]) for l in lines) and bool(lines[0])


def body_of(letter):
    return lf(letter).partition(b"\n\n")[2].rstrip(b"\n")


def subset(got, sound, count):
    """For programs that touch headers (Status, Lines): as many letters, and the same bodies."""
    if len(got) != count:
        return f"{len(got)} letters instead of {count}"
    have_bodies = {body_of(lf(g)) for g in got}
    missing = [w for w in sound if body_of(w) not in have_bodies]
    return f"{len(missing)} of {len(sound)} bodies differ, first {missing[0][:200]!r}" if missing else ""


# --- two devices --------------------------------------------------------------------------------------
def state_of(path):
    """{folder: sorted letters with flags} of a tree of Maildirs."""
    out = {}
    for folder in sorted(os.listdir(path)):
        if os.path.isdir(os.path.join(path, folder, "cur")):
            box = maildir(os.path.join(path, folder))
            out[folder] = sorted((lf(original(lf(data))), "".join(sorted(set(name.rpartition(":2,")[2] if ":2," in name else "") - {"T"})))
                                 for name, data in box.items())
    return out


def move(base, source, target, name, suffix=None):
    stem = name.split("/")[1].split(",U=")[0].split(":2,")[0] + ".moved"
    os.rename(os.path.join(base, source, name), os.path.join(base, target, "cur", stem + ":2," + (suffix or "S")))


def two_devices(letters, first, second, what):
    user, word = account("devices")
    send.smtplib_send(letters, user, word, user)
    f = Folder()
    a = first(f, user, word, "one")
    b = second(f, user, word, "two")
    a()
    b()
    one = f.path + "/one"
    two = f.path + "/two"
    files = sorted(maildir(one + "/INBOX"))
    for i, name in enumerate(files):  # on the first: flags, deletions, moves
        path = os.path.join(one, "INBOX", name)
        if i % 4 == 0:
            os.rename(path, os.path.join(one, "INBOX", "cur", name.split("/")[1].split(":2,")[0] + ":2,FS"))
        elif i % 4 == 1:
            os.unlink(path)
        elif i % 4 == 2:
            move(one, "INBOX", "Archive", name)
    files = sorted(maildir(two + "/INBOX"))
    for i, name in enumerate(files):  # on the second meanwhile: answers
        path = os.path.join(two, "INBOX", name)
        if i % 5 == 3:
            os.rename(path, os.path.join(two, "INBOX", "cur", name.split("/")[1].split(":2,")[0] + ":2,RS"))
    for step in (a, b, a, b):
        step()
    left, right = state_of(one), state_of(two)
    f.remove()
    if left == right and len(left.get("Archive", [])) > 0 and len(left.get("INBOX", [])) > 0:
        return ""
    return f"{what}: " + ", ".join(f"{k}: {len(left.get(k, []))} and {len(right.get(k, []))}" for k in sorted(set(left) | set(right))) + (
        "" if left != right else " (nothing was moved)")


def by_mbsync(f, user, word, name):
    rc = pull.mbsync_rc(f, user, word, name)
    return lambda: pull.mbsync(rc)


def by_offlineimap(f, user, word, name):
    rc = pull.offlineimap_rc(f, user, word, name)
    return lambda: pull.offlineimap(rc)


def test_devices(letters):
    some = [l for l in letters if is_sound(l)][:40]
    if have("mbsync"):
        attempt("two devices with mbsync end equal", lambda: two_devices(some, by_mbsync, by_mbsync, "mbsync"))
    if have("mbsync", "offlineimap"):
        attempt("a device with mbsync and one with offlineimap end equal", lambda: two_devices(some, by_mbsync, by_offlineimap, "mixed"))


def main():
    f = Folder()
    letters = corpus(f.path + "/corpus", 200, big=True)
    f.remove()
    letters = [l for l in letters if b"\0" not in l]  # NUL is refused at DATA
    test_senders(letters)
    test_pullers(letters)
    test_devices(letters)
    return results.end()


sys.exit(main())
