#!/usr/bin/env python3
"""Letters sent by one program and fetched by another are byte for byte the same (trace lines aside); a server with a
certificate of somebody else is refused; two devices that sync one mailbox end equal. usage: suite.py [full], beside
tests/with_server. The corpus has 15 kinds of letters (tools/corpus); letter 0 of 200 has 20 MB."""
import imaplib
import os
import shutil
import subprocess
import sys
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import devices
import kept
import order
import pull
import send
from common import HOST, RESTANTE, Folder, Results, account, corpus, maildir, original, port, run, same

KINDS = 15
results = Results()


def have(*programs):
    for p in programs:
        if not shutil.which(p):
            results.skip(f"{p} is not installed")
            return False
    return True


def attempt(what, fn):
    start = time.monotonic()
    try:
        problem = fn()
    except Exception as e:  # a program that fails is a failed test, the others go on
        traceback.print_exc()
        problem = f"{type(e).__name__}: {e}"
    results.check(not problem, what + (f": {problem}" if problem else f" ({time.monotonic() - start:.1f} s)"))


def ended(letter):
    """A letter as SMTP can carry it: its last line has an end."""
    return letter if letter.endswith(b"\r\n") else letter + b"\r\n"


def exact(got, want):
    return same([original(g) for g in got], want)


# --- sending ------------------------------------------------------------------------------------------
def test_senders(letters):
    """A letter of each kind by each program and port."""
    want = [ended(letter) for letter in letters]

    def by(fn, *more):
        def go():
            user, word = account("sender")
            for letter in letters:
                fn(letter, user, word, user, *more)
            return exact(pull.py_imaplib(user, word), want)
        return go

    for program, fn in (("curl", send.curl_send), ("msmtp", send.msmtp_send), ("swaks", send.swaks_send)):
        if have(program):
            attempt(f"{program} sends by 465", by(fn, "tls"))
            attempt(f"{program} sends by 587", by(fn, "starttls"))
    attempt("smtplib sends by 587", by(lambda letter, *a: send.smtplib_send([letter], *a), "starttls"))
    test_port_25(letters)


def test_port_25(letters):
    def told(answer, rcpt):
        return lambda: "" if answer in send.swaks_to_25("a@b.example", rcpt) else f"no {answer}"

    def delivers():
        user, word = account("rcpt")
        send.port25_send(letters, user)
        return exact(pull.py_imaplib(user, word), [ended(letter) for letter in letters])

    if have("swaks"):
        attempt("swaks on 25 is told of an unknown address", told("550 5.1.1", "nobody-here@example.test"))
        attempt("swaks on 25 does not relay", told("550 5.7.1", "x@elsewhere.example"))
    attempt("smtplib delivers to 25", delivers)


# --- fetching -----------------------------------------------------------------------------------------
def test_exact_pullers(user, word, want):
    """Programs that give the bytes as they came."""
    if have("perl"):
        attempt("Mail::IMAPClient fetches them, and works with folders", lambda: exact(pull.perl_imapclient(user, word), want))
    attempt("imaplib fetches them by 993", lambda: exact(pull.py_imaplib(user, word), want))
    attempt("imaplib fetches them by 143", lambda: exact(pull.py_imaplib(user, word, "starttls"), want))
    attempt("poplib fetches them by 995", lambda: exact(pull.py_poplib(user, word), want))
    attempt("poplib fetches them by 110", lambda: exact(pull.py_poplib(user, word, "starttls"), want))
    if have("curl"):
        for protocol in ("imaps", "imap", "pop3s", "pop3"):
            attempt(f"curl fetches them by {protocol}", lambda: exact(pull.curl(user, word, protocol, len(want)), want))


def test_workers(letters):
    """Programs that change what is on the server: what they did is looked at by another."""
    def subjects(c, box, key="ALL"):
        c.select(box, readonly=True)
        return sorted(c.fetch(n, "(BODY.PEEK[])")[1][0][1] for n in c.search(None, key)[1][0].split())

    def worked(fn, box, moved):
        """fn moves these letters to `box`, flagged and, where it shows them, seen; the others stay as they are."""
        def go():
            user, word = account("works")
            send.smtplib_send(letters, user, word, user)
            said = fn(user, word)
            c = imaplib.IMAP4_SSL(HOST, port("imap", "tls"), ssl_context=send.context())
            c.login(user, word)
            there, stayed = exact(subjects(c, box, "FLAGGED"), moved), exact(subjects(c, "INBOX", "UNFLAGGED"), [w for w in map(ended, letters) if w not in moved])
            c.logout()
            return (there or stayed) and f"{there}; {stayed}; it said {said[-300:]!r}"
        return go

    want = [ended(letter) for letter in letters]
    large = [w for w in want if len(w) > 5000]
    if have("imapfilter"):
        attempt("imapfilter sorts by size", worked(lambda u, w: pull.imapfilter(u, w, "r = box.INBOX:is_larger(5500)\nr:mark_flagged()\nr:move_messages(box['Sorted/large'])"),
                                                   "Sorted/large", large))
    if have("alpine"):
        attempt("alpine reads, flags and saves a letter", worked(lambda u, w: pull.alpine(u, w, ["i", "CR", "*", "*", "CR", "s", *"Archive", "CR", "i", "q", "q"]), "Archive", want[:1]))


