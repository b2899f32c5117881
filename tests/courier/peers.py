"""Other people's servers, as far as the courier needs them: a DNS server and mail servers that do as they are told, on addresses of
loopback. Standard library only."""
import socket
import socketserver
import ssl
import struct
import threading
import time

A, CNAME, PTR, MX, TXT, AAAA, SRV, TLSA, CAA = 1, 5, 12, 15, 16, 28, 33, 52, 257


def wire_name(name):
    return b"".join(bytes([len(x)]) + x.encode() for x in name.split(".") if x) + b"\0"


class Dns:
    """records: {(name, type): [data]}, data as in a zone file: "192.0.2.1", "10 mail.test". A name in `silent` gets no answer, one in `broken` SERVFAIL."""

    def __init__(self, port, address="127.0.0.1", ttl=60):
        self.ttl = ttl
        self.records, self.ttls, self.silent, self.broken, self.asked = {}, {}, set(), set(), []
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((address, port))
        threading.Thread(target=self.serve, daemon=True).start()

    def add(self, name, kind, *data):
        self.records.setdefault((name, kind), []).extend(data)

    def answer(self, query):
        name, at = [], 12
        while query[at]:
            name.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        kind = struct.unpack(">H", query[at + 1:at + 3])[0]
        name = ".".join(name).lower()
        self.asked.append((name, kind))
        if name in self.silent:
            return None
        found = self.records.get((name, kind), [])
        exists = any(n == name or n.endswith("." + name) for n, _ in self.records)
        rcode = 2 if name in self.broken else 0 if found or exists else 3
        out = query[:2] + struct.pack(">HHHHH", 0x8400 | rcode, 1, len(found) if not rcode else 0, 0, 0) + query[12:at + 5]
        for data in found if not rcode else []:
            raw = self.rdata(kind, data)
            out += b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, self.ttls.get((name, kind), self.ttl), len(raw)) + raw
        return out

    @staticmethod
    def rdata(kind, data):
        if kind == A:
            return socket.inet_aton(data)
        if kind == AAAA:
            return socket.inet_pton(socket.AF_INET6, data)
        if kind == MX:
            preference, host = data.split(" ", 1)
            return struct.pack(">H", int(preference)) + wire_name(host)
        if kind == TXT:
            return b"".join(bytes([len(x)]) + x.encode() for x in (data[i:i + 255] for i in range(0, len(data), 255)))
        if kind == SRV:
            *numbers, target = data.split(" ")
            return struct.pack(">HHH", *map(int, numbers)) + wire_name(target)
        if kind == TLSA:
            usage, selector, matching, raw = data.split(" ")
            return bytes([int(usage), int(selector), int(matching)]) + bytes.fromhex(raw)
        if kind == CAA:
            flags, tag, value = data.split(" ", 2)
            return bytes([int(flags), len(tag)]) + tag.encode() + value.strip('"').encode()
        return wire_name(data)

    def serve(self):
        while True:
            query, peer = self.sock.recvfrom(4096)
            out = self.answer(query)
            if out:
                self.sock.sendto(out, peer)


