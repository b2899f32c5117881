#!/usr/bin/env python3
"""Runs protocol scripts (tests/script/README.md) against a running server.

usage: runner.py --card STATE/card.json [--restante PROGRAM] [--jobs N] [--verbose] [FILE or FOLDER...]

A file is one test and uses nothing that another one made. Ends with `N passed, N failed`.
"""
import argparse
import base64
import json
import os
import re
import secrets
import shlex
import socket
import ssl
import subprocess
import sys
import time
import zlib
from concurrent.futures import ThreadPoolExecutor

DEADLINE = 20  # seconds, for one file
LINE_MAX = 1 << 26
SHOWN = 300  # bytes of a line in a report


class Failure(Exception):
    pass


def shown(data):
    text = data.decode("utf-8", "backslashreplace").replace("\r", "\\r").replace("\n", "\\n")
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}... ({len(data)} bytes)"


# --- the server --------------------------------------------------------------------------------------

class Card:
    """What STATE/card.json says of the running server."""

    def __init__(self, path, program):
        with open(path, encoding="utf-8") as f:
            self.facts = json.load(f)
        self.program = program
        self.host = self.facts["host"]
        self.users = {u["address"].split("@")[0]: u for u in self.facts["users"]}

    def address(self):
        """Where to connect to; the host name itself need not resolve."""
        return self.facts.get("address", "127.0.0.1")

    def port(self, protocol, tls):
        for s in self.facts["services"]:
            if s["protocol"] == protocol and (s["security"] == "tls") == tls:
                return s["port"]
        raise Failure(f"the server has no {protocol}{' with tls' if tls else ''}")

    def tls_context(self):
        context = ssl.create_default_context(cafile=self.facts["ca"])
        return context

    def command(self, words, text=b""):
        """Runs an administration command; (exit code, output)."""
        done = subprocess.run([self.program, "--control", self.facts["control"]] + words, input=text,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=DEADLINE, check=False)
        return done.returncode, done.stdout

    def add_account(self, name):
        """A fresh account, with the domain of the first user. The one place that knows the command for it."""
        domain = self.facts["users"][0]["address"].split("@")[1]
        user = {"address": f"{name}-{secrets.token_hex(4)}@{domain}", "password": secrets.token_urlsafe(12)}
        code, out = self.command(["account", "add", user["address"], "--password-stdin"],
                                 user["password"].encode() + b"\n")
        if code != 0:
            raise Failure(f"could not add the account {user['address']} (exit code {code}): {shown(out)}")
        return user


