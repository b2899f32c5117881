#!/usr/bin/env python3
"""The runner tried on a small server of its own: scripts that must pass and scripts that must fail, with why."""
import json
import os
import socketserver
import ssl
import stat
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import runner  # noqa: E402


class Fake(socketserver.StreamRequestHandler):
    """Answers by the first word of a line."""

    def handle(self):
        self.wfile.write(b"220 fake ready\r\n")
        while line := self.rfile.readline():
            word, _, rest = line.rstrip(b"\r\n").partition(b" ")
            if word == b"ECHO":
                self.wfile.write(rest + b"\r\n")
            elif word == b"MANY":
                self.wfile.write(b"* 1 EXISTS\r\n* FLAGS (\\Seen)\r\n* 0 RECENT\r\na1 OK done\r\n")
            elif word == b"LITERAL":
                self.wfile.write(b"* 1 FETCH (BODY[] {6}\r\nab\r\nc\n)\r\n")
            elif word == b"SIZE":
                self.wfile.write(b"%d\r\n" % len(self.rfile.read(int(rest))))
            elif word == b"STLS":
                self.wfile.write(b"+OK\r\n")
                self.connection = self.server.context.wrap_socket(self.connection, server_side=True)
                self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", buffering=0)
            elif word == b"QUIT":
                self.wfile.write(b"bye\r\n")
                return


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
    context = None

    def get_request(self):
        sock, peer = super().get_request()
        if self.server_address[1] == self.tls_port and self.context:
            sock = self.context.wrap_socket(sock, server_side=True)
        return sock, peer

    tls_port = None


GOOD = {
    "wildcards and captures": """
connect smtp
S: 220 * ready
C: ECHO id=42 name=x y
S: id=${id=\\d+} name=*
C: ECHO ${id}${id}
S: 4242
C: ECHO a\\x41\\\\\\*
S: aA\\\\\\*
S*: /never/
""".replace("S*: /never/\n", ""),
    "regular expressions": "connect smtp\nS: /220 (?P<who>\\w+) ready/\nC: ECHO ${who}!\nS: /${who}./\n",
    "untagged lines begin with a real star": "connect smtp\nS: 220*\nC: MANY\nS: * 1 EXISTS\nS*: a1 OK*\n",
    "sets in any order": "connect smtp\nS*: 220*\nC: MANY\nS{\n  * 0 RECENT\n  * FLAGS (\\\\Seen)\n  * ${n=\\d+} EXISTS\n}\nS: a1 *\n"
                         "C: ECHO ${n}\nS: 1\n",
    "literals by count": "connect smtp\nS: 220*\nC: LITERAL\nS: * 1 FETCH (BODY[] {${n=\\d+}}\nread body ${n}\nS: )\n"
                         "let want = ab\\r\\nc\\n\nequal ${body} ${want}\n",
    "held back and without line ends": "connect smtp\nS: 220*\nC+: SIZE 3\nC~: abc\nS: 3\n",
    "texts and sizes": "connect smtp\nS: 220*\nlet text <<END\none\n\ntwo\nEND\nC: SIZE ${text.size}\nC~: ${text}\nS: 12\n"
                       "C: SIZE 70000\nC~: ${'0123456789'*7000}\nS: 70000\nC<<END\nSIZE 3\nx\nEND\nS: 3\n",
    "several connections": "connect1 smtp\nconnect2 smtp\nS1: 220*\nS2: 220*\nC1: ECHO one\nC2: ECHO two\nS2: two\nS1: one\n",
    "tls at once": "connect imap tls\nS: 220*\nC: ECHO x\nS: x\n",
    "tls later": "connect smtp\nS: 220*\nC: STLS\nS: +OK\nstarttls\nC: ECHO x\nS: x\n",
    "the end": "connect smtp\nS: 220*\nquiet 0.05\nC: QUIT\nS: bye\neof\n",
    "users": "connect smtp\nS: 220*\nC: ECHO ${alice} ${alice.password}\nS: alice@example.test secret\nC: ECHO ${alice.plain}\n"
             "S: AGFsaWNlQGV4YW1wbGUudGVzdABzZWNyZXQ=\nC: ECHO ${base64:x}\nS: eA==\n",
    "accounts and commands": "account carol\nconnect smtp\nS: 220*\nC: ECHO ${carol}\nS: carol-${id=\\w+}@example.test\n"
                             "run: domain list\nout: --control\nout*: list\nrun: fail\nexit: 3\n",
}

