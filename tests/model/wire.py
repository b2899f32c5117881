"""Responses of IMAP, read as strictly as their grammar is written (RFC 3501 and RFC 9051 section 9, and those of the extensions):
whatever does not fit is Wrong. Shares no line with the server; standard library only."""
import re


class Wrong(Exception):
    """The server said something that the grammar does not have."""


ATOM = re.compile(rb'[^\x00-\x20\x7f-\xff(){%*"\\\]]+')
ASTRING = re.compile(rb'[^\x00-\x20\x7f-\xff(){%*"\\]+')  # atoms and "]"
TAG = re.compile(rb'[^\x00-\x20\x7f-\xff(){%*"\\+]+')
NUMBER = re.compile(rb"0|[1-9][0-9]*")
QUOTED = re.compile(rb'"((?:[^\x00\r\n"\\\x80-\xff]|\\["\\])*)"')
QUOTED_UTF8 = re.compile(rb'"((?:[^\x00\r\n"\\]|\\["\\])*)"')
LITERAL = re.compile(rb"(~?)\{(0|[1-9][0-9]*)\}\r\n")
TEXT = re.compile(rb"[^\x00\r\n]+")
FLAG = re.compile(rb'\\?[^\x00-\x20\x7f-\xff(){%*"\\\]]+')
DATE_TIME = re.compile(rb'"(?: [1-9]|[12][0-9]|3[01])-(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)-[0-9]{4} '
                       rb'(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60) [+-][0-9]{4}"')
SET = re.compile(rb"[1-9][0-9]*(?::[1-9][0-9]*)?(?:,[1-9][0-9]*(?::[1-9][0-9]*)?)*")
OBJECT = re.compile(rb"[A-Za-z0-9_-]{1,255}")
MESSAGE = re.compile(rb"\* ([1-9][0-9]*|0) (EXISTS|RECENT|EXPUNGE|FETCH|UIDFETCH)")
FLAGS_ONLY = re.compile(rb"\* ([1-9][0-9]*) FETCH \((?:UID ([1-9][0-9]*) )?FLAGS \(([^()\"{\\]*(?:\\[A-Za-z][^()\"{\\]*)*)\)\)\r\n\Z")
MAX32, MAX63 = (1 << 32) - 1, (1 << 63) - 1


def numbers(text, most=100000):
    """1:3,7 as [1, 2, 3, 7], in the order in which they stand."""
    out = []
    for part in text.split(b","):
        lo, _, hi = part.partition(b":")
        lo, hi = int(lo), int(hi or lo)
        if max(lo, hi) > MAX32:
            raise Wrong(f"a number beyond 32 bits in {text[:80]!r}")
        if abs(hi - lo) > most:
            raise Wrong(f"a range of that size: {text[:80]!r}")
        out += range(lo, hi + 1) if lo <= hi else range(lo, hi - 1, -1)
    return out


