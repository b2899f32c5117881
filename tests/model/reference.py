"""What IMAP's state is, in the simplest words: mailboxes hold messages, sessions know some of them by number. No performance, no
server's code; each rule has the section of RFC 3501 (or the RFC named) that it is from."""
SYSTEM = ("\\answered", "\\flagged", "\\deleted", "\\seen", "\\draft")


class BadSet(Exception):
    """A sequence number that is not there (RFC 3501 section 9, seq-number): the answer is BAD."""


class Message:
    def __init__(self, uid, content, flags, at):
        self.uid, self.content, self.flags, self.at = uid, content, frozenset(flags), at
        self.seen_modseq = None  # (at, modseq) as the server once told it
        self.facts = {}  # items that never change, as the server first told them


class Mailbox:
    def __init__(self):
        self.exists, self.noselect = True, False
        self.uidvalidity = self.object_id = None  # until the server has told them
        self.uidnext, self.first_recent, self.clock = 1, 1, 0
        self.messages = {}  # by uid, ascending
        self.unsure = set()  # uids of which two sessions in IDLE may have heard first

    def add(self, content, flags):
        self.clock += 1
        m = Message(self.uidnext, content, flags, self.clock)
        self.messages[m.uid] = m
        self.uidnext += 1
        return m

    def store(self, uids, how, flags):
        self.clock += 1
        for uid in uids:
            m = self.messages[uid]
            was = m.flags
            m.flags = flags if how == "" else m.flags | flags if how == "+" else m.flags - flags
            if m.flags != was:
                m.at = self.clock

    def remove(self, uids):
        self.clock += 1
        for uid in uids:
            del self.messages[uid]

    def recent(self):
        return sum(uid >= self.first_recent for uid in self.messages)

    def first_unseen(self):
        for n, m in enumerate(self.messages.values(), 1):
            if "\\seen" not in m.flags:
                return n
        return 0


class Selected:
    """A mailbox as one session knows it: numbers change only when it is told (RFC 3501 section 7.4.1)."""

    def __init__(self, box, read_only):
        self.box, self.read_only = box, read_only
        self.known = list(box.messages)
        self.recents = []
        self.flags = {}  # uid: as the client believes them to be
        self.told = {u: m.at for u, m in box.messages.items()}  # uid: the change of flags that it was told of
        self.owes_recent = False
        self.announced = set()
        self.saved = []  # RFC 5182
        self.name = None  # under which it was selected
        self.kept = None  # {uid: flags} from before, while QRESYNC brings it up to date
        self.asked = False  # a FETCH of items of its own is under way
        if self.known:
            self.take_recent(self.known[-1])

    def take_recent(self, hi):
        """The first session that is told has them as \\Recent, unless it only reads (section 2.3.2)."""
        lo = max([self.box.first_recent] + [r[1] + 1 for r in self.recents[-1:]])
        if hi < lo:
            return
        self.recents.append((lo, hi))
        if not self.read_only:
            self.box.first_recent = hi + 1

    def is_recent(self, uid):
        return any(lo <= uid <= hi for lo, hi in self.recents)

    def recent(self):
        return sum(self.is_recent(uid) for uid in self.known)

    def new(self):
        last = self.known[-1] if self.known else 0
        return [uid for uid in self.box.messages if uid > last]

    def ranges(self, text, star):
        for part in text.split(","):
            lo, _, hi = part.partition(":")
            lo = star if lo == "*" else int(lo)
            hi = lo if not hi else star if hi == "*" else int(hi)
            yield min(lo, hi), max(lo, hi)

    def seqs(self, text, uid, loose=False):
        """Numbers of the messages that a set means, ascending. `loose`: SEARCH takes numbers beyond the last one."""
        if text == "$":
            return [i for i, u in enumerate(self.known, 1) if u in self.saved]
        n = len(self.known)
        if uid:
            ranges = list(self.ranges(text, self.known[-1])) if n else []
            return [i for i, u in enumerate(self.known, 1) if any(lo <= u <= hi for lo, hi in ranges)]
        if n == 0 and not loose:
            raise BadSet
        ranges = list(self.ranges(text, n))
        if not loose and any(hi > n for _, hi in ranges):
            raise BadSet
        return [i for i in range(1, n + 1) if any(lo <= i <= hi for lo, hi in ranges)]

    def alive(self, seqs):
        return [self.known[i - 1] for i in seqs if self.known[i - 1] in self.box.messages]


def canonical(name):
    """INBOX in any case is one mailbox, and what is below it is below it (section 5.1); a "/" behind a name says nothing."""
    name = name[:-1] if name.endswith("/") else name
    return "INBOX" + name[5:] if (name + "/").upper().startswith("INBOX/") else name


