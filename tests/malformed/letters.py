"""Malformed letters: parts of letters as they should be and as they are met, put together at random, then damaged. No NUL, which
APPEND does not take. The same random numbers make the same letters."""

TYPES = ["text/plain", "text/html; charset=utf-8", "text/plain; charset=\"us-ascii\"; format=flowed", "TEXT", "text/", "/plain", "text/plain; charset", "text/plain; charset=",
         "text/plain; charset=\"unclosed", "text plain", "", ";", "=?utf-8?q?text?=", "application/octet-stream; name=\"a\\\"b\\\\c.bin\"",
         "application/x; name*0*=utf-8'en'%E2%82; name*1*=%AC; name*2=.txt", "application/x; name*1=b; name*3=d", "application/x; name*=utf-8''%zz%", "application/x; name*=x",
         "image/png; name==?utf-8?b?w6Q=?=", "text/plain (comment (nested) \") ; charset = utf-8", "text/plain; a=b; a=c; A=d", "message/rfc822", "message/rfc822",
         "message/global", "message/partial; id=x; number=1", "message/external-body; access-type=x", "message/delivery-status", "multipart/mixed", "multipart/digest; boundary=d",
         "multipart/mixed; boundary=\"\"", "multipart/mixed; boundary= ", "multipart/; boundary=x", "multipart/mixed; boundary=a b", "Multipart/MIXED; BOUNDARY=\"q r\"",
         "multipart/mixed; boundary=" + "x" * 300, "text/\u00e4\u00f6", "t\u00e4xt/plain", "text/plain;;;;;", "text/plain; =x", "text/plain; x=\"a\r\n b\"", "a/b/c/d",
         "text/plain; " + "p=v; " * 300, "multipart/alternative; boundary=\"=_\\\"x\"", "text/{3}", "text/\"plain\"", "text/plain; charset=(c)utf-8(d)", "multipart/signed; boundary=s; micalg=x"]
ENCODINGS = ["7bit", "8bit", "binary", "base64", "BASE64 ", "quoted-printable", "Quoted-Printable (c)", "x-uuencode", "", "base64; x=y", "\"base64\"", "base 64", "{5}", "7\u00e4bit"]
DISPOSITIONS = ["attachment", "inline", "attachment; filename=a b.txt", "attachment; filename=\"x", "attachment; filename*=utf-8''%e4", "", "\"attachment\"", "; filename=x",
                "attachment; size=99999999999999999999", "form-data; name=a; filename=\"\\", "attachment; filename==?x?y?z?="]
ADDRESSES = ["a@example.test", "Ann <a@example.test>", "\"Ann \\\"B\\\" C\" <a@example.test>", "a@example.test, b@example.test", "friends: a@example.test, b@c.test;", "friends:;",
             "undisclosed-recipients:;", "g1: g2: a@b.test;;", "<>", "<@r1,@r2:a@b.test>", "a", "@", "a@", "@b", "a@@b", "a b c", "\"unclosed <a@b.test>", "Ann <a@b.test", "a@b.test>",
             "(comment) a@b.test (more (nested", "=?utf-8?q?=C3=A4?= <a@b.test>", "=?utf-8?b?w6Q?= <a@b.test>", "=?utf-8?x?y?= <a@b>", "\u00e4\u00f6 <\u00e4@\u00f6.test>", ",,,,", ";:<>@,",
             "a@[127.0.0.1]", "a@[", "\"a b\"@c.test", "a.@b.test", ".a@b.test", "Ann <a@b.test> <c@d.test>", "Ann a@b.test", "a@b.test " * 3, "x" * 2000 + "@y.test", "\\", "\"\\", "a\r\n @b.test",
             "group: a@b.test", ": a@b.test;", "<<a@b>>", "NIL", "NIL <NIL@NIL>", "{3}", "a@b.test," * 400, "\"\u00e4\r\n \u00f6\" <x@y.test>", "<a@b.test>,", "a@b.test;b@c.test", "a%b!c@d"]