class Connection:
    """One conversation; lines end with LF on the way in, and their CR is cut off."""

    def __init__(self, card, protocol, tls, until, log):
        self.card, self.until, self.log = card, until, log
        self.unread, self.unsent, self.ended = b"", b"", False
        self.deflate, self.inflate = None, None
        port = card.port(protocol, tls)
        try:
            self.socket = socket.create_connection((card.address(), port), timeout=self.left())
        except OSError as e:
            raise Failure(f"can't connect to port {port}: {e}") from e
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.start_tls()

    def left(self):
        left = self.until - time.monotonic()
        if left <= 0:
            raise Failure(f"not done within {DEADLINE} s")
        return left

    def start_tls(self):
        if self.unread:
            raise Failure(f"the server sent more before TLS: {shown(self.unread)}")
        self.socket.settimeout(self.left())
        try:
            self.socket = self.card.tls_context().wrap_socket(self.socket, server_hostname=self.card.host)
        except (OSError, ssl.SSLError) as e:
            raise Failure(f"TLS could not be started: {e}") from e

    def start_compression(self):
        if self.unread:
            raise Failure(f"the server sent more before it compressed: {shown(self.unread)}")
        self.deflate, self.inflate = zlib.compressobj(wbits=-15), zlib.decompressobj(wbits=-15)

    def inflated(self, data):
        if not self.inflate:
            return data
        plain = self.inflate.decompress(data)
        if self.inflate.eof:  # what follows is not compressed any more
            plain, self.inflate = plain + self.inflate.unused_data, None
        return plain

    def send(self, data, hold=False):
        self.unsent += self.deflate.compress(data) + self.deflate.flush(zlib.Z_SYNC_FLUSH) if self.deflate else data
        if hold:
            return
        data, self.unsent = self.unsent, b""
        self.socket.settimeout(self.left())
        try:
            self.socket.sendall(data)
        except socket.timeout as e:
            raise Failure("the server does not read any more") from e
        except OSError:
            self.ended = True  # what the server said before it closed can still be read

    def more(self, timeout=None):
        """Reads once; False at the end of the conversation."""
        self.socket.settimeout(self.left() if timeout is None else timeout)
        try:
            data = self.socket.recv(65536)
        except (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError):
            data = b""
        if not data:
            self.ended = True
        try:
            self.unread += self.inflated(data)
        except zlib.error as e:
            raise Failure(f"what came is not deflate: {e}") from e
        return bool(data)

    def line(self):
        """The next line, or None at the end."""
        while b"\n" not in self.unread:
            if len(self.unread) > LINE_MAX:
                raise Failure("the server sends a line without end")
            try:
                if not self.more():
                    if self.unread:
                        line, self.unread = self.unread, b""
                        return line
                    return None
            except socket.timeout as e:
                raise Failure(f"nothing more came; unread: {shown(self.unread)!r}") from e
        line, self.unread = self.unread.split(b"\n", 1)
        line = line[:-1] if line.endswith(b"\r") else line
        self.log.append(b"S: " + line)
        return line

    def read(self, n):
        while len(self.unread) < n:
            try:
                if not self.more():
                    raise Failure(f"the connection ended after {len(self.unread)} of {n} bytes")
            except socket.timeout as e:
                raise Failure(f"only {len(self.unread)} of {n} bytes came") from e
        data, self.unread = self.unread[:n], self.unread[n:]
        return data

    def expect_end(self):
        line = self.line()
        if line is not None:
            raise Failure(f"the connection should have ended, but came: {shown(line)}")

    def expect_quiet(self, seconds):
        if not self.unread:
            try:
                if not self.more(timeout=seconds):
                    raise Failure("the connection ended")
            except socket.timeout:
                return
        raise Failure(f"should have been quiet, but came: {shown(self.unread)}")

    def close(self):
        try:
            self.socket.close()
        except OSError:
            pass


# --- the language ------------------------------------------------------------------------------------

ESCAPES = {"r": b"\r", "n": b"\n", "t": b"\t", "0": b"\0", "\\": b"\\", "*": b"*", "$": b"$", "/": b"/"}


