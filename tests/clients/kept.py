"""What each program that fetches mail makes of a letter before it keeps it, so that what it kept can be compared byte for
byte. Letters come in as they were sent, with CRLF; they go out with LF, as these programs write files."""
import pickle
import re
import sys

FETCHMAIL_BUFFER = 8191
MUTT_BUFFER = 1023


def lf(data):
    return data.replace(b"\r\n", b"\n")


def head_and_body(letter):
    """Of a letter with LF: the header's lines, and what follows the empty line (None without one)."""
    if letter.startswith(b"\n"):
        return b"", letter[1:]
    head, sep, body = letter.partition(b"\n\n")
    return (head + b"\n", body) if sep else (letter, None)


def unfolded(letter):
    """The body's words, where a program folds headers anew, also those of the letters in a letter, and ends what has no end."""
    text = (head_and_body(lf(letter))[1] or b"").rstrip()
    return b" ".join(re.sub(rb"\n--[^\n]*--\Z", b"", text).split())


def plain(letter):
    return lf(letter)


def by_mbsync(letter):
    """It leaves letters whose header has no end on the server, with a warning ("incomplete header; skipping"). It adds a
    field X-TUID of its own to others, which without_tuid takes away."""
    letter = lf(letter)
    return None if head_and_body(letter)[1] is None else letter


def without_tuid(stored):
    """mbsync's own field, only at the end of its place in the header and only of its form."""
    head, body = head_and_body(lf(stored))
    head = re.sub(rb"(?m)^X-TUID: [A-Za-z0-9+/]{12}\n", b"", head)
    return head if body is None else head + b"\n" + body


def by_fetchmail(letter):
    """It ends a header that has no end. Lines longer than its buffer it breaks: see without_breaks."""
    letter = lf(letter)
    if any(len(line) == FETCHMAIL_BUFFER + 2 for line in letter.split(b"\n")):
        raise ValueError("a letter of the corpus has a line that looks like one that fetchmail broke")
    return letter + b"\n" if head_and_body(letter)[1] is None else letter


def without_breaks(stored):
    """A line longer than its buffer fetchmail 6.4.37 writes in pieces, after each two stray bytes and a line end. What comes
    from the server has neither (the other programs say so), and no other line has just this length."""
    return re.sub(rb"(?m)^([^\n]{%d})[^\n]{2}\n" % FETCHMAIL_BUFFER, rb"\1", stored)


def by_mutt(letter):
    """It writes size and lines of the body as last fields of the header, where a long line counts once each time its buffer
    is full, and ends a header that has no end."""
    head, body = head_and_body(lf(letter))
    body = body or b""
    lines = sum(-(-len(line) // MUTT_BUFFER) for line in re.findall(rb"[^\n]*\n|[^\n]+$", body))
    return head + b"Content-Length: %d\nLines: %d\n\n" % (len(body), lines) + body


def by_offlineimap(letter):
    """It takes letters apart with Python's email package and writes what that gives: white space at the beginning of a
    field's value, a boundary that is missing at the end, and the empty line after a header become the package's. The same
    package, asked as offlineimap does (folder/Base.py), says what must come out."""
    from email import policy
    from email.parser import BytesParser
    wire = policy.default.clone(cte_type="8bit", utf8=True, refold_source="none", linesep="\r\n")
    file = policy.default.clone(cte_type="8bit", utf8=True, refold_source="none")
    return BytesParser(policy=wire).parsebytes(letter).as_bytes(policy=file)


if __name__ == "__main__":  # offlineimap runs on Debian's Python: so must this. Letters in, letters out, pickled.
    pickle.dump([by_offlineimap(letter) for letter in pickle.load(sys.stdin.buffer)], sys.stdout.buffer, protocol=4)
