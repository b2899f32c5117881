"""What those may try who have logged in to IMAP: words that cost much to read or to answer, and answers that nobody takes. `h` is
tests/hostile/run, whose clients and results these use."""
import socket
import threading
import time
import zlib

h = None
LETTER = b"From: a@b.test\r\nSubject: x\r\n\r\n" + (b"y" * 76 + b"\r\n") * 30


def selected(user, port=None, letters=20):
    """A session on an INBOX of so many letters at least."""
    t = h.imap(user, port or h.IMAP)
    t.send(b"s SELECT INBOX\r\n")
    n = [int(x.split()[1]) for x in t.until(b"s ") if x.endswith(b" EXISTS\r\n")][0]
    for i in range(n, letters):
        t.send(b"s APPEND INBOX {%d+}\r\n" % len(LETTER) + LETTER + b"\r\n")
        t.until(b"s ")
    return t


def says(t, command, *wanted):
    """The tagged answer to one command begins with one of these."""
    try:
        t.send(b"q " + command + b"\r\n")
    except OSError:
        pass
    got = t.until(b"q ")[-1]
    h.r.check(got.split(b" ")[1:2] and got.split(b" ")[1] in wanted, f"{command[:60]!r} ({len(command)} bytes): {got[:100]!r}, not {wanted}")
    return got


def literals(server):
    """Too large is known before it is sent; what was sent all the same is thrown away or ends the session."""
    t = selected("judy")
    for command in (b"APPEND INBOX {104857601}", b"APPEND INBOX {4294967295}", b"APPEND INBOX {99999999999999999999}", b"APPEND INBOX (\\Seen) {200000000}",
                    b"SEARCH BODY {200000}", b"SELECT {131073}", b"UID SEARCH HEADER {9999999999} x"):
        got = says(t, command, b"NO", b"BAD")
        h.r.check(b"[TOOBIG]" in got or b"APPEND" not in command or b"9" * 20 in command, f"and why: {got!r}")
    got = says(t, b"APPEND INBOX {104857601+}\r\n" + b"x" * 104857601, b"NO", b"BAD")
    says(t, b"NOOP", b"OK")
    t.send(b"q APPEND INBOX {99999999999+}\r\n")
    lines = t.until(b"q ") + [t.line()]
    h.r.check(lines[-1].startswith(b"* BYE"), f"nobody waits for 100 GB: {lines}")
    t.close()
    t = selected("judy")
    for command, wanted in ((b"APPEND INBOX {5+}\r\na\0b\r\n", (b"NO",)), (b"SEARCH BODY {3+}\r\na\0b", (b"BAD", b"OK", b"NO")), (b"SELECT {3+}\r\na\0b", (b"BAD", b"NO")),
                            (b"CREATE {3+}\r\na\0b", (b"BAD", b"NO")), (b"STORE 1 FLAGS a\0b", (b"BAD",)), (b"FETCH 1 BODY[HEADER.FIELDS ({3+}\r\na\0b)]", (b"BAD", b"OK", b"NO")),
                            (b"ID (\"a\0\" \"b\")", (b"BAD",)), (b"LIST \"\" {2+}\r\n\0*", (b"BAD", b"OK", b"NO")), (b"NOOP\0", (b"BAD",))):
        got = says(t, command, *wanted)
        h.r.check(b"\0" not in got, f"no NUL comes back: {got!r}")
        t.send(b"z NOOP\r\n")
        t.until(b"z ")
    t.close()


