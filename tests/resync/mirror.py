"""A client that keeps a copy of a mailbox and is often cut off: what it knows survives, the connection does not. It comes back by QRESYNC
alone, or by CONDSTORE and a list of uids, and takes for known what RFC 7162 section 6 says that it may."""
import re
import time

from talk import Broken, Imap, Refused

UID, FLAGS, MODSEQ = re.compile(rb"UID (\d+)"), re.compile(rb"FLAGS \(([^)]*)\)"), re.compile(rb"MODSEQ \((\d+)\)")
HIGHEST, NUMBERED = re.compile(rb"\[HIGHESTMODSEQ (\d+)\]"), re.compile(rb"\* (\d+) (EXISTS|EXPUNGE|FETCH)\b ?(.*)", re.S)


class Wrong(Exception):
    """The server has broken a promise."""


def numbers(text):
    out = []
    for part in text.split(b","):
        lo, _, hi = part.partition(b":")
        out += range(int(lo), int(hi or lo) + 1)
    return out


def ranges(uids):
    """[1, 2, 3, 7] as b"1:3,7"."""
    out = []
    for u in sorted(uids):
        if out and out[-1][1] == u - 1:
            out[-1][1] = u
        else:
            out.append([u, u])
    return b",".join(b"%d:%d" % (a, b) if a != b else b"%d" % a for a, b in out)