class Variables:
    def __init__(self, card):
        self.values = {"host": card.host.encode(), "mailbox": f"box-{secrets.token_hex(4)}".encode()}
        for name, user in card.users.items():
            self.add_user(name, user)

    def add_user(self, name, user):
        address, password = user["address"].encode(), user["password"].encode()
        self.values[name] = address
        self.values[name + ".password"] = password
        self.values[name + ".local"], _, self.values[name + ".domain"] = address.rpartition(b"@")
        self.values[name + ".plain"] = base64.b64encode(b"\0" + address + b"\0" + password)
        self.values[name + ".user64"] = base64.b64encode(address)
        self.values[name + ".password64"] = base64.b64encode(password)

    def get(self, name):
        """${name}, ${name.size}, ${base64:text}, ${'text'*1000}"""
        repeat = re.fullmatch(r"'(.*)'\*(\d+)", name, re.S)
        if repeat:
            return self.text(repeat.group(1)) * int(repeat.group(2))
        if name.startswith("base64:"):
            return base64.b64encode(self.text(name[len("base64:"):]))
        if name in self.values:
            return self.values[name]
        if name.endswith(".size") and name[:-5] in self.values:
            return str(len(self.values[name[:-5]])).encode()
        raise Failure(f"there is no ${{{name}}}")

    def pieces(self, text):
        """(kind, value): byte runs, "star"s and "capture"s, in order."""
        i = 0
        while i < len(text):
            if text[i] == "\\" and i + 1 < len(text):
                if text[i + 1] == "x" and re.match(r"[0-9a-fA-F]{2}", text[i + 2:i + 4]):
                    yield "bytes", bytes([int(text[i + 2:i + 4], 16)])
                    i += 4
                    continue
                if text[i + 1] not in ESCAPES:
                    raise Failure(f"there is no escape \\{text[i + 1]}: a backslash is written \\\\")
                yield "bytes", ESCAPES[text[i + 1]]
                i += 2
            elif text.startswith("${", i):
                end = closing_brace(text, i + 1)
                inside = text[i + 2:end]
                capture = re.match(r"([A-Za-z]\w*)=", inside)
                if capture:
                    yield "capture", (capture.group(1), inside[capture.end():])
                else:
                    yield "bytes", self.get(inside)
                i = end + 1
            elif text[i] == "*":
                yield "star", None
                i += 1
            else:
                yield "bytes", text[i].encode()
                i += 1

    def text(self, text):
        out = b""
        for kind, value in self.pieces(text):
            if kind == "capture":
                raise Failure("a capture has no place in what is sent")
            out += b"*" if kind == "star" else value
        return out

    def pattern(self, text):
        """The compiled pattern of an S: line."""
        if len(text) > 1 and text.startswith("/") and text.endswith("/"):
            regex = re.sub(r"\$\{([^}]*)\}", lambda m: re.escape(self.get(m.group(1))).decode("latin-1"), text[1:-1])
            return re.compile(regex.encode("utf-8"), re.S)
        regex, first = b"", text.startswith("* ")  # an untagged IMAP response begins with a star that is one
        for kind, value in self.pieces(text):
            if kind == "star":
                regex += rb"\*" if first else b".*"
            elif kind == "capture":
                regex += b"(?P<" + value[0].encode() + b">" + value[1].encode() + b")"
            else:
                regex += re.escape(value)
            first = False
        return re.compile(regex, re.S)

    def match(self, pattern, line):
        m = pattern.fullmatch(line)
        if m:
            self.values.update({k: v for k, v in m.groupdict().items() if v is not None})
        return m is not None


def closing_brace(text, at):
    depth = 0
    for i in range(at, len(text)):
        depth += text[i] == "{"
        depth -= text[i] == "}"
        if depth == 0:
            return i
    raise Failure("a ${ without its }")


