"""Many sessions at once, none of which waits for another. What comes of it can't be foretold, but much must hold all the same: numbers
stay those of the session, nobody's change is lost, a message is moved once, and when all have been told everything they all know the
same, which is what somebody new sees."""
import re
import selectors
import time

import wire
from session import Failure, Gone, Session

BOXES = ["INBOX", "two"]


class Entry:
    __slots__ = ("uid", "flags")

    def __init__(self):
        self.uid = self.flags = None


class Loose(Session):
    """A client that knows nothing but what it was told."""

    def begin(self, box, features, above):
        self.box, self.above, self.entries, self.answers, self.asked, self.seen = box, above, [], [], [], set()
        if features:
            self.ask(b"ENABLE " + b" ".join(features))
        if b"READ-WRITE" not in self.raw_ask(b"SELECT " + self.name(box)):
            self.fail(f"can't select {self.name(box)}")
        self.ask(b"UID FETCH 1:* (FLAGS)")

    def name(self, box):
        return b'"%s%s"' % (self.above.encode(), box.encode())

    def raw_ask(self, command):
        return str(self.ask(command)[-1]).encode()

    def ask(self, command):
        """One command, waited for; the responses."""
        self.queue([command])
        out = []
        while self.asked:
            out.append(self.take())
        return out

    def queue(self, commands):
        data = b""
        for c in commands:
            self.counter += 1
            data += b"t%d " % self.counter + c + b"\r\n"
            self.asked.append((f"t{self.counter}", c))
            self.world.log(self.number, "C", data)
        self.write(data)

    def holds(self):
        return re.match(rb"(FETCH|STORE|SEARCH) ", self.asked[0][1]) if self.asked else False

    def take(self):
        r = self.response()
        if r[0] == "tagged":
            tag, command = self.asked.pop(0)
            if r[1] != tag:
                self.fail(f"the answer to {r[1]}, not to {tag}")
            if r[2] == "BAD" and not command.startswith((b"FETCH", b"STORE", b"COPY", b"MOVE")):
                self.fail(f"{command!r}: {r}")
            self.answers.append((command, r))
        else:
            self.apply(r)
        return r

    def apply(self, r):
        if r[0] == "EXISTS":
            if r[1] < len(self.entries):
                self.fail(f"EXISTS {r[1]}, but {len(self.entries)} are known")
            self.entries += [Entry() for _ in range(r[1] - len(self.entries))]
        elif r[0] == "EXPUNGE":
            if self.holds():
                self.fail(f"EXPUNGE during {self.asked[0][1]!r}")
            if r[1] > len(self.entries):
                self.fail(f"EXPUNGE {r[1]} of {len(self.entries)}")
            del self.entries[r[1] - 1]
        elif r[0] == "VANISHED":
            if self.holds():
                self.fail(f"VANISHED during {self.asked[0][1]!r}")
            gone = set(r[2])
            left = [e for e in self.entries if e.uid not in gone]
            for uid in sorted(gone - {e.uid for e in self.entries}):  # of these it knows only that they are there, and between which others
                at = next((i for i, e in enumerate(left) if e.uid is None and all(x.uid is None or x.uid > uid for x in left[i:])
                           and all(x.uid is None or x.uid < uid for x in left[:i])), None)
                if at is None:
                    self.fail(f"VANISHED {r[2]}, but known are {[e.uid for e in self.entries]}")
                del left[at]
            self.entries = left
        elif r[0] == "FETCH":
            if r[1] > len(self.entries):
                self.fail(f"FETCH of {r[1]} of {len(self.entries)}")
            e = self.entries[r[1] - 1]
            uid = r[2].get(b"UID")
            if uid and e.uid not in (None, uid):
                self.fail(f"message {r[1]} has the uid {uid}, and had {e.uid}")
            e.uid = uid or e.uid
            if b"FLAGS" in r[2]:
                e.flags = frozenset(f.lower() for f in r[2][b"FLAGS"]) - {"\\recent"}
        elif r[0] == "BYE":
            self.fail(f"{r}")


