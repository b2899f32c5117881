"""One client: it sends commands, applies what it is told to its picture, and holds every response against the reference."""
import re
import select
import socket
import zlib

import wire
from reference import Selected

NUL_WAIT = 20


class Failure(Exception):
    """The server and the reference differ."""


class Gone(Exception):
    """The connection has ended."""


class Expect:
    """What has to come of a command: `conds` of the tagged response, `code` there (None: any, "" none of those that count), `holds`:
    no EXPUNGE meanwhile, `leaves`: nothing is told of the mailbox behind it, `silent`: nothing is told at all (unknown commands)."""

    def __init__(self, conds, code=None, holds=False, leaves=False, silent=False, check=None, late=False):
        self.conds, self.code, self.holds, self.leaves, self.silent = conds.split("|"), code, holds, leaves, silent
        self.check, self.late = check, late


CODES = ("TRYCREATE", "EXPUNGEISSUED", "APPENDUID", "COPYUID", "UIDREQUIRED", "NONEXISTENT", "ALREADYEXISTS", "READ-ONLY", "READ-WRITE", "MODIFIED")


class Session:
    def __init__(self, number, world):
        self.number, self.world = number, world
        self.sock, self.buffer, self.counter = None, b"", 0
        self.selected, self.idle_tag = None, None
        self.features = set()  # of ENABLE
        self.highest = 0  # up to this modseq everything is known (RFC 7162 section 6)
        self.deflate = self.inflate = None  # RFC 4978
        self.notify = False  # told of the selected mailbox at any time (RFC 5465)
        self.kept = {}  # name: what the client remembers of a mailbox for the next time

    # --- the wire -----------------------------------------------------------------------------------------------

    def connect(self):
        self.sock = socket.create_connection(("127.0.0.1", self.world.port), timeout=NUL_WAIT * self.world.slow)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer, self.selected, self.idle_tag, self.features = b"", None, None, set()
        self.deflate = self.inflate = None
        self.notify = False
        self.world.log(self.number, None, None)
        self.response()
        self.counter += 1
        tag = f"t{self.counter}"
        self.sock.sendall(f"{tag} LOGIN {self.world.user} {self.world.password}\r\n".encode())
        while (got := self.response())[0] != "tagged":
            pass
        if got[2] != "OK":
            raise Failure(f"no login: {got}")
        if self.number % 4 == 0 and "COMPRESS=DEFLATE" in self.world.capabilities:
            self.compress()

    def compress(self):
        self.sock.sendall(b"z COMPRESS DEFLATE\r\n")
        if (got := self.response())[2] != "OK":
            raise Failure(f"no COMPRESS: {got}")
        self.deflate, self.inflate = zlib.compressobj(1, zlib.DEFLATED, -15), zlib.decompressobj(-15)

    def write(self, data):
        self.sock.sendall(self.deflate.compress(data) + self.deflate.flush(zlib.Z_SYNC_FLUSH) if self.deflate else data)

    def close(self):
        self.leave()
        if self.sock:
            self.sock.close()
        self.sock = self.idle_tag = None

    def leave(self):
        """The selected mailbox is left; what is known of it is kept for QRESYNC."""
        s, self.selected = self.selected, None
        if s and "QRESYNC" in self.features and s.box.uidvalidity:
            self.kept[s.name] = s.box.uidvalidity, self.highest, {u: f for u, f in s.flags.items() if u in s.known}

    def more(self):
        try:
            got = self.sock.recv(262144)
        except TimeoutError as e:
            raise Failure(f"session {self.number}: nothing came within {NUL_WAIT} s; so far {self.buffer[-200:]!r}") from e
        except OSError as e:
            raise Gone from e
        if not got:
            if self.buffer:
                raise Failure(f"session {self.number}: the connection ended within a response: {self.buffer[-200:]!r}")
            raise Gone
        self.buffer += self.inflate.decompress(got) if self.inflate else got

    def raw(self):
        """One response with its literals."""
        at = 0
        while True:
            end = self.buffer.find(b"\r\n", at)
            if end < 0:
                self.more()
                continue
            m = re.compile(rb"\{(\d+)\}$").search(self.buffer, at, end)
            if not m:
                out, self.buffer = self.buffer[:end + 2], self.buffer[end + 2:]
                return out
            at = end + 2 + int(m[1])
            while len(self.buffer) < at:
                self.more()

    def response(self):
        data = self.raw()
        self.world.log(self.number, "S", data)
        return wire.parse(data, bool(self.features & {"IMAP4REV2", "UTF8=ACCEPT"}))

    def send(self, command):
        """A command without its tag; the tag is returned."""
        self.counter += 1
        tag = f"t{self.counter}"
        data = tag.encode() + b" " + command + b"\r\n"
        self.world.log(self.number, "C", data)
        try:
            self.write(data)
        except OSError:
            pass  # what it said before it closed is read
        return tag

    def fail(self, what):
        raise Failure(f"session {self.number}: {what}")

    # --- what is told without asking -------------------------------------------------------------------------------

    def take_flags(self, uid, told, late):
        """`late`: it is from IDLE, and may be about what was so a moment ago; another one comes behind it then."""
        s = self.selected
        flags = frozenset(f.lower() for f in told)
        m = s.box.messages.get(uid)
        if late and (m is None or flags - {"\\recent"} != m.flags):
            s.flags[uid] = flags - {"\\recent"}
            return
        if m is None:
            self.fail(f"flags of the message with uid {uid}, which is expunged")
        recent = "\\recent" in flags
        if recent and "IMAP4REV2" in self.features:
            self.fail("\\Recent, which IMAP4rev2 does not have")
        flags -= {"\\recent"}
        if len(told) != len({f.lower() for f in told}):
            self.fail(f"a flag twice: {told}")
        if flags != m.flags:
            self.fail(f"uid {uid} has the flags {sorted(flags)}, but they are {sorted(m.flags)}")
        if uid not in s.box.unsure and "IMAP4REV2" not in self.features and recent != s.is_recent(uid):
            self.fail(f"uid {uid} is {'' if recent else 'not '}\\Recent")
        s.flags[uid] = flags
        s.told[uid] = m.at

    def untagged(self, r, holds, sizes, late=False):
        """Applies one response. True: it was one about the mailbox."""
        s, word = self.selected, r[0]
        if word not in ("FETCH", "UIDFETCH", "EXPUNGE", "EXISTS", "RECENT", "VANISHED", "FLAGS"):
            if word == "OK" and r[1] and r[1][0] == "PERMANENTFLAGS" and s:
                if s.read_only and r[1][1]:
                    self.fail("flags that could be kept in a mailbox that is only read")
                if not s.read_only and not set(r[1][1]) <= s.announced | {"\\*"}:
                    self.fail(f"PERMANENTFLAGS {r[1][1]} are not among FLAGS")
            return False
        if s is None:
            self.fail(f"{r} while no mailbox is selected")
        if word == "FLAGS":
            s.announced = set(r[1])
        elif word == "EXISTS":
            if r[1] < len(s.known):
                self.fail(f"EXISTS {r[1]}, but {len(s.known)} are known (RFC 3501 7.3.1)")
            new = s.new()[:r[1] - len(s.known)]
            if len(s.known) + len(new) != r[1]:
                self.fail(f"EXISTS {r[1]}, but there are {len(s.known) + len(new)}")
            s.known += new
            s.told.update((u, s.box.messages[u].at) for u in new)
            s.owes_recent = "IMAP4REV2" not in self.features
            if new:
                s.take_recent(new[-1])
        elif word == "RECENT":
            s.owes_recent = False
            if "IMAP4REV2" in self.features:
                self.fail("RECENT, which IMAP4rev2 does not have")
            if not s.box.unsure.intersection(s.known) and r[1] != s.recent():
                self.fail(f"RECENT {r[1]}, but it is {s.recent()}")
        elif word == "VANISHED":
            self.vanished(s, r[1], r[2], holds)
        elif word == "EXPUNGE":
            if "UIDONLY" in self.features:
                self.fail("EXPUNGE after ENABLE UIDONLY (RFC 9586 section 3.6)")
            if "QRESYNC" in self.features:
                self.fail("EXPUNGE after ENABLE QRESYNC (RFC 7162 section 3.2.10)")
            if holds:
                self.fail("EXPUNGE during a command whose numbers it would change (RFC 3501 7.4.1)")
            if r[1] > len(s.known):
                self.fail(f"EXPUNGE {r[1]} of {len(s.known)}")
            uid = s.known.pop(r[1] - 1)
            if uid in s.box.messages:
                self.fail(f"EXPUNGE {r[1]}, uid {uid}, which is still there")
            s.flags.pop(uid, None)
        elif word in ("FETCH", "UIDFETCH"):
            by_uid = "UIDONLY" in self.features
            if by_uid != (word == "UIDFETCH"):
                self.fail(f"{word} {'after' if by_uid else 'without'} ENABLE UIDONLY (RFC 9586 section 3.6)")
            if r[1] not in s.known if by_uid else r[1] > len(s.known):
                self.fail(f"{word} of {r[1]} of {s.known}")
            uid = r[1] if by_uid else s.known[r[1] - 1]
            if r[2].get(b"UID", uid) != uid:
                self.fail(f"message {r[1]} has uid {uid}, not {r[2][b'UID']}")
            if b"FLAGS" in r[2]:
                self.take_flags(uid, r[2][b"FLAGS"], late)
                if self.features & {"CONDSTORE", "QRESYNC"} and not {b"MODSEQ"} | (set() if by_uid else {b"UID"}) <= r[2].keys() and not s.asked and s.box.exists:
                    self.fail(f"flags without UID and MODSEQ: {r} (RFC 7162 section 3.2.4)")
            if b"MODSEQ" in r[2]:
                self.take_modseq(s, uid, r[2][b"MODSEQ"], late)
            sizes.append((uid, r[2]))
        return True

    def vanished(self, s, earlier, uids, holds):
        if not self.features & {"QRESYNC", "UIDONLY"}:
            self.fail("VANISHED without ENABLE QRESYNC")
        if alive := [u for u in uids if u in s.box.messages]:
            self.fail(f"VANISHED {uids}, but {alive} are there")
        if earlier:
            if s.kept is None:
                self.fail("VANISHED (EARLIER) that nobody asked for")
            for u in uids:
                s.kept.pop(u, None)
            return
        if holds:
            self.fail("VANISHED during a command whose numbers it would change (RFC 7162 section 3.2.10.2)")
        if not set(uids) <= set(s.known):
            self.fail(f"VANISHED {uids}, which are not all known: {s.known}")
        s.known = [u for u in s.known if u not in uids]
        for u in uids:
            s.flags.pop(u, None)

    def take_modseq(self, s, uid, modseq, late):
        """It changes when the message does, and then to a larger one than all before (RFC 7162 section 3.1.1)."""
        self.highest = max(self.highest, modseq)
        m = s.box.messages.get(uid)
        if late or m is None:
            return
        if m.seen_modseq and m.seen_modseq[0] == m.at and m.seen_modseq[1] != modseq:
            self.fail(f"uid {uid} has modseq {modseq}, and had {m.seen_modseq[1]} without a change in between")
        m.seen_modseq = m.at, modseq
        for o in s.box.messages.values():
            if o.seen_modseq and o.seen_modseq[0] == o.at and (o.at < m.at and o.seen_modseq[1] > modseq or o.at > m.at and o.seen_modseq[1] < modseq):
                self.fail(f"uid {uid} has modseq {modseq} and uid {o.uid} has {o.seen_modseq[1]}, but changed the other way round")

    def take_code(self, code):
        if code and code[0] == "HIGHESTMODSEQ":
            self.highest = code[1]

    # --- a command's end ---------------------------------------------------------------------------------------------

    def finish(self, tag, e):
        """Reads up to the tagged response and holds everything against what was expected."""
        fetched, others = [], []
        s = self.selected
        while True:
            r = self.response()
            if r[0] == "tagged":
                break
            if r[0] == "BYE":
                return self.bye(e)
            if r[0] in ("OK", "NO"):
                self.take_code(r[1])
            if not self.untagged(r, e.holds, fetched, e.late):
                others.append(r)
        self.take_code(r[3])
        _, got_tag, cond, code, text = r
        if got_tag != tag:
            self.fail(f"the answer to {got_tag}, not to {tag}")
        if cond not in e.conds:
            self.fail(f"{cond} {code} {text!r}, not {e.conds}")
        name = code[0] if code and code[0] in CODES else ""
        if e.code is not None and name not in e.code.split("|"):
            self.fail(f"the code {code}, not {e.code!r}, in {cond} {text!r}")
        if e.check:
            e.check(cond, code, fetched, others)
        if s is not None and s is self.selected and not e.leaves and not e.silent:
            if not s.box.exists:
                self.fail("the selected mailbox is deleted, and the session goes on")
            self.agree(e.holds)
        return None

    def bye(self, e):
        """Only where the selected mailbox is gone (RFC 2180 section 3.3), or was asked for."""
        s = self.selected
        if not (s and not s.box.exists):
            self.fail("BYE")
        try:
            got = self.raw()
        except Gone:
            self.close()
            return
        self.fail(f"{got!r} behind BYE")

    def agree(self, holds):
        """The picture is what it has to be after everything was told."""
        s = self.selected
        want = [u for u in s.known if holds or u in s.box.messages] + s.new()
        if s.known != want:
            self.fail(f"knows the uids {s.known}, but they are {want}")
        if s.owes_recent:
            self.fail("EXISTS without RECENT (RFC 3501 7.3.1)")
        for uid in s.known:
            m = s.box.messages.get(uid)
            if m and s.flags.get(uid, m.flags) != m.flags:
                self.fail(f"was not told that uid {uid} has the flags {sorted(m.flags)}; knows {sorted(s.flags[uid])}")
            if m and s.told[uid] != m.at:
                self.fail(f"was not told that the flags of uid {uid} have changed")
            if m and not m.flags <= {x.lower() for x in s.announced}:
                self.fail(f"FLAGS does not have all of {sorted(m.flags)}: {sorted(s.announced)}")

    def is_current(self):
        s = self.selected
        return s.known == list(s.box.messages) and not s.owes_recent and all(s.told[u] == m.at for u, m in s.box.messages.items())

    def settle(self):
        """In IDLE, or with NOTIFY, all is told at once: reads until it has been."""
        s = self.selected
        if s is None or not (self.idle_tag or self.notify):
            return
        while not s.box.exists or not self.is_current():
            try:
                r = self.response()
            except Failure as e:
                raise Failure(f"{e}; in IDLE it was not told: knows {s.known} {s.flags}") from e
            if r[0] == "BYE":
                self.bye(None)
                return
            self.untagged(r, False, [], True)

    def quiet(self):
        """Nothing is told between commands outside IDLE (it may be, but this server does not)."""
        if self.sock and not self.idle_tag and not self.inflate and not self.notify and (self.buffer or select.select([self.sock], [], [], 0)[0]):
            try:
                self.fail(f"something came between two commands: {self.raw()!r}")
            except Gone:
                self.fail("the connection ended between two commands")

    def select_begin(self, name, box, read_only):
        self.selected = Selected(box, read_only)
        self.selected.name = name
        return self.selected