class Script:
    def __init__(self, path, card):
        self.path, self.card = path, card
        self.vars = Variables(card)
        self.until = time.monotonic() + DEADLINE
        self.connections, self.log = {}, []
        self.unwanted = []  # patterns that must not come before the next S line has been found
        self.output, self.exit = None, None
        with open(path, encoding="utf-8") as f:
            self.lines = f.read().split("\n")
        self.at = 0  # number of the line that runs

    def connection(self, number):
        if number not in self.connections:
            raise Failure(f"connection {number} is not open: connect{number if number != '1' else ''} PROTOCOL")
        return self.connections[number]

    def here_document(self, word):
        """The lines up to `word`, each with CR LF."""
        lines = []
        while self.at < len(self.lines):
            line = self.lines[self.at]
            self.at += 1
            if line == word:
                return b"".join(lines)
            lines.append(self.vars.text(line) + b"\r\n")
        raise Failure(f"{word} is missing at the end of the text")

    def run(self):
        try:
            while self.at < len(self.lines):
                line = self.lines[self.at]
                self.at += 1
                if line.strip() and not line.startswith("#"):
                    self.statement(line.rstrip())
            self.check_exit()
            if self.unwanted:
                raise Failure("not: without an S line behind it")
        finally:
            for c in self.connections.values():
                c.close()

    def statement(self, line):
        for pattern, method in STATEMENTS:
            m = re.fullmatch(pattern, line, re.S)
            if m:
                if not method.startswith("do_out") and method != "do_exit":
                    self.check_exit()
                getattr(self, method)(*[g if g is not None else "" for g in m.groups()])
                return
        raise Failure("this is no statement of the language (tests/script/README.md)")

    # conversations

    def do_connect(self, number, protocol, tls):
        number = number or "1"
        if number in self.connections:
            self.connections[number].close()
        self.log.append(f"-- connect{number} {protocol}{tls}".encode())
        self.connections[number] = Connection(self.card, protocol, bool(tls), self.until, self.log)

    def do_starttls(self, number):
        self.connection(number or "1").start_tls()

    def do_compress(self, number):
        self.connection(number or "1").start_compression()

    def do_uncompress(self, number):
        self.connection(number or "1").deflate = None

    def do_close(self, number):
        self.connection(number or "1").close()

    def do_shutdown(self, number):
        self.connection(number or "1").socket.shutdown(socket.SHUT_WR)

    def do_eof(self, number):
        self.connection(number or "1").expect_end()

    def do_quiet(self, number, seconds):
        self.connection(number or "1").expect_quiet(float(seconds))

    def do_wait(self, seconds):
        time.sleep(min(float(seconds), max(self.until - time.monotonic(), 0)))

    def do_client(self, number, how, text):
        data = self.vars.text(text) + (b"" if how == "~" else b"\r\n")
        self.log.append(b"C: " + data)
        self.connection(number or "1").send(data, hold=how == "+")

    def do_client_document(self, number, word):
        data = self.here_document(word)
        self.log.append(b"C: " + data)
        self.connection(number or "1").send(data)

    def next_line(self, number, text):
        line = self.connection(number or "1").line()
        if line is None:
            raise Failure(f"expected: {text}\nbut the connection ended")
        for unwanted, its_text in self.unwanted:
            if unwanted.fullmatch(line):
                raise Failure(f"should not come: {its_text}\nbut came:        {shown(line)}")
        return line

    def do_server(self, number, skip, text):
        pattern, last = self.vars.pattern(text), None
        while True:
            line = self.next_line(number, text if last is None else f"{text}\n(the last line was: {shown(last)})")
            if self.vars.match(pattern, line):
                self.unwanted = []
                return
            if not skip:
                raise Failure(f"expected: {text}\nbut came: {shown(line)}")
            last = line

    def do_server_set(self, number):
        """S{ ... }: so many lines, in any order."""
        wanted = []
        while self.at < len(self.lines) and self.lines[self.at].strip() != "}":
            text = self.lines[self.at].strip()
            self.at += 1
            if text and not text.startswith("#"):
                wanted.append((self.vars.pattern(text), text))
        self.at += 1
        while wanted:
            line = self.next_line(number, " or ".join(t for _, t in wanted))
            for entry in wanted:
                if self.vars.match(entry[0], line):
                    wanted.remove(entry)
                    break
            else:
                raise Failure("expected one of:\n  " + "\n  ".join(t for _, t in wanted) + f"\nbut came: {shown(line)}")
        self.unwanted = []

    def do_not(self, text):
        self.unwanted.append((self.vars.pattern(text), text))

    def do_read(self, number, name, count):
        self.vars.values[name] = self.connection(number or "1").read(int(self.vars.text(count)))

    # values

    def do_let(self, name, text):
        self.vars.values[name] = self.vars.text(text)

    def do_let_document(self, name, word):
        self.vars.values[name] = self.here_document(word)

    def do_equal(self, a, b):
        left, right = self.vars.text(a), self.vars.text(b)
        if left != right:
            at = next((i for i, (x, y) in enumerate(zip(left, right)) if x != y), min(len(left), len(right)))
            raise Failure(f"not equal from byte {at} on:\n  {shown(left[max(at - 20, 0):])}\n  {shown(right[max(at - 20, 0):])}")

    # administration

    def do_account(self, name):
        self.vars.add_user(name, self.card.add_account(name))

    def do_run(self, text, word):
        stdin = self.here_document(word).replace(b"\r\n", b"\n") if word else b""
        words = shlex.split(self.vars.text(text).decode())
        self.exit, out = self.card.command(words, stdin)
        self.log.append(b"$ restante " + " ".join(words).encode() + b"\n" + out)
        self.output = out.splitlines()

    def do_out(self, skip, text):
        pattern = self.vars.pattern(text)
        while self.output:
            line = self.output.pop(0)
            if self.vars.match(pattern, line):
                return
            if not skip:
                raise Failure(f"expected output: {text}\nbut came:        {shown(line)}")
        raise Failure(f"expected output: {text}\nbut there is no more")

    def do_exit(self, code):
        got, self.exit = self.exit, None
        if got != int(code):
            raise Failure(f"the exit code is {got}, not {code}")

    def check_exit(self):
        """A command that failed, and nobody said that it should."""
        if self.exit:
            raise Failure(f"the exit code is {self.exit}")
        self.exit = None