class Parser:
    """Over one response with its literals, CR LF at the end included."""

    def __init__(self, data, utf8=False):
        self.d, self.i, self.utf8 = data, 0, utf8

    def fail(self, what):
        raise Wrong(f"expected {what} at {self.i}: {self.d[max(0, self.i - 60):self.i]!r} >>> {self.d[self.i:self.i + 60]!r}")

    def match(self, pattern, what):
        m = pattern.match(self.d, self.i)
        if not m:
            self.fail(what)
        self.i = m.end()
        return m

    def take(self, word):
        if self.d.startswith(word, self.i):
            self.i += len(word)
            return True
        return False

    def want(self, word):
        if not self.take(word):
            self.fail(repr(word))

    def sp(self):
        self.want(b" ")

    def number(self, most=MAX32):
        n = int(self.match(NUMBER, "a number")[0])
        if n > most:
            self.fail(f"a number of at most {most}")
        return n

    def nz_number(self, most=MAX32):
        n = self.number(most)
        if n == 0:
            self.fail("a number above 0")
        return n

    def atom(self):
        return self.match(ATOM, "an atom")[0]

    def literal(self, binary=False):
        m = self.match(LITERAL, "a literal")
        n = int(m[2])
        if m[1] and not binary:
            self.fail("no literal8")
        out = self.d[self.i:self.i + n]
        if len(out) != n:
            self.fail("all of the literal")
        if b"\0" in out and not m[1]:
            self.fail("a literal without NUL")
        self.i += n
        return out

    def string(self):
        if self.d[self.i:self.i + 1] == b"{":
            return self.literal()
        m = self.match(QUOTED_UTF8 if self.utf8 else QUOTED, "a string")
        if self.utf8:
            try:
                m[1].decode()
            except UnicodeDecodeError:
                self.fail("UTF-8")
        return re.sub(rb'\\(["\\])', rb"\1", m[1])

    def nstring(self):
        return None if self.take(b"NIL") else self.string()

    def astring(self):
        return self.string() if self.d[self.i:self.i + 1] in (b'"', b"{") else self.match(ASTRING, "an astring")[0]

    def list_of(self, what, least=0):
        """(x x x)"""
        out = []
        self.want(b"(")
        if not self.take(b")"):
            out.append(what())
            while self.take(b" "):
                out.append(what())
            self.want(b")")
        if len(out) < least:
            self.fail(f"at least {least}")
        return out

    def flag(self):
        return self.match(FLAG, "a flag")[0].decode()

    def flags(self):
        return self.list_of(self.flag)

    def set(self):
        return numbers(self.match(SET, "a set")[0])

    # --- ENVELOPE, BODY ---------------------------------------------------------------------------------------

    def address(self):
        self.want(b"(")
        out = [self.nstring()]
        for _ in range(3):
            self.sp()
            out.append(self.nstring())
        self.want(b")")
        return tuple(out)

    def addresses(self):
        if self.take(b"NIL"):
            return None
        self.want(b"(")
        out = [self.address()]
        while not self.take(b")"):
            out.append(self.address())
        return out

    def envelope(self):
        self.want(b"(")
        out = [self.nstring()]
        self.sp()
        out.append(self.nstring())
        for _ in range(6):
            self.sp()
            out.append(self.addresses())
        for _ in range(2):
            self.sp()
            out.append(self.nstring())
        self.want(b")")
        return out

    def param(self):
        if self.take(b"NIL"):
            return None
        out = self.list_of(self.string, 2)
        if len(out) % 2:
            self.fail("a value for each parameter")
        return dict(zip((x.lower() for x in out[::2]), out[1::2]))

    def disposition(self):
        if self.take(b"NIL"):
            return None
        self.want(b"(")
        kind = self.string()
        self.sp()
        param = self.param()
        self.want(b")")
        return kind, param

    def language(self):
        return self.list_of(self.string, 1) if self.d[self.i:self.i + 1] == b"(" else self.nstring()

    def extension(self):
        if self.d[self.i:self.i + 1] == b"(":
            return self.list_of(self.extension, 1)
        m = NUMBER.match(self.d, self.i)
        return self.number() if m else self.nstring()

    def extensions(self, out, first):
        out["ext"] = [first()]
        for what in (self.disposition, self.language, self.nstring):
            if not self.take(b" "):
                return
            out["ext"].append(what())
        while self.take(b" "):
            out["ext"].append(self.extension())

    def body(self, extended, depth=0):
        """A dict: type, subtype, parts or octets and so on. Without `extended` extension data may not come (RFC 3501 7.4.2, BODY)."""
        if depth > 1000:
            self.fail("an end of nesting")
        self.want(b"(")
        out = {}
        if self.d[self.i:self.i + 1] == b"(":
            out["parts"] = [self.body(extended, depth + 1)]
            while self.d[self.i:self.i + 1] == b"(":
                out["parts"].append(self.body(extended, depth + 1))
            self.sp()
            out["type"], out["subtype"] = b"multipart", self.string().lower()
            if extended and self.take(b" "):
                self.extensions(out, self.param)
        else:
            self.one_part(out, extended, depth)
        self.want(b")")
        return out

    def one_part(self, out, extended, depth):
        out["type"] = self.string().lower()
        self.sp()
        out["subtype"] = self.string().lower()
        self.sp()
        out["param"] = self.param()
        self.sp()
        out["id"] = self.nstring()
        self.sp()
        out["description"] = self.nstring()
        self.sp()
        out["encoding"] = self.string()
        self.sp()
        out["octets"] = self.number()
        if out["type"] == b"multipart":
            self.fail("the parts of a multipart")
        if out["type"] == b"message" and (out["subtype"] == b"rfc822" or out["subtype"] == b"global" and self.d[self.i:self.i + 2] == b" ("):
            self.sp()
            out["envelope"] = self.envelope()
            self.sp()
            out["body"] = self.body(extended, depth + 1)
            self.sp()
            out["lines"] = self.number()
        elif out["type"] == b"text":
            self.sp()
            out["lines"] = self.number()
        if extended and self.take(b" "):
            self.extensions(out, self.nstring)

    # --- FETCH ------------------------------------------------------------------------------------------------

    SECTION = re.compile(rb"(?:(?:[1-9][0-9]*)(?:\.[1-9][0-9]*)*(?:\.(?:MIME|HEADER\.FIELDS(?:\.NOT)? \(|HEADER|TEXT)|(?=\]))"
                         rb"|HEADER\.FIELDS(?:\.NOT)? \(|HEADER|TEXT|(?=\]))")

    def section(self):
        start = self.i
        m = self.match(self.SECTION, "a section")
        if m[0].endswith(b"("):
            self.i -= 1
            self.list_of(self.astring, 1)
        self.want(b"]")
        out = self.d[start:self.i]
        if self.take(b"<"):
            out += b"<%d>" % self.number(MAX63)
            self.want(b">")
        return out

    def fetch_item(self):
        for name in (b"BODY[", b"BINARY[", b"BINARY.SIZE["):
            if self.take(name):
                what = name + self.section()
                self.sp()
                if name == b"BINARY.SIZE[":
                    return what, self.number()
                if name == b"BINARY[" and self.d[self.i:self.i + 1] == b"~":
                    return what, self.literal(True)
                return what, self.nstring()
        name = self.match(re.compile(rb"[A-Z0-9.]+"), "an item of FETCH")[0]
        self.sp()
        if name == b"FLAGS":
            return name, self.flags()
        if name == b"UID":
            return name, self.nz_number()
        if name == b"RFC822.SIZE":
            return name, self.number(MAX63)
        if name == b"INTERNALDATE":
            return name, self.match(DATE_TIME, "a date")[0]
        if name == b"SAVEDATE":
            return name, None if self.take(b"NIL") else self.match(DATE_TIME, "a date")[0]
        if name == b"ENVELOPE":
            return name, self.envelope()
        if name in (b"BODY", b"BODYSTRUCTURE"):
            return name, self.body(name == b"BODYSTRUCTURE")
        if name in (b"RFC822", b"RFC822.HEADER", b"RFC822.TEXT"):
            return name, self.nstring()
        if name == b"MODSEQ":
            return name, self.list_of(lambda: self.nz_number(MAX63), 1)[0]
        if name in (b"EMAILID", b"THREADID"):
            if name == b"THREADID" and self.take(b"NIL"):
                return name, None
            return name, self.list_of(lambda: self.match(OBJECT, "an id")[0], 1)[0]
        if name == b"PREVIEW":
            if self.take(b"NIL"):
                return name, None
            self.utf8, kept = True, self.utf8
            out = self.string()
            self.utf8 = kept
            return name, out
        self.fail("a known item of FETCH")

    # --- the rest ---------------------------------------------------------------------------------------------

    def code(self):
        """Behind "[": (name, value)"""
        name = self.match(re.compile(rb"[A-Z0-9-]+"), "a response code")[0].decode()
        value = None
        if name in ("UIDVALIDITY", "UIDNEXT", "UNSEEN"):
            self.sp()
            value = self.nz_number()
        elif name in ("HIGHESTMODSEQ",):
            self.sp()
            value = self.nz_number(MAX63)
        elif name == "PERMANENTFLAGS":
            self.sp()
            value = self.list_of(lambda: "\\*" if self.take(b"\\*") else self.flag())
        elif name == "MAILBOXID":
            self.sp()
            value = self.list_of(lambda: self.match(OBJECT, "an id")[0], 1)[0]
        elif name == "APPENDUID":
            self.sp()
            value = [self.nz_number()]
            self.sp()
            value.append(self.set())
        elif name == "COPYUID":
            self.sp()
            value = [self.nz_number()]
            self.sp()
            value.append(self.set())
            self.sp()
            value.append(self.set())
        elif name == "MODIFIED":
            self.sp()
            value = self.set()
        elif name == "CAPABILITY":
            value = []
            while self.take(b" "):
                value.append(self.atom().decode())
        elif name == "BADCHARSET":
            if self.take(b" "):
                value = self.list_of(self.astring, 1)
        elif self.take(b" "):
            value = self.match(re.compile(rb"[^\x00\r\n\]]+"), "a value")[0]
        self.want(b"]")
        return name, value

    def status(self):
        """Behind OK, NO, BAD: (code or None, text)"""
        self.sp()
        code = None
        if self.take(b"["):
            code = self.code()
            self.sp()
        text = self.match(TEXT, "a text")[0]
        return code, text

    def mailbox(self):
        name = self.astring()
        if self.utf8:
            return name
        if any(c > 126 or c < 32 for c in name):
            self.fail("a name in modified UTF-7")
        return name

    def mailbox_list(self):
        self.sp()
        attributes = self.list_of(self.flag)
        self.sp()
        separator = self.nstring()
        self.sp()
        name = self.mailbox()
        extended = {}
        if self.take(b" "):
            self.want(b"(")
            while True:
                label = self.astring()
                self.sp()
                extended[label] = self.tagged_value()
                if not self.take(b" "):
                    break
            self.want(b")")
        return attributes, separator, name, extended

    def tagged_value(self):
        if self.d[self.i:self.i + 1] != b"(":
            return self.match(re.compile(rb"[0-9:,*]+"), "a number or set")[0]
        return self.list_of(self.complex, 0)

    def complex(self):
        return self.list_of(self.complex, 1) if self.d[self.i:self.i + 1] == b"(" else self.astring()

    def status_items(self):
        self.sp()
        name = self.mailbox()
        self.sp()
        items = {}

        def item():
            key = self.match(re.compile(rb"[A-Z-]+"), "an item of STATUS")[0].decode()
            self.sp()
            if key == "MAILBOXID":
                items[key] = self.list_of(lambda: self.match(OBJECT, "an id")[0], 1)[0]
            elif key == "APPENDLIMIT" and self.take(b"NIL"):
                items[key] = None
            else:
                items[key] = self.number(MAX63)
        self.list_of(item)
        return name, items

    def esearch(self):
        tag, uid, out = None, False, {}
        if self.take(b" (TAG "):
            tag = self.string()
            while self.take(b" "):  # MAILBOX, UIDVALIDITY of RFC 7377
                out[self.atom().decode()] = self.astring()
                if self.d[self.i:self.i + 1] == b" ":
                    pass
            self.want(b")")
        if self.take(b" UID"):
            uid = True
        while self.take(b" "):
            key = self.atom().decode()
            self.sp()
            if key in ("MIN", "MAX"):
                out[key] = self.nz_number()
            elif key == "COUNT":
                out[key] = self.number()
            elif key == "ALL":
                out[key] = self.set()
            elif key == "MODSEQ":
                out[key] = self.nz_number(MAX63)
            elif key == "PARTIAL":
                self.want(b"(")
                what = self.match(re.compile(rb"-?[1-9][0-9]*:-?[1-9][0-9]*"), "a range")[0]
                self.sp()
                out[key] = what, [] if self.take(b"NIL") else self.set()
                self.want(b")")
            else:
                out[key] = self.tagged_value()
        return tag, uid, out

    def thread(self):
        """(1 2 (3)(4))"""
        self.want(b"(")
        out = []
        if self.d[self.i:self.i + 1] != b"(":
            out.append(self.nz_number())
            while self.take(b" "):
                if self.d[self.i:self.i + 1] == b"(":
                    break
                out.append(self.nz_number())
        n = 0
        while self.d[self.i:self.i + 1] == b"(":
            out.append(self.thread())
            n += 1
        if n == 1:
            self.fail("two threads at least where one forks")
        self.want(b")")
        return out

    def untagged(self):
        m = MESSAGE.match(self.d, 0)
        if m:
            self.i = m.end()
            n, word = int(m[1]), m[2].decode()
            if n > MAX32 or (n == 0 and word in ("EXPUNGE", "FETCH", "UIDFETCH")):
                self.fail("a number of a message")
            if word not in ("FETCH", "UIDFETCH"):
                return word, n
            self.sp()
            items = self.list_of(self.fetch_item, 1)
            out = dict(items)
            if len(out) != len(items):
                self.fail("each item once")
            return word, n, out
        self.i = 2
        word = self.match(re.compile(rb"[A-Z]+"), "a response")[0].decode()
        if word in ("OK", "NO", "BAD", "BYE", "PREAUTH"):
            return (word,) + self.status()
        if word == "FLAGS":
            self.sp()
            return word, self.flags()
        if word in ("LIST", "LSUB"):
            return (word,) + self.mailbox_list()
        if word == "STATUS":
            return (word,) + self.status_items()
        if word in ("SEARCH", "SORT"):
            out, modseq = [], None
            while self.take(b" "):
                if self.take(b"(MODSEQ "):
                    modseq = self.nz_number(MAX63)
                    self.want(b")")
                    break
                out.append(self.nz_number())
            return word, out, modseq
        if word == "ESEARCH":
            return (word,) + self.esearch()
        if word == "THREAD":
            out = []
            if self.take(b" "):
                while self.d[self.i:self.i + 1] == b"(":
                    out.append(self.thread())
            return word, out
        if word in ("CAPABILITY", "ENABLED"):
            out = []
            while self.take(b" "):
                out.append(self.atom().decode())
            return word, out
        if word == "VANISHED":
            self.sp()
            earlier = self.take(b"(EARLIER) ")
            return word, earlier, self.set()
        if word == "ID":
            self.sp()
            return word, None if self.take(b"NIL") else self.list_of(self.nstring)
        if word == "NAMESPACE":
            return word, self.match(TEXT, "namespaces")[0]
        self.fail("a known response")

    def response(self):
        if self.take(b"* "):
            out = self.untagged()
        elif self.take(b"+ "):
            out = ("+", self.match(re.compile(rb"[^\x00\r\n]*"), "a text")[0])
        else:
            tag = self.match(TAG, "a tag")[0].decode()
            self.sp()
            word = self.match(re.compile(rb"OK|NO|BAD"), "OK, NO or BAD")[0].decode()
            out = ("tagged", tag, word) + self.status()
        self.want(b"\r\n")
        if self.i != len(self.d):
            self.fail("the end")
        return out


def parse(data, utf8=False):
    m = FLAGS_ONLY.match(data)  # the most usual one, at the price of one expression
    if m:
        items = {b"FLAGS": m[3].decode().split(" ") if m[3] else []}
        if m[2]:
            items[b"UID"] = int(m[2])
        for f in items[b"FLAGS"]:
            if not FLAG.fullmatch(f.encode()):
                raise Wrong(f"a flag {f!r} in {data!r}")
        return "FETCH", int(m[1]), items
    return Parser(data, utf8).response()