BAD = {
    "another line": ("connect smtp\nS: 221*\n", "expected: 221*"),
    "nothing skipped": ("connect smtp\nS: 220*\nC: MANY\nS: a1 OK*\n", "but came: * 1 EXISTS"),
    "an unwanted line": ("connect smtp\nS: 220*\nC: MANY\nnot: * 0 RECENT\nS*: a1 OK*\n", "should not come"),
    "a star that is none": ("connect smtp\nS: 220*\nC: ECHO x 1 EXISTS\nS: * 1 EXISTS\n", "but came: x 1 EXISTS"),
    "the end too soon": ("connect smtp\nS: 220*\nC: QUIT\nS: bye\nS: more\n", "the connection ended"),
    "no end": ("connect smtp\nS: 220*\nC: QUIT\neof\n", "but came: bye"),
    "not quiet": ("connect smtp\nquiet 0.5\n", "should have been quiet"),
    "an unknown name": ("connect smtp\nC: ${nobody}\n", "there is no ${nobody}"),
    "no statement": ("conect smtp\n", "no statement"),
    "no service": ("connect pop3\n", "has no pop3"),
    "silence": ("connect smtp\nS: 220*\nC: NOTHING\nS: x\n", "nothing more came"),
    "different texts": ("let a = xy\nlet b = xz\nequal ${a} ${b}\n", "from byte 1"),
    "a command that fails": ("run: fail\n", "the exit code is 3"),
    "tls with an unknown host": ("connect imap tls\n", "TLS could not be started"),
}

ADMIN = """#!/bin/sh
for a; do [ "$a" != fail ] || exit 3; echo "$a"; done
"""


def certificate(folder):
    ca = os.path.join(folder, "cert.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-keyout", os.path.join(folder, "key.pem"), "-out", ca, "-subj", "/CN=mail.example.test",
                    "-addext", "subjectAltName=DNS:mail.example.test"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(ca, os.path.join(folder, "key.pem"))
    return ca, context


def serve(context, tls):
    server = Server(("127.0.0.1", 0), Fake)
    server.context = context
    server.tls_port = server.server_address[1] if tls else None
    server.handle_error = lambda *_: None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def main():
    runner.DEADLINE = 2
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        ca, context = certificate(folder)
        admin = os.path.join(folder, "restante")
        with open(admin, "w", encoding="utf-8") as f:
            f.write(ADMIN)
        os.chmod(admin, os.stat(admin).st_mode | stat.S_IXUSR)
        facts = {"host": "mail.example.test", "ca": ca, "control": "/nowhere", "pid": 1,
                 "services": [{"protocol": "smtp", "port": serve(context, False), "security": "starttls"},
                              {"protocol": "imap", "port": serve(context, True), "security": "tls"}],
                 "users": [{"address": "alice@example.test", "password": "secret"}]}

        def run(name, text, host):
            card_path, path = os.path.join(folder, "card.json"), os.path.join(folder, "x.t")
            with open(card_path, "w", encoding="utf-8") as f:
                json.dump(dict(facts, host=host), f)
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
            return runner.run_file(path, runner.Card(card_path, admin))

        for name, text in GOOD.items():
            problem = run(name, text, "mail.example.test")
            print(f"{'ok' if problem is None else 'not ok'} - {name}" + (f"\n{problem}" if problem else ""))
            passed, failed = passed + (problem is None), failed + (problem is not None)
        for name, (text, why) in BAD.items():
            problem = run(name, text, "other.example.test" if "host" in name else "mail.example.test")
            good = problem is not None and why in problem
            print(f"{'ok' if good else 'not ok'} - fails: {name}" + ("" if good else f"\n{problem}"))
            passed, failed = passed + good, failed + (not good)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