STATEMENTS = [
    (r"connect(\d*) (\w+)( tls)?", "do_connect"),
    (r"starttls(\d*)", "do_starttls"),
    (r"compress(\d*)", "do_compress"),
    (r"uncompress(\d*)", "do_uncompress"),
    (r"close(\d*)", "do_close"),
    (r"shutdown(\d*)", "do_shutdown"),
    (r"eof(\d*)", "do_eof"),
    (r"quiet(\d*) ([\d.]+)", "do_quiet"),
    (r"wait ([\d.]+)", "do_wait"),
    (r"C(\d*)<<(\w+)", "do_client_document"),
    (r"C(\d*)([~+]?):(?: (.*))?", "do_client"),
    (r"S(\d*)\{", "do_server_set"),
    (r"S(\d*)(\*?):(?: (.*))?", "do_server"),
    (r"not: (.*)", "do_not"),
    (r"read(\d*) (\w+) (.*)", "do_read"),
    (r"let (\w+) <<(\w+)", "do_let_document"),
    (r"let (\w+) = ?(.*)", "do_let"),
    (r"equal (\S+) (\S+)", "do_equal"),
    (r"account (\w+)", "do_account"),
    (r"run: (.*?)(?: <<(\w+))?", "do_run"),
    (r"out(\*?): (.*)", "do_out"),
    (r"exit: (\d+)", "do_exit"),
]


# --- running them ------------------------------------------------------------------------------------

def run_file(path, card):
    """None, or the text of what went wrong."""
    script = None
    try:
        script = Script(path, card)
        script.run()
        return None
    except Failure as e:
        text = str(e)
    except (OSError, subprocess.SubprocessError, UnicodeError, ValueError, re.error) as e:
        text = f"{type(e).__name__}: {e}"
    tail = b"\n".join(b"    " + shown(t).encode() for t in script.log[-12:]).decode() if script else ""
    return f"{path}:{script.at if script else 0}: {text}\n{tail}"


def collect(paths):
    found = []
    for path in paths:
        if os.path.isdir(path):
            for folder, _, names in os.walk(path):
                found += [os.path.join(folder, n) for n in names if n.endswith(".t")]
        else:
            found.append(path)
    return sorted(found)


def main():
    parser = argparse.ArgumentParser(description="Runs protocol scripts against a running server.")
    parser.add_argument("--card", required=True, help="the card.json that the server's start wrote")
    parser.add_argument("--restante", default=os.environ.get("RESTANTE", "build/release/restante"),
                        help="the program, for administration commands")
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--verbose", action="store_true", help="a line for each file")
    parser.add_argument("paths", nargs="*", default=[os.path.dirname(os.path.abspath(__file__))])
    args = parser.parse_args()
    card = Card(args.card, args.restante)
    files = collect(args.paths)
    failed = 0
    with ThreadPoolExecutor(args.jobs) as pool:
        for path, text in zip(files, pool.map(lambda p: run_file(p, card), files)):
            if text is not None:
                failed += 1
                print(f"not ok {text}")
            elif args.verbose:
                print(f"ok {path}")
    print(f"{len(files) - failed} passed, {failed} failed")
    return 1 if failed or not files else 0


if __name__ == "__main__":
    sys.exit(main())
