"""Small clients for tests: they keep to the protocols, remember nothing, and raise Broken when a connection ends. Standard
library only."""
import re
import socket
import ssl


class Broken(Exception):
    """The connection ended, or answered nothing in time."""


class Refused(Exception):
    """The server said no; the text is its answer."""


class Line:
    host, source = "127.0.0.1", None  # of a subclass: where to, and from which address

    def __init__(self, port, timeout=20, tls=None):
        self.buffer = b""
        try:
            self.sock = socket.create_connection((self.host, port), timeout, (self.source, 0) if self.source else None)
            if tls:
                self.sock = tls.wrap_socket(self.sock, server_hostname="localhost")
        except OSError as e:
            raise Broken(str(e)) from e

    def send(self, data):
        try:
            self.sock.sendall(data)
        except OSError as e:
            raise Broken(str(e)) from e

    def more(self):
        try:
            got = self.sock.recv(262144)
        except OSError as e:
            raise Broken(str(e)) from e
        if not got:
            raise Broken("closed")
        self.buffer += got

    def line(self):
        while b"\r\n" not in self.buffer:
            self.more()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line

    def bytes(self, n):
        while len(self.buffer) < n:
            self.more()
        got, self.buffer = self.buffer[:n], self.buffer[n:]
        return got

    def start_tls(self, tls):
        try:
            self.sock = tls.wrap_socket(self.sock, server_hostname="localhost")
        except OSError as e:
            raise Broken(str(e)) from e

    def close(self):
        self.sock.close()


def tls_context(ca):
    return ssl.create_default_context(cafile=ca)


class Smtp(Line):
    def __init__(self, port, timeout=20, tls=None, starttls=None):
        super().__init__(port, timeout, tls)
        self.expect(220, None)
        self.expect(250, b"EHLO test.example")
        if starttls:
            self.expect(220, b"STARTTLS")
            self.start_tls(starttls)
            self.expect(250, b"EHLO test.example")

    def answer(self):
        lines = [self.line()]
        while lines[-1][3:4] == b"-":
            lines.append(self.line())
        return int(lines[-1][:3]), b"\n".join(lines).decode(errors="replace")

    def ask(self, command):
        if command is not None:
            self.send(command + b"\r\n")
        return self.answer()

    def expect(self, code, command):
        got, text = self.ask(command)
        if got != code:
            raise Refused(text)
        return text

    def login(self, user, password):
        import base64
        self.expect(235, b"AUTH PLAIN " + base64.b64encode(b"\0" + user.encode() + b"\0" + password.encode()))

    def deliver(self, sender, rcpts, letter):
        """The answer to the letter: (code, text). Raises Refused when it does not come so far."""
        self.expect(250, b"MAIL FROM:<%s>" % sender.encode())
        for r in rcpts:
            self.expect(250, b"RCPT TO:<%s>" % r.encode())
        self.expect(354, b"DATA")
        self.send(re.sub(rb"(?m)^\.", b"..", letter) + b".\r\n")
        return self.answer()


class Imap(Line):
    def __init__(self, port, timeout=20, tls=None):
        super().__init__(port, timeout, tls)
        self.n = 0
        self.greeting = self.line()

    def response(self):
        """One response with its literals: a list of bytes, literals at odd places."""
        parts = [self.line()]
        while True:
            m = re.search(rb"\{(\d+)\}$", parts[-1])
            if not m:
                return parts
            parts.append(self.bytes(int(m[1])))
            parts.append(self.line())

    def command(self, text, literal=None):
        """(OK, NO or BAD, its text, untagged responses)."""
        self.n += 1
        tag = b"t%d" % self.n
        if literal is None:
            self.send(tag + b" " + text + b"\r\n")
        else:
            self.send(tag + b" " + text + b" {%d+}\r\n" % len(literal) + literal + b"\r\n")
        untagged = []
        while True:
            r = self.response()
            if r[0].startswith(tag + b" "):
                words = r[0].split(b" ", 2)
                return words[1].decode(), words[2].decode(errors="replace"), untagged
            untagged.append(r)

    def ok(self, text, literal=None):
        how, why, untagged = self.command(text, literal)
        if how != "OK":
            raise Refused(f"{text[:60]}: {how} {why}")
        return why, untagged

    def login(self, user, password):
        self.ok(b'LOGIN %s "%s"' % (user.encode(), password.encode()))

    def fetch(self, text):
        """{uid: (flags, literal)} of a UID FETCH."""
        out = {}
        for r in self.ok(b"UID FETCH " + text)[1]:
            whole = b" ".join(r[0::2])
            uid, flags = re.search(rb"UID (\d+)", whole), re.search(rb"FLAGS \(([^)]*)\)", whole)
            if uid:
                out[int(uid[1])] = (frozenset(flags[1].decode().split()) if flags else None, r[1] if len(r) > 1 else None)
        return out
