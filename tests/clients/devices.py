"""Two devices that sync one mailbox. Each has a tree of Maildirs; both change it while apart (flags, deletions, moves), then
sync in turn. What must be there at the end is known, so that neither a lost change nor one made twice goes unseen."""
import imaplib
import os
import pickle
import re

import kept
import pull
import send
from common import HOST, Folder, account, maildir, original, port, run

FLAGS = {b"\\Seen": "S", b"\\Flagged": "F", b"\\Answered": "R", b"\\Deleted": "T", b"\\Draft": "D"}


def as_offlineimap(letters):
    """kept.by_offlineimap, with Debian's Python, as offlineimap itself."""
    return pickle.loads(run(["/usr/bin/python3", kept.__file__], stdin=pickle.dumps(letters, protocol=4), env=dict(os.environ, PATH="/usr/bin:/bin")))


def by_mbsync(f, user, word, name):
    rc = pull.mbsync_rc(f, user, word, name)
    return lambda: pull.mbsync(rc)


def by_offlineimap(f, user, word, name):
    rc = pull.offlineimap_rc(f, user, word, name)
    return lambda: pull.offlineimap(rc)


def message_id(letter):
    return re.search(rb"(?m)^Message-ID: (\S+)", letter).group(1)


# --- what is where: {folder: sorted [(letter, flags)]}, folders with nothing left out ------------------
def gathered(found):
    """From [(folder, letter, flags)], with all letters rewritten in one go."""
    forms = as_offlineimap([kept.without_tuid(original(kept.lf(letter))).replace(b"\n", b"\r\n") for _, letter, _ in found])
    out = {}
    for (folder, _, flags), form in zip(found, forms):
        out.setdefault(folder, []).append((form, flags))
    return {folder: sorted(letters) for folder, letters in out.items()}


def on_device(path):
    found = []
    for folder in os.listdir(path):
        if os.path.isdir(os.path.join(path, folder, "cur")):
            for name, letter in maildir(os.path.join(path, folder)).items():
                found.append((folder, letter, "".join(sorted(name.rpartition(":2,")[2])) if ":2," in name else ""))
    return gathered(found)


def on_server(user, word):
    c = imaplib.IMAP4_SSL(HOST, port("imap", "tls"), ssl_context=send.context())
    c.login(user, word)
    found = []
    for row in c.list()[1]:
        folder = row.split()[-1].strip(b'"').decode()
        c.select(folder, readonly=True)
        for number in c.search(None, "ALL")[1][0].split():
            answer = c.fetch(number, "(FLAGS BODY.PEEK[])")[1][0]
            flags = imaplib.ParseFlags(answer[0])
            found.append((folder, answer[1], "".join(sorted(FLAGS[f] for f in flags if f in FLAGS))))
    c.logout()
    return gathered(found)


# --- the changes --------------------------------------------------------------------------------------
# (letters of number i modulo 12, on the first device, on the second, where it is at the end, with which flags)
PLAN = ((0, "flag", "", "INBOX", "FS"), (1, "delete", "", "", ""), (2, "move", "", "Archive", "S"), (3, "", "answer", "INBOX", "RS"),
        (4, "flag", "answer", "INBOX", "FRS"), (5, "", "delete", "", ""), (6, "", "move", "Archive", "S"), (7, "delete", "delete", "", ""),
        (8, "", "", "INBOX", ""), (9, "delete", "answer", "", ""), (10, "flag", "flag", "INBOX", "FS"), (11, "move", "", "Archive", "S"))
MARKS = {"flag": "FS", "answer": "RS"}


def change(base, order, action_of):
    """Does to each letter in INBOX what the plan says for this device."""
    inbox = os.path.join(base, "INBOX")
    for name, letter in maildir(inbox).items():
        action = action_of(order[message_id(letter)])
        path = os.path.join(inbox, name)
        stem = os.path.basename(name).split(":2,")[0]
        if action == "delete":
            os.unlink(path)
        elif action == "move":  # as a new file: without the number that the program keeps in the name
            os.rename(path, os.path.join(base, "Archive", "cur", stem.split(",U=")[0] + ".moved:2,S"))
        elif action:
            os.rename(path, os.path.join(inbox, "cur", f"{stem}:2,{MARKS[action]}"))


def expected(letters):
    forms = as_offlineimap(letters)
    out = {}
    for i, form in enumerate(forms):
        folder, flags = PLAN[i % len(PLAN)][3:]
        if folder:
            out.setdefault(folder, []).append((form, flags))
    return {folder: sorted(rows) for folder, rows in out.items()}


def unlike(what, got, want):
    """What differs, for a report: counts and flags, a letter by its identifier."""
    out = []
    for folder in sorted(set(got) | set(want)):
        short = lambda rows: sorted((message_id(letter).decode(), flags) for letter, flags in rows)
        a, b = short(got.get(folder, [])), short(want.get(folder, []))
        out += [f"{folder} has {x}" for x in a if x not in b] + [f"{folder} lacks {x}" for x in b if x not in a]
        if not out and got.get(folder) != want.get(folder):
            out.append(f"{folder}: bytes differ, or letters are there twice")
    return f"{what}: " + ", ".join(out[:8]) + f" ({len(out)} in all)"


def two(letters, first, second):
    user, word = account("devices")
    send.smtplib_send(letters, user, word, user)
    f = Folder()
    a, b = first(f, user, word, "one"), second(f, user, word, "two")
    a()
    b()
    order = {message_id(letter): i for i, letter in enumerate(letters)}
    change(f.path + "/one", order, lambda i: PLAN[i % len(PLAN)][1])
    change(f.path + "/two", order, lambda i: PLAN[i % len(PLAN)][2])
    for step in (a, b, a, b):
        step()
    want = expected([letter if letter.endswith(b"\r\n") else letter + b"\r\n" for letter in letters])
    places = (("the first device", on_device(f.path + "/one")), ("the second device", on_device(f.path + "/two")), ("the server", on_server(user, word)))
    f.remove()
    return "; ".join(unlike(what, got, want) for what, got in places if got != want)