class Account:
    def __init__(self):
        self.boxes = {name: Mailbox() for name in ("INBOX", "Archive", "Drafts", "Junk", "Sent", "Trash")}
        self.subscriptions = set(self.boxes)
        self.incarnations = {}  # (name, uidvalidity): the mailbox that had it (section 2.3.1.1: no other may)

    def get(self, name):
        return self.boxes.get(canonical(name))

    def real(self, name):
        box = self.get(name)
        return box if box and not box.noselect else None

    def below(self, name):
        return [x for x in self.boxes if x.startswith(name + "/")]

    def make_parents(self, name):
        parts = name.split("/")
        for i in range(1, len(parts)):
            self.boxes.setdefault("/".join(parts[:i]), Mailbox())

    def create(self, name):
        name = canonical(name)
        if self.real(name):
            return False
        self.make_parents(name)
        self.boxes[name] = Mailbox()
        return True

    def delete(self, name):
        name = canonical(name)
        box = self.get(name)
        if not box or name == "INBOX" or (box.noselect and self.below(name)):
            return False
        box.exists = False
        del self.boxes[name]
        if self.below(name):  # section 6.3.4
            self.boxes[name] = bare = Mailbox()
            bare.noselect = True
        return True

    def rename(self, name, to):
        name, to = canonical(name), canonical(to)
        box = self.get(name)
        if not box or self.get(to) or to.startswith(name + "/") and name != "INBOX":
            return False
        if name == "INBOX":  # section 6.3.5
            self.create(to)
            for m in box.messages.values():
                self.boxes[to].add(m.content, m.flags)
            box.remove(list(box.messages))
            return True
        for each in [name] + self.below(name):
            self.boxes[to + each[len(name):]] = self.boxes.pop(each)
        self.make_parents(to)
        return True

    def found(self, box, uidvalidity):
        """The server tells a uidvalidity. What is wrong with it, or None."""
        name = next(n for n, b in self.boxes.items() if b is box)
        if box.uidvalidity not in (None, uidvalidity):
            return f"uidvalidity of {name} was {box.uidvalidity} and is {uidvalidity}"
        box.uidvalidity = uidvalidity
        if self.incarnations.setdefault((name, uidvalidity), box) is not box:
            return f"{name} has the uidvalidity {uidvalidity} of an earlier mailbox of that name"
        return None


def matches(s, key, seq):
    """Whether a message of this number matches a SEARCH key: a list, first the word."""
    uid = s.known[seq - 1]
    m = s.box.messages[uid]
    word = key[0]
    if word == "ALL":
        return True
    if word in ("AND", "OR"):
        return (all if word == "AND" else any)(matches(s, k, seq) for k in key[1:])
    if word == "NOT":
        return not matches(s, key[1], seq)
    if word == "SET":
        return seq in s.seqs(key[1], False, True)
    if word == "UID":
        return seq in s.seqs(key[1], True)
    if word == "KEYWORD":
        return key[1].lower() in m.flags
    if word == "UNKEYWORD":
        return key[1].lower() not in m.flags
    if word in ("RECENT", "OLD", "NEW"):
        recent = s.is_recent(uid)
        return not recent if word == "OLD" else recent and (word == "RECENT" or "\\seen" not in m.flags)
    if word in ("SUBJECT", "BODY", "TEXT"):
        head, _, body = m.content.partition(b"\r\n\r\n")
        text = {"SUBJECT": head.partition(b"Subject: ")[2].partition(b"\r\n")[0], "BODY": body, "TEXT": m.content}[word]
        return key[1].encode().lower() in text.lower()
    if word in ("LARGER", "SMALLER"):
        return len(m.content) > key[1] if word == "LARGER" else len(m.content) < key[1]
    if word.startswith("UN"):
        return "\\" + word[2:].lower() not in m.flags
    return "\\" + word.lower() in m.flags


def has_numbers(key):
    """Numbers of messages among the keys: expunges wait then, in the UID form too (RFC 7162 section 3.2.10.2)."""
    return key[0] == "SET" and key[1] != "$" or any(isinstance(k, (list, tuple)) and has_numbers(k) for k in key[1:])


def written(key):
    """A key as it is said to the server."""
    word = key[0]
    if word == "AND":
        return "(" + " ".join(written(k) for k in key[1:]) + ")"
    if word in ("OR", "NOT"):
        return " ".join([word] + [written(k) for k in key[1:]])
    if word == "SET":
        return key[1]
    return " ".join(str(k) for k in key)