def test_file_pullers(user, word, want):
    """Programs that write files with LF, and what they change on the way: see kept.py."""
    def by_mpop():
        got, again = pull.mpop(user, word)
        return exact(got, [kept.plain(w) for w in want]) or ("" if not pull.mpop_is_new(again) else f"fetched again: {again!r}")

    def by_mbsync():
        f = Folder()
        pull.mbsync(pull.mbsync_rc(f, user, word, "near"))
        got = list(maildir(f.path + "/near/INBOX").values())
        f.remove()
        return exact([kept.without_tuid(g) for g in got], [k for k in map(kept.by_mbsync, want) if k is not None])

    def by_offlineimap():
        f = Folder()
        pull.offlineimap(pull.offlineimap_rc(f, user, word, "near"))
        got = list(maildir(f.path + "/near/INBOX").values())
        f.remove()
        return exact(got, devices.as_offlineimap(want))

    def by_fetchmail(protocol):
        return lambda: exact([kept.without_breaks(g) for g in pull.fetchmail(user, word, protocol)], [kept.by_fetchmail(w) for w in want])

    def by_fetchmail_uidl():
        first, second = pull.fetchmail_uidl(user, word)
        return "" if (first, second) == (len(want), 0) else f"{first} of {len(want)}, then {second}"

    def by_mutt(program):
        def go():
            got, seen = pull.mutt(user, word, program)
            return exact(got, [kept.by_mutt(w) for w in want]) + ("" if got else f", the screen: {seen[-300:]!r}")
        return go

    def by_getmail(protocol):
        def go():  # it folds headers anew
            got, again = pull.getmail(user, word, protocol)
            told = f"0 messages (0 bytes) retrieved, {len(want)} skipped"
            return same(list(map(kept.unfolded, got)), list(map(kept.unfolded, want))) or ("" if told in again else f"fetched again: {again!r}")
        return go

    if have("mpop"):
        attempt("mpop fetches them once", by_mpop)
    if have("mbsync"):
        attempt("mbsync fetches them", by_mbsync)
    if have("offlineimap"):
        attempt("offlineimap fetches them", by_offlineimap)
    if have("fetchmail"):
        for protocol in ("imap", "pop3"):
            attempt(f"fetchmail fetches them by {protocol}", by_fetchmail(protocol))
        attempt("fetchmail leaves them there and fetches none twice (UIDL)", by_fetchmail_uidl)
    for program in ("mutt", "neomutt"):
        if have(program):
            attempt(f"{program} copies them", by_mutt(program))
    if have("getmail"):
        for protocol in ("imap", "pop3"):
            attempt(f"getmail fetches them once by {protocol}", by_getmail(protocol))


def test_pullers(letters):
    user, word = account("corpus")
    want = [ended(letter) for letter in letters]

    def fill():
        send.smtplib_send(letters, user, word, user)
        return "" if len(letters) == 200 and max(map(len, letters)) > 20_000_000 else f"{len(letters)} letters, the largest of {max(map(len, letters))}"

    attempt(f"smtplib sends {len(letters)} letters by 465", fill)
    test_exact_pullers(user, word, want)
    test_file_pullers(user, word, want)


# --- certificates -------------------------------------------------------------------------------------
def test_certificates():
    """The same calls with the certificate of another authority: nobody may log in, let alone get a letter."""
    f = Folder()
    run([RESTANTE, "make-ca", f.path + "/other", "--host", "localhost"])
    done = subprocess.run([sys.executable, os.path.abspath(__file__), "distrust"], env=dict(os.environ, OTHER_CA=f.path + "/other/ca.pem"),
                          stdout=subprocess.PIPE)
    f.remove()
    said = done.stdout.decode().splitlines()
    for line in said[:-1]:
        word, _, what = line.partition(" - ")
        results.check(word == "ok", what)
    if done.returncode not in (0, 1) or not said:
        results.check(False, f"the test of certificates ended with {done.returncode}")