class Mirror:
    """mode: "select" (SELECT with QRESYNC), "fetch" (UID FETCH with VANISHED), "condstore"."""

    def __init__(self, rng, mode, port, user, password, mailbox):
        self.rng, self.mode, self.login, self.mailbox = rng, mode, (port, user, password), mailbox
        self.port = None
        self.resyncs = self.cuts = 0
        self.forget(None)

    def forget(self, uidvalidity):
        self.uidvalidity, self.modseq, self.flags = uidvalidity, 0, {}
        self.fetched = 0  # it has asked for all uids up to there

    # --- a connection -------------------------------------------------------------------------------

    def connect(self):
        self.n, self.seqs = 0, []  # uids by number, None where not heard yet
        self.highest, self.seen, self.pending = None, 0, 0
        self.is_synced = self.must_fill = False
        self.port = Imap(self.login[0])
        self.port.login(*self.login[1:])
        self.ask(b"ENABLE CONDSTORE" if self.mode == "condstore" else b"ENABLE QRESYNC")

    def cut(self):
        self.cuts += 1
        if self.port:
            self.port.close()
        self.port = None

    def ask(self, text, cut=False):
        """A command, all of whose responses count. `cut`: the connection ends before, behind or somewhere in them."""
        self.n += 1
        tag = b"m%d" % self.n
        self.port.send(tag + b" " + text + b"\r\n")
        left = self.rng.randrange(15) if cut else -1
        while left:
            left -= 1
            line = b"".join(self.port.response())
            self.heard(line)
            if line.startswith(tag + b" "):
                if line.startswith(tag + b" BAD"):
                    raise Wrong(f"{text!r}: {line!r}")
                self.settle()
                if not line.startswith(tag + b" OK"):
                    raise Refused(line.decode())
                return
        raise Broken("cut")

    # --- what is heard ------------------------------------------------------------------------------

    def heard(self, line):
        numbered = NUMBERED.match(line)
        if m := HIGHEST.search(line):
            self.highest = int(m[1])
        if self.must_fill and b"(EARLIER)" not in line and re.match(rb"m\d+ OK|\* VANISHED|\* \d+ FETCH", line):
            self.fill()
        if line.startswith(b"* VANISHED "):
            self.vanished(line)
        elif line.startswith(b"* OK [UIDVALIDITY "):
            uidvalidity = int(line[18:].split(b"]")[0])
            if uidvalidity != self.uidvalidity:
                self.forget(uidvalidity)
        elif numbered:
            getattr(self, numbered[2].decode().lower())(int(numbered[1]), numbered[3])

    def settle(self):
        """At a tagged response (RFC 7162 section 6). Before it has caught up, what it hears counts only then."""
        known = self.modseq if self.is_synced else self.pending
        if self.highest is not None and self.highest < max(known, self.modseq):
            raise Wrong(f"HIGHESTMODSEQ {self.highest} behind {max(known, self.modseq)}")
        known = self.highest if self.highest is not None else max(known, self.seen)
        if self.is_synced:
            self.modseq = known
        self.pending, self.highest, self.seen = known, None, 0

    def fill(self):
        """What had gone has been told: the others have their numbers, new ones behind them."""
        old = sorted(u for u in self.flags if u <= self.fetched)
        if len(old) > len(self.seqs):
            raise Wrong(f"{len(self.seqs)} messages, but nobody has said that of {len(old)} some have gone")
        self.seqs[:len(old)] = old
        self.must_fill = False

    def vanished(self, line):
        if self.mode == "condstore":
            raise Wrong("VANISHED without QRESYNC")
        for uid in numbers(line.split(b" ")[-1]):
            self.flags.pop(uid, None)
            if b"(EARLIER)" not in line:
                self.drop(uid)
            elif uid in self.seqs:
                raise Wrong(f"uid {uid} vanished EARLIER, and is number {self.seqs.index(uid) + 1}")

    def drop(self, uid):
        """One less: the number of that uid, or one whose uid is not known and may be this."""
        at = [i for i, u in enumerate(self.seqs) if u == uid]
        if not at:
            lo = max([i for i, u in enumerate(self.seqs) if u and u < uid], default=-1)
            hi = min([i for i, u in enumerate(self.seqs) if u and u > uid], default=len(self.seqs))
            at = range(lo + 1, hi)
        if not at:
            raise Wrong(f"uid {uid} vanished, which was not there")
        del self.seqs[at[0]]

    def exists(self, n, _):
        if n < len(self.seqs):
            raise Wrong(f"{n} EXISTS, but there were {len(self.seqs)}")
        self.seqs += [None] * (n - len(self.seqs))
        self.is_range = False

    def expunge(self, n, _):
        if self.mode != "condstore":
            raise Wrong("EXPUNGE with QRESYNC")
        self.flags.pop(self.seqs.pop(n - 1), None)

    def fetch(self, n, rest):
        uid, flags, modseq = UID.search(rest), FLAGS.search(rest), MODSEQ.search(rest)
        if not uid or not modseq:
            raise Wrong(f"FETCH without uid or modseq: {rest!r}")
        uid = int(uid[1])
        if n > len(self.seqs) or self.seqs[n - 1] not in (None, uid):
            raise Wrong(f"number {n} is uid {uid}, but was {self.seqs[n - 1:n]}")
        self.seqs[n - 1] = uid
        self.seen = max(self.seen, int(modseq[1]))
        if self.is_range:
            self.range_end = max(self.range_end, uid)
        if flags:
            self.flags[uid] = frozenset(flags[1].lower().split()) - {b"\\recent"}

    is_range = False

    # --- coming back --------------------------------------------------------------------------------

    def options(self):
        """What SELECT is told is known: nothing more, the uids, some numbers and uids of them, or both."""
        known, out = sorted(u for u in self.flags if u <= self.fetched), b""
        if self.flags and self.rng.random() < 0.5:
            out += b" " + ranges(self.flags)
        if known and self.rng.random() < 0.5:
            at = sorted(self.rng.sample(range(len(known)), min(len(known), 5)))
            out += b" (%s %s)" % (ranges(i + 1 for i in at), ranges(known[i] for i in at))
        return out

    def resync(self, cut=False):
        self.resyncs += 1
        self.is_synced, self.seqs = False, []
        if self.mode == "select":
            self.must_fill = True
            what = b" (QRESYNC (%d %d%s))" % (self.uidvalidity, self.modseq, self.options()) if self.modseq else b""
            self.ask(b"SELECT %s%s" % (self.mailbox, what), cut)
        else:
            self.ask(b"SELECT %s" % self.mailbox, cut)
            if self.mode == "condstore":  # what is not listed has gone
                self.ask(b"UID FETCH 1:* (MODSEQ)", cut)
                self.flags = {u: f for u, f in self.flags.items() if u in self.seqs}
            else:
                self.must_fill = True
            vanished = b" VANISHED" if self.mode == "fetch" else b""
            last = max([1, self.fetched] + list(self.flags))
            self.ask(b"UID FETCH 1:%d (FLAGS) (CHANGEDSINCE %d%s)" % (last, max(self.modseq, 1), vanished), cut)
        self.is_synced, self.modseq = True, self.pending
        self.fetch_new(cut)

    def fetch_new(self, cut=False):
        """Those that have come since it last asked; what comes while it asks is for the next time."""
        self.is_range, self.range_end = True, self.fetched
        self.ask(b"UID FETCH %d:* (FLAGS MODSEQ)" % (self.fetched + 1), cut)
        self.fetched, self.is_range = self.range_end, False

    def do_something(self, cut=False):
        known, n = sorted(self.flags), len(self.seqs)
        what = self.rng.randrange(8) if known and n else 0
        uid, seq = self.rng.choice(known or [1]), self.rng.randrange(1, n + 1) if n else 1
        if what == 1:
            self.ask(b"FETCH %d (UID FLAGS MODSEQ)" % seq, cut)
        elif what == 2:
            self.ask(b"STORE %d (UNCHANGEDSINCE %d) +FLAGS (\\Seen)" % (seq, max(self.modseq, 1)), cut)
        elif what == 3:
            self.ask(b"UID STORE %d -FLAGS (\\Seen)" % uid, cut)
        elif what == 4:
            self.ask(b"UID STORE %d +FLAGS (\\Deleted)" % uid, cut)
            self.ask(b"UID EXPUNGE %d" % uid, cut)
        elif what == 5:
            self.idle()
        else:
            self.ask(b"NOOP", cut)
        if self.rng.random() < 0.5:
            self.fetch_new(cut)

    def idle(self):
        self.n += 1
        tag = b"m%d" % self.n
        self.port.send(tag + b" IDLE\r\n")
        while not (line := self.port.line()).startswith(b"+"):
            self.heard(line)
        time.sleep(self.rng.random() / 50)
        self.port.send(b"DONE\r\n")
        while not (line := self.port.line()).startswith(tag + b" "):
            self.heard(line)
        self.heard(line)
        self.settle()