class Storm:
    """Six sessions of the owner; with `guests` half of them are another account's, on another core, to whom all is allowed."""

    def __init__(self, world, rng, sessions, guests):
        self.w, self.rng, self.guests = world, rng, guests
        self.sessions = [Loose(i + 1, guests if guests and i % 2 else world) for i in range(sessions)]
        self.observer = Loose(sessions + 1, world)
        self.total = 0  # messages in all mailboxes
        self.facts, self.high = {}, {}  # (box, uid): (email id, modseq, flags); box: the largest uid so far

    def begin(self):
        for s in self.sessions + [self.observer]:
            s.connect()
        self.observer.asked, self.observer.answers, self.observer.entries = [], [], []
        self.observer.ask(b"CREATE two")
        for box in BOXES if self.guests else []:
            self.observer.ask(f"SETACL {box} {self.guests.user} lrswipkxtea".encode())
        known = self.w.capabilities
        for i, s in enumerate(self.sessions):
            s.begin(BOXES[i % 3 == 2], [[], [b"QRESYNC"], [b"CONDSTORE"]][i // 2 % 3] if "QRESYNC" in known else [],
                    f"Other Users/{self.w.user}/" if s.world is self.guests else "")

    def set(self, s):
        n = max(1, len(s.entries))
        a, b = self.rng.randint(1, n), self.rng.randint(1, n)
        return self.rng.choice([b"%d" % a, b"%d:%d" % (a, b), b"%d,%d" % (a, b), b"1:*"])

    def uids(self, s):
        known = [e.uid for e in s.entries if e.uid]
        return b"%d:%d" % (min(known[-8:]), max(known[-8:])) if known and self.rng.random() < 0.8 else b"1:*"

    def command(self, s, gentle):
        own, r = b"s%d" % s.number, self.rng.random()
        other = s.name(BOXES[self.rng.random() < 0.5])
        if r < 0.2:
            text = b"From: a@b.test\r\nSubject: s%d-%d\r\n\r\nx\r\n" % (s.number, self.rng.randint(1, 10 ** 9))
            return b"APPEND %s (%s) {%d+}\r\n%s" % (other, b"" if gentle or r < 0.1 else b"\\Deleted", len(text), text)
        if r < 0.35:
            return b"UID STORE %s %sFLAGS (%s)" % (self.uids(s), self.rng.choice([b"+", b"+", b"-"]), own)
        if r < 0.45:
            return b"STORE %s +FLAGS.SILENT (%s)" % (self.set(s), b"\\Flagged" if gentle else b"\\Deleted")
        if r < 0.55:
            return b"UID MOVE %s %s" % (self.uids(s), other)
        if r < 0.6:
            return b"MOVE %s %s" % (self.set(s), other)
        if r < 0.65 and len(s.entries) < 60:
            return b"UID COPY %s %s" % (self.uids(s), other)
        if r < 0.75:
            return b"FETCH %s (UID FLAGS)" % self.set(s)
        if r < 0.8:
            return b"UID FETCH %s BODY[]" % self.uids(s)
        if r < 0.85:
            return b"SEARCH NOT KEYWORD %s" % own
        if r < 0.92 and not gentle:
            return b"EXPUNGE"
        return b"NOOP"

    def blow(self, gentle):
        """All at once, read as it comes."""
        for s in self.sessions:
            s.answers = []
            s.queue([self.command(s, gentle) for _ in range(self.rng.choice([1, 1, 2, 4]))])
        waiting = selectors.DefaultSelector()
        for s in self.sessions:
            waiting.register(s.sock, selectors.EVENT_READ, s)
        open_ones = len(self.sessions)
        while open_ones:
            ready = waiting.select(20 * self.w.slow)
            if not ready:
                raise Failure(f"nobody is answered any more: {[s.asked for s in self.sessions]}")
            for key, _ in ready:
                s = key.data
                s.more()
                while s.asked and self.has_response(s):
                    s.take()
                if not s.asked:
                    waiting.unregister(s.sock)
                    open_ones -= 1
        waiting.close()

    def has_response(self, s):
        at = 0
        while True:
            end = s.buffer.find(b"\r\n", at)
            if end < 0:
                return False
            m = re.compile(rb"\{(\d+)\}$").search(s.buffer, at, end)
            if not m:
                return True
            at = end + 2 + int(m[1])

    def truth(self, box):
        o = self.observer
        o.entries = []
        o.ask(b"EXAMINE " + box.encode())
        out = {}
        for r in o.ask(b"UID FETCH 1:* (FLAGS EMAILID%s)" % (b" MODSEQ" if "CONDSTORE" in self.w.capabilities else b"")):
            if r[0] == "FETCH":
                out[r[2][b"UID"]] = frozenset(f.lower() for f in r[2][b"FLAGS"]) - {"\\recent"}, r[2][b"EMAILID"], r[2].get(b"MODSEQ")
        return out

    def check(self, gentle):
        for s in self.sessions:
            made, s.answers = s.answers, []
            s.ask(b"NOOP")
            s.made = made
        truths = {box: self.truth(box) for box in BOXES}
        for s in self.sessions:
            self.converge(s, truths[s.box])
        self.check_facts(truths)
        total = sum(len(t) for t in truths.values())
        if gentle:
            added = sum(self.added(s) for s in self.sessions)
            # a move between accounts copies first and removes then: two at once leave two
            if total < self.total + added or total > self.total + added and not self.guests:
                raise Failure(f"there were {self.total} messages, {added} were added, and there are {total}")
        self.total = total

    def added(self, s):
        n = 0
        for command, r in s.made:
            if r[2] == "OK" and r[3] and r[3][0] == "APPENDUID":
                n += 1
            if r[2] == "OK" and b"COPY " in command and r[3] and r[3][0] == "COPYUID":
                n += len(r[3][1][1])
        return n

    def converge(self, s, truth):
        """At once; who looks from another core, soon."""
        end = time.monotonic() + (5 * self.w.slow if s.world is self.guests else 0)
        while True:
            try:
                return self.check_session(s, truth)
            except Failure:
                if time.monotonic() >= end:
                    raise
                time.sleep(0.002)
                s.ask(b"NOOP")

    def check_session(self, s, truth):
        if len(s.entries) != len(truth):
            s.fail(f"knows of {len(s.entries)} messages of {s.box}, there are {len(truth)}")
        for e, uid in zip(s.entries, truth):
            if e.uid not in (None, uid):
                s.fail(f"uids {[x.uid for x in s.entries]}, not {list(truth)}")
            if e.flags is not None and self.shared(e.flags) != self.shared(truth[uid][0]):
                e.uid = uid
                self.maybe_silent(s, e, truth)
            e.uid = uid
        own = f"s{s.number}"
        last = [c for c, r in s.made if r[2] == "OK" and c.startswith(b"UID STORE") and b"(%s)" % own.encode() in c]
        if last:  # nobody else touches this keyword
            m = re.match(rb"UID STORE (\d+):(\d+|\*) ([+-])", last[-1])
            lo, hi = int(m[1]), 1 << 32 if m[2] == b"*" else int(m[2])
            known_before = {e.uid for e in s.entries} & s.seen
            for uid in known_before:
                if lo <= uid <= hi and (own in truth[uid][0]) != (m[3] == b"+"):
                    s.fail(f"{last[-1]!r} was OK, and uid {uid} has {sorted(truth[uid][0])}")
        s.seen = {e.uid for e in s.entries}

    def shared(self, flags):
        """\\Seen is each user's own in a shared mailbox."""
        return flags - {"\\seen"} if self.guests else flags

    def maybe_silent(self, s, e, truth):
        """What it did silently itself it was not told."""
        if self.shared(e.flags ^ truth[e.uid][0]) <= {"\\flagged", "\\deleted"} and any(b".SILENT" in c for c, _ in s.made):
            e.flags = truth[e.uid][0]
            return
        s.fail(f"was not told that uid {e.uid} has {sorted(truth[e.uid][0])}; knows {sorted(e.flags)}")

    def check_facts(self, truths):
        for box, truth in truths.items():
            for uid, (flags, email, modseq) in truth.items():
                old = self.facts.get((box, uid))
                if old is None and uid <= self.high.get(box, 0):
                    raise Failure(f"uid {uid} of {box} comes behind {self.high[box]}")
                if old and old[0] != email:
                    raise Failure(f"uid {uid} of {box} was {old[0]} and is {email}")
                if old and modseq and (modseq < old[1] or modseq == old[1] and flags != old[2]):
                    raise Failure(f"uid {uid} of {box} had {old[1:]} and has {modseq, flags}")
                self.facts[box, uid] = email, modseq, flags
            self.high[box] = max([self.high.get(box, 0)] + list(truth))

    def run(self, rounds):
        """How many commands; raises Failure."""
        n = 0
        self.begin()
        for _ in range(rounds):
            gentle = self.rng.random() < 0.6
            self.blow(gentle)
            n += sum(len(s.answers) for s in self.sessions)
            self.check(gentle)
        for s in self.sessions + [self.observer]:
            s.close()
        return n


def storms(world, guests, rng, rounds, sessions):
    storm = Storm(world, rng, sessions, guests)
    try:
        return storm.run(rounds), None
    except (Failure, wire.Wrong) as e:
        return 0, str(e)
    except Gone:
        return 0, "a connection ended"
    finally:
        for s in storm.sessions + [storm.observer]:
            s.selected = None
            s.close()