class Peer:
    """A mail server. `answers`: {"RCPT": "550 5.1.1 no"} or a function of the line, for the verbs (and "greeting", "letter") that are not answered with
    yes; "" hangs up. What came: `letters` (reverse path, recipients, bytes, under TLS), `times` of them, where they `came` from
    (address, name in EHLO, reverse path), `connections`. With `lmtp` it speaks that (RFC 2033): "letter" is
    then asked of each recipient, by his address, and what he has got is a letter of its own."""

    def __init__(self, address, port, extensions=("PIPELINING", "8BITMIME", "SIZE 50000000", "DSN", "SMTPUTF8"), tls=None, pause=0, lmtp=False):
        self.answers, self.letters, self.connections, self.verbs, self.times, self.came = {}, [], 0, [], [], []
        self.sockets = {}  # of connections that are open
        self.extensions, self.tls, self.pause, self.lmtp, self.lock = list(extensions), tls, pause, lmtp, threading.Lock()
        peer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                try:
                    peer.talk(self)
                except (OSError, ValueError):
                    pass
                finally:
                    peer.sockets.pop(self, None)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address, daemon_threads, request_queue_size = True, True, 500
            address_family = socket.AF_INET6 if ":" in address else socket.AF_INET

        self.server = Server((address, port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def drop(self):
        """Connections that are open end here and now."""
        for sock in list(self.sockets.values()):
            sock.shutdown(socket.SHUT_RDWR)

    def said(self, verb, line, default):
        answer = self.answers.get(verb, default)
        return answer(line) if callable(answer) else answer

    def talk(self, h):
        with self.lock:
            self.connections += 1
        sock, secure = h.request, False
        stream = sock.makefile("rb")
        self.sockets[h] = sock

        def say(text):
            if text == "":
                raise ValueError("hangs up")
            sock.sendall(text.encode() + b"\r\n")

        say(self.said("greeting", "", "220 peer.test ready"))
        mail, rcpts, name = None, [], ""
        while True:
            line = stream.readline().decode("utf-8", "replace").rstrip("\r\n")
            if not line:
                return
            verb = line.split(" ")[0].split(":")[0].upper()
            with self.lock:
                self.verbs.append(line)
            if verb in ("EHLO", "HELO", "LHLO") and (verb == "LHLO") != self.lmtp:
                say("500 5.5.1 what?")
            elif verb in ("EHLO", "LHLO"):
                name = line[5:]
                offers = self.extensions + (["STARTTLS"] if self.tls and not secure else [])
                say(self.said(verb, line, "\r\n".join(["250-peer.test"] + ["250-" + x for x in offers] + ["250 ENHANCEDSTATUSCODES"])))
            elif verb == "STARTTLS":
                say(self.said("STARTTLS", line, "220 go"))
                sock = self.tls.wrap_socket(sock, server_side=True)
                stream, secure = sock.makefile("rb"), True
                self.sockets[h] = sock
            elif verb == "MAIL":
                answer = self.said("MAIL", line, "250 2.1.0 ok")
                mail, rcpts = (line[line.index("<") + 1:line.index(">")], []) if answer[:1] == "2" else (None, [])
                say(answer)
            elif verb == "RCPT":
                answer = self.said("RCPT", line, "250 2.1.5 ok") if mail is not None else "503 5.5.1 no MAIL"
                if answer[:1] == "2":
                    rcpts.append(line[line.index("<") + 1:line.index(">")])
                say(answer)
            elif verb == "BDAT":
                chunk = stream.read(int(line.split(" ")[1]))
                answer = self.said("letter", chunk, "250 2.0.0 taken") if rcpts else "503 5.5.1 nobody"
                if answer[:1] == "2":
                    with self.lock:
                        self.letters.append((mail, rcpts, chunk, secure))
                say(answer)
            elif verb == "DATA":
                answer = self.said("DATA", line, "354 go") if rcpts else "503 5.5.1 nobody"
                say(answer)
                if answer[:1] == "3":
                    letter = []
                    for raw in iter(stream.readline, b".\r\n"):
                        if not raw:
                            return
                        letter.append(raw[1:] if raw[:1] == b"." else raw)
                    time.sleep(self.pause)
                    for whom in [[x] for x in rcpts] if self.lmtp else [rcpts]:
                        answer = self.said("letter", whom[0] if self.lmtp else b"".join(letter), "250 2.0.0 taken")
                        if answer[:1] == "2":
                            with self.lock:
                                self.times.append(time.monotonic())
                                self.came.append((h.client_address[0], name, mail))
                                self.letters.append((mail, whom, b"".join(letter), secure))
                        say(answer)
            elif verb == "QUIT":
                say("221 bye")
                return
            else:
                say(self.said(verb, line, "250 ok"))


def server_tls(cert, key, ciphers=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if ciphers:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(ciphers)
    context.load_cert_chain(cert, key)
    return context