DATES = ["Mon, 23 Nov 2026 06:40:20 +0000", "23 Nov 26 06:40 EST", "Mon, 32 Nov 2026 06:40:20 +0000", "garbage", "", "1 Jan 0000 00:00:00 +0000", "Thu, 1 Jan 99999 00:00:00 +9999",
         "Mon, 23 Nov 2026 25:61:61 +2500", "Mon 23 Nov 2026 06:40:20 (UTC)", "\"quoted\"", "Mon,\r\n 23 Nov 2026 06:40:20 -0000", "\u00e4", "{10}"]
SUBJECTS = ["hello", "", " ", "=?utf-8?q?=C3=A4?=", "=?utf-8?b?////?=", "=?iso-2022-jp?b?GyRC?=", "quote \" and \\ back", "\u4e2d\u6587", "{12}", "a\r\n b\r\n\tc", "x" * 3000, "tab\there", "]", "(", "NIL",
            "\"NIL\"", "=?" * 200, "\x01\x02\x7f", "a\r\n \r\n b", "%*&~"]
IDS = ["<a@b>", "<a@b", "a@b", "", "<>", "<\"q\"@b>", "<a b@c> <d@e>", "\u00e4", "<" + "y" * 1500 + "@z>", "(c) <a@b>"]
NAMES = {"From": ADDRESSES, "Sender": ADDRESSES, "Reply-To": ADDRESSES, "To": ADDRESSES, "Cc": ADDRESSES, "Bcc": ADDRESSES, "Subject": SUBJECTS, "Date": DATES, "Message-ID": IDS,
         "In-Reply-To": IDS, "Content-Type": TYPES, "Content-Transfer-Encoding": ENCODINGS, "Content-Disposition": DISPOSITIONS, "Content-ID": IDS, "Content-Description": SUBJECTS,
         "Content-Language": ["en", "de, en", "", "en de", "\"x\"", "en;q=1", "\u00e4"], "Content-Location": ["http://x.test/a b", "", "\r\n x", "\u00e4"], "Content-MD5": ["abc==", "", "\""],
         "MIME-Version": ["1.0", "", "2.0", "1.0 (c)"], "References": IDS, "X-\u00e4": ["x"], "X y": ["x"]}
ODD_LINES = ["no colon here", ": no name", "From someone Mon Nov 23", " leading blank", "\t", "-", "Subject", "Subject : blank before", "Content-Type:text/html", ":", "x" * 9000, "--", "\u00e4\u00f6",
             "Name-" + "n" * 900 + ": v"]
BODIES = ["text\r\n", "", "\r\n", "no end of line", "=C3=A4=\r\n=", "aGVsbG8=\r\n", "aGVsbG8", "!!!!", "a\nb\nc\n", "a\rb\r", "a\r\n\r\n\r\n", "\u00e4\u00f6\u00fc\r\n", "--\r\n", "--b0\r\n", "--b0--", "x" * 5000, ".\r\n..\r\n", "\r\r\n",
          "begin 644 x\r\n", "From here\r\n", "--b", "----\r\n"]


def header(rng, names, kind=None):
    lines = []
    for _ in range(rng.choice([0, 1, 2, 4, 8])):
        name = rng.choice(names)
        lines.append(name + rng.choice([": ", ": ", ": ", ":", ":\t", ":\r\n ", " : "]) + rng.choice(NAMES[name]))
    if kind is not None:
        lines.insert(rng.randint(0, len(lines)), "Content-Type: " + kind)
    if rng.random() < 0.1:
        lines.insert(rng.randint(0, len(lines)), rng.choice(ODD_LINES))
    return "".join(x + "\r\n" for x in lines) + rng.choice(["\r\n", "\r\n", "\r\n", "\r\n", "", "\n", " \r\n"])