def nesting(server):
    before = h.memory(server)
    t = selected("judy")
    for n in (10, 100, 10000, 60000):
        deep, words = b"(" * n, b"NOT " * (n // 4)
        for command in (b"SEARCH " + deep + b"ALL" + b")" * (n if n < 20000 else 0), b"SEARCH " + words + b"ALL", b"FETCH 1 " + deep, b"STORE 1 FLAGS " + deep, b"LIST " + deep,
                        b"LIST \"\" " + deep, b"STATUS INBOX " + deep, b"ID " + deep, b"APPEND INBOX " + deep, b"SORT " + deep, b"SEARCH RETURN " + deep, b"SELECT INBOX " + deep,
                        b"FETCH 1 BODY[" + b"1." * (n // 2) + b"1]", b"FETCH 1 BODY[HEADER.FIELDS " + deep, b"SEARCH " + b"OR " * (n // 3) + b"ALL", b"CREATE x " + deep):
            says(t, command, b"BAD", b"NO", b"OK")
            t.send(b"s EXAMINE INBOX\r\n")
            h.r.check(t.until(b"s ")[-1].startswith(b"s OK"), "and the session goes on")
    t.close()
    h.r.check_memory(h.memory(server) - before, 40000, "what nests leaves behind")


def sets(server):
    """Of 4,294,967,295 numbers, and of as many ranges as a line has room for."""
    t = selected("judy")
    ranges = b",".join(b"%d:%d" % (i * 3, i * 3 + 1) for i in range(1, 5400))
    same = b",".join([b"1:4294967295"] * 4900)
    too_many = b",".join(b"%d" % i for i in range(1, 100001))
    begun = time.monotonic()
    for command, wanted in ((b"FETCH 1:4294967295 FLAGS", b"BAD"), (b"UID FETCH 1:4294967295 FLAGS", b"OK"), (b"UID FETCH 4294967295:1 FLAGS", b"OK"), (b"UID FETCH " + ranges + b" UID", b"OK"),
                            (b"UID STORE " + same + b" +FLAGS (\\Seen)", b"OK"), (b"UID SEARCH UID " + ranges, b"OK"), (b"UID SEARCH NOT UID " + same, b"OK"),
                            (b"UID COPY " + same + b" Trash", b"OK"), (b"FETCH " + too_many + b" UID", b"BAD"), (b"UID FETCH 4294967296 UID", b"BAD"), (b"UID FETCH 0 UID", b"BAD"),
                            (b"UID SEARCH " + b"UID 1:* " * 1500, b"OK"), (b"UID SEARCH " + b"OR ALL " * 40 + b"ALL", b"OK"), (b"UID SEARCH " + b"BODY y " * 1500, b"OK"),
                            (b"UID FETCH 1:* (" + b"BODY.PEEK[] " * 199 + b"UID)", b"OK"), (b"UID FETCH 1:* (" + b"UID " * 3000 + b"UID)", b"NO"),
                            (b"SEARCH RETURN (PARTIAL 1:4294967295) ALL", b"OK"), (b"UID SEARCH RETURN (SAVE) UID " + ranges, b"OK"), (b"UID FETCH $ FLAGS", b"OK")):
        says(t, command, wanted)
    h.r.check(time.monotonic() - begun < 20 * h.serve.SLOW, f"sets take {time.monotonic() - begun:.1f} s")
    t.close()


def half_commands(server):
    """Three hundred sessions that do not end their command; they hold little, and a command has to be ended some time."""
    before = h.memory(server)
    starts = [b"a", b"a NOO", b"a SEARCH (OR ", b"a APPEND INBOX {100}\r\nhalf", b"a FETCH 1 BODY[", b"a LOGIN {5+}\r\nab", b"a SELECT \"INB", b"a STORE 1 +FLAGS (\\Se", b"a" * 30000, b"a IDLE\r\nDO"]
    talks = []
    for i in range(300):
        t = h.imap("judy", h.IMAPS if i % 20 == 0 else h.IMAP)
        t.send(starts[i % len(starts)])
        talks.append(t)
    h.served("beside 300 commands that are not ended")
    h.r.check_memory(h.memory(server) - before, 90000, "300 commands that are not ended hold")
    for t in talks:
        t.close()


def unread(server):
    """Who reads nothing of much: bounded, and ended; who reads slowly is served."""
    before, most = h.memory(server), 0
    talks = []
    for i in range(24):
        t = selected("judy")
        t.s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        command = [b"FETCH 1:* (BODY.PEEK[] BODYSTRUCTURE ENVELOPE)", b"FETCH 1:* (ENVELOPE BODY FLAGS)", b"UID FETCH 1:* BODY.PEEK[HEADER]", b"UID FETCH 1:* FULL"][i % 4]
        t.s.setblocking(False)
        end = time.monotonic() + 0.2
        while time.monotonic() < end:
            try:
                t.s.send(b"".join(b"f%d %s\r\n" % (k, command) for k in range(1000)))
            except BlockingIOError:
                time.sleep(0.02)
        talks.append(t)
        most = max(most, h.memory(server) - before)
    h.served("beside 24 who read nothing")
    h.r.check_memory(most, 120000, "24 who read nothing hold")
    h.r.check(h.serve.wait_for(lambda: not [x for x in server.ask("sessions")[2]["sessions"] if x["user"].startswith("judy")], h.TIMEOUT + 20), "and are ended")
    for t in talks:
        t.close()


def pipelined(server):
    """A hundred thousand commands at once, by one who reads and does not send a byte more."""
    t = selected("judy")
    n = 100000
    words = [b"NOOP", b"FETCH 1 UID", b"SEARCH ALL", b"STATUS Trash (UIDNEXT)", b"UID FETCH 1 FLAGS"]
    sender = threading.Thread(target=lambda: t.send(b"".join(b"p%d %s\r\n" % (i, words[i % 5]) for i in range(n))))
    begun = time.monotonic()
    sender.start()
    before = h.memory(server)
    wrong, at = [], 0
    while at < n and not wrong:
        line = t.line()
        if line.startswith(b"p"):
            if line != b"p%d OK Done\r\n" % at:
                wrong.append((at, line))
            at += 1
        elif not line.startswith(b"* "):
            wrong.append((at, line))
        if at == n // 2:
            h.served("beside 100,000 pipelined commands")
    sender.join()
    h.r.check(not wrong, f"100,000 pipelined commands are answered in their order: {wrong}")
    h.r.check_memory(h.memory(server) - before, 40000, "they leave behind")
    print(f"# {n / (time.monotonic() - begun):.0f} commands a second", flush=True)
    t.close()


def nonsense(server):
    """Twenty commands in a row that can't be read end a session; a good one in between counts anew."""
    t = selected("judy")
    for i in range(60):
        says(t, b"NOOP" if i % 15 == 14 else b"FROB", b"OK" if i % 15 == 14 else b"BAD")
    for i in range(20):
        t.send(b"x%d FETCH FROB\r\n" % i)
    lines = t.f.read().split(b"\r\n")
    h.r.check(sum(x.startswith(b"x") for x in lines) <= 20 and any(x.startswith(b"* BYE") for x in lines), f"too many errors: {lines[-3:]}")
    t.close()


def bomb(server):
    """What is small on the wire and large behind COMPRESS (RFC 4978): a line without end, and many commands."""
    before, most = h.memory(server), 0
    for what in (b"x" * 1000000, b"(" * 1000000, b"\0" * 1000000, b"a NOOP\r\n" * 100000, b"a APPEND INBOX {100000000+}\r\n" + b"y" * 1000000):
        t = selected("judy")
        t.send(b"c COMPRESS DEFLATE\r\n")
        if not t.until(b"c ")[-1].startswith(b"c OK"):
            h.r.check(False, "COMPRESS is taken")
            return
        z = zlib.compressobj(9, zlib.DEFLATED, -15)
        t.s.settimeout(3 * h.serve.SLOW)
        try:
            for _ in range(300):
                t.send(z.compress(what) + z.flush(zlib.Z_SYNC_FLUSH))
                most = max(most, h.memory(server) - before) if _ % 100 == 50 else most
        except OSError:
            pass
        h.served(f"beside 300 MB of {what[:20]!r} in a few KiB")
        t.close()
    h.r.check_memory(most, 60000, "300 MB that were compressed hold")


TESTS = (literals, nesting, sets, half_commands, unread, pipelined, nonsense, bomb)