def distrust():
    user, word = account("distrust")
    letter = b"Subject: x\r\n\r\nx\r\n"
    f = Folder()

    def by_mutt():  # shows the certificate and asks
        got, seen = pull.mutt(user, word)
        raise RuntimeError("it got letters" if got or b"Selecting" in seen else repr(seen))

    calls = [("smtplib", "465", lambda: send.smtplib_send([letter], user, word, user)),
             ("imaplib", "143", lambda: pull.py_imaplib(user, word, "starttls")), ("poplib", "110", lambda: pull.py_poplib(user, word, "starttls")),
             ("curl", "465", lambda: send.curl_send(letter, user, word, user, "tls")), ("curl", "587", lambda: send.curl_send(letter, user, word, user, "starttls")),
             ("msmtp", "465", lambda: send.msmtp_send(letter, user, word, user, "tls")), ("msmtp", "587", lambda: send.msmtp_send(letter, user, word, user, "starttls")),
             ("swaks", "465", lambda: send.swaks_send(letter, user, word, user, "tls")), ("swaks", "587", lambda: send.swaks_send(letter, user, word, user, "starttls")),
             ("curl", "imaps", lambda: pull.curl(user, word, "imaps", 1)), ("curl", "imap", lambda: pull.curl(user, word, "imap", 1)),
             ("curl", "pop3s", lambda: pull.curl(user, word, "pop3s", 1)), ("curl", "pop3", lambda: pull.curl(user, word, "pop3", 1)),
             ("mpop", "995", lambda: pull.mpop(user, word)), ("mbsync", "993", lambda: pull.mbsync(pull.mbsync_rc(f, user, word, "m"))),
             ("offlineimap", "993", lambda: pull.offlineimap(pull.offlineimap_rc(f, user, word, "o"))),
             ("fetchmail", "993", lambda: pull.fetchmail(user, word, "imap")), ("fetchmail", "995", lambda: pull.fetchmail(user, word, "pop3")),
             ("getmail", "993", lambda: pull.getmail(user, word, "imap")), ("getmail", "995", lambda: pull.getmail(user, word, "pop3")),
             ("perl", "993", lambda: pull.perl_imapclient(user, word)), ("mutt", "993", by_mutt)]
    for program, where, fn in calls:
        if program.endswith("lib") or shutil.which(program):
            refused(program, where, fn)
    f.remove()
    return results.end()


def refused(program, where, fn):
    try:
        fn()
        said = "it went on"
    except Exception as e:
        said = str(e)
    # swaks says nothing but 29, "an error while setting up TLS"
    told = any(w in said.lower() for w in ("certificate", "verif", "issuer", "authority", "swaks ended with 29"))
    results.check(told, f"{program} refuses a certificate of somebody else on {where}" + ("" if told else f": {said[-300:]!r}"))


# --- all ----------------------------------------------------------------------------------------------
def test_devices(letters):
    some = [letter for letter in letters if kept.head_and_body(kept.lf(letter))[1] is not None and b"\r\nMessage-ID:" in letter][1:49]
    if have("mbsync"):
        attempt("two devices with mbsync end equal", lambda: devices.two(some, devices.by_mbsync, devices.by_mbsync))
    if have("mbsync", "offlineimap"):
        attempt("a device with mbsync and one with offlineimap end equal", lambda: devices.two(some, devices.by_mbsync, devices.by_offlineimap))


def test_web():
    """By the Python that Debian's selenium belongs to, which need not be this one."""
    def go():
        return run(["/usr/bin/python3", os.path.join(os.path.dirname(os.path.abspath(__file__)), "web.py")], timeout=600, ok=(0, 1)).decode().strip()

    if have("php", "chromium", "chromedriver"):
        attempt("a person uses Roundcube: reads, flags, moves, searches, deletes, writes", go)


def test_thunderbird():
    program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "thunderbird.py")
    if have("thunderbird", "certutil"):
        for part, what in (("imap", "reads by 993, flags, moves, deletes, sends by 465"), ("pop3", "reads by 995, once only, and leaves letters or does not")):
            attempt(f"Thunderbird {what}", lambda: run([program, part], timeout=600, ok=(0, 1)).decode().strip())


def main():
    f = Folder()
    letters = corpus(f.path + "/corpus", 200, big=True)
    f.remove()
    test_senders(letters[KINDS:2 * KINDS])
    test_pullers(letters)
    test_workers(letters[KINDS:3 * KINDS])
    test_certificates()
    test_devices(letters)
    attempt("SORT and THREAD of mailboxes made at random are as the RFC says", lambda: order.check(*account("order")))
    if "full" in sys.argv[1:]:
        test_web()
        test_thunderbird()
    return results.end()


sys.exit(distrust() if "distrust" in sys.argv[1:] else main())