def multipart(rng, depth):
    b = rng.choice(["b0", "b1", "b", "b00", "=_q", "a'()+_,-./:=?", "b " + "1", "b0 "])
    written = rng.choice([b, '"%s"' % b, '"%s"' % b, "'%s'" % b, b + "x", '"%s' % b])
    head = header(rng, list(NAMES), f"multipart/{rng.choice(['mixed', 'alternative', 'digest', 'related', 'x'])}; boundary={written}")
    out = head + rng.choice(["", "preamble\r\n", "\r\n", "--" + b + "--\r\n"])
    for _ in range(rng.choice([0, 1, 2, 2, 3, 9])):
        out += rng.choice(["--", "--", "--", "--", "\r\n--", "-", "--\n", "\n--"]) + b + rng.choice(["\r\n", "\r\n", "\r\n", "\n", "  \r\n", "x\r\n", "", "--\r\n"])
        out += part(rng, depth + 1)
        out += rng.choice(["\r\n", "\r\n", "\r\n", "\n", "", "\r\n\r\n"])
    return out + rng.choice(["--" + b + "--\r\n", "--" + b + "--", "", "--" + b, "--" + b + "--x\r\nepilogue\r\n--" + b + "\r\n\r\nlate\r\n", "--" + b + "-- \r\n\r\n"])


def part(rng, depth=0):
    r = rng.random()
    if r < 0.35 and depth < 6:
        return multipart(rng, depth)
    if r < 0.45 and depth < 6:
        return header(rng, list(NAMES), rng.choice(["message/rfc822", "message/rfc822; x", "message/global", "message/rfc822 "])) + part(rng, depth + 1)
    return header(rng, list(NAMES)) + rng.choice(BODIES)


def damage(rng, data):
    for _ in range(rng.choice([0, 0, 0, 1, 1, 2, 5])):
        i, j = sorted((rng.randint(0, len(data)), rng.randint(0, len(data))))
        j = min(j, i + rng.choice([1, 1, 2, 10, 100, 1000]))
        how = rng.random()
        if how < 0.3:
            data = data[:i] + data[j:]
        elif how < 0.5:
            data = data[:j] + data[i:j] * rng.choice([1, 1, 3]) + data[j:]
        elif how < 0.8:
            data = data[:i] + bytes([rng.choice(b"\r\n\"\\(){}<>;:,=-? \t\x80\xff\x01aB0")]) + data[i + rng.randint(0, 1):]
        else:
            data = data[:i]
    return data.replace(b"\0", b"0")


def deep(kind, n):
    """Nested beyond all measure."""
    if kind == "message":
        return b"Content-Type: message/rfc822\r\n\r\n" * n + b"x\r\n"
    if kind == "multipart":
        return b"".join(b"Content-Type: multipart/mixed; boundary=x%d\r\n\r\n--x%d\r\n" % (i, i) for i in range(n)) + b"\r\nx\r\n"
    if kind == "same":
        return b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n" * n
    if kind == "wide":
        return b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x\r\n\r\n\r\n" * n + b"--x--\r\n"
    if kind == "comment":
        return b"From: " + b"(" * n + b"a@b\r\nTo: " + b"\"\\" * n + b"\r\n\r\n"
    return b"To: " + b"g:" * n + b"a@b" + b";" * n + b"\r\nCc: " + b"<" * n + b"\r\n\r\n"


FIXED = [deep(k, n) for k in ("message", "multipart", "same", "wide", "comment", "group") for n in (3, 40, 400)] + [
    b"x", b"\r\n", b"\n", b"\r", b" ", b":", b"\r\n\r\n", b"a: b", b"Subject:", b"Subject: \r\n", b"\xff\xfe", b"--\r\n", b"From \r\n\r\n", b"Content-Type: text/plain", b"a:b\n\nc\n", b"a:b\r\r\n\r\nc"]


def letter(rng):
    return damage(rng, part(rng).encode("utf-8" if rng.random() < 0.8 else "latin-1", "replace")) or b"x"
