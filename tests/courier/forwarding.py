"""Letters that an alias sends on (SRS), and notices about them that come back."""
import re
import smtplib

import serve

LETTER = b"From: someone@origin.test\r\nTo: fwd@here.test\r\nSubject: sent on\r\n\r\nHello\r\n"
LONG = "bounce-0123456789-0123456789-0123456789-0123456789"


def hand_in(port, sender, rcpt, letter=LETTER):
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as s:
        s.sendmail(sender, [rcpt], letter)


def answer(port, sender, rcpt):
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as s:
        s.ehlo()
        s.docmd(f"MAIL FROM:<{sender}>")
        return s.docmd(f"RCPT TO:<{rcpt}>")


def forwarding(w, r, port):
    origin, target = w.peer("origin", 86), w.peer("target", 87)
    w.server.tool("alias", "add", "bob@here.test", "bob@here.test", "bob@target.test")

    def sent_on(sender, n):
        hand_in(port, sender, "bob@here.test")
        r.check(serve.wait_for(lambda: len(target.letters) > n, 20), f"a letter from {sender} is sent on")
        return target.letters[n][0] if len(target.letters) > n else ""

    def comes_back(path, n):
        hand_in(port, "", path, LETTER.replace(b"sent on", b"a notice"))
        ok = serve.wait_for(lambda: len(origin.letters) > n, 20)
        return origin.letters[n][:2] if ok else None

    path = sent_on("someone@origin.test", 0)
    r.check(re.fullmatch(r"SRS0=[a-z2-7]{6}=[a-z2-7]{2}=origin\.test=someone@here\.test", path), f"under an address of ours: {path}")
    r.check(b"Return-Path" not in target.letters[0][2] and b"From: someone@origin.test" in target.letters[0][2], "its text is what it was")
    inbox = w.inbox("bob")
    r.check(inbox and inbox[-1]["Return-Path"] == "<someone@origin.test>", "the copy that stays knows its true sender")
    r.check(comes_back(path, 0) == ("", ["someone@origin.test"]), "a notice goes back to him")
    r.check(comes_back(path.upper(), 1) is not None, "whatever case it comes in")
    code, text = answer(port, "", path.replace("someone", "someoneelse"))
    r.check(code == 550 and b"5.1.1" in text, f"a forged one does not: {code} {text}")
    code, text = answer(port, "", re.sub("=[a-z2-7]{6}=", "=aaaaaa=", path))
    r.check(code == 550, "nor one with another hash")
    code, text = answer(port, "", path.replace("@here.test", "@origin.test"))
    r.check(code == 550 and b"relaying" in text, "nor one of another domain")

    path = sent_on(LONG + "@origin.test", 1)
    r.check(re.fullmatch(r"SRS0=[a-z2-7]{6}=[a-z2-7]{2}==[0-9a-f]+@here\.test", path), f"a sender that does not fit is kept: {path}")
    r.check(comes_back(path, 2) == ("", [LONG + "@origin.test"]), "and found again")
    path = sent_on("SRS0=abcd=xy=before.test=someone@origin.test", 2)
    r.check(re.fullmatch(r"SRS1=[a-z2-7]{6}=origin\.test==abcd=xy=before\.test=someone@here\.test", path), f"what was rewritten before: {path}")
    r.check(comes_back(path, 3) == ("", ["SRS0=abcd=xy=before.test=someone@origin.test"]), "goes back to the server that did")
    r.check(sent_on("", 3) == "", "a notice has no sender, and gets none")
    r.check(sent_on("alice@here.test", 4) == "alice@here.test", "one of our own domain stays as it is")
    w.send(["bob@here.test"], "of a user")
    r.check(serve.wait_for(lambda: len(target.letters) > 5, 20) and target.letters[5][0] == "alice@here.test", "so does a user")

    old = sent_on("someone@origin.test", 6)
    w.server.stop()
    r.check(w.server.start(), "the server starts anew")
    r.check(comes_back(old, 4) == ("", ["someone@origin.test"]), "and still knows what it has signed")
    before = w.server.lines
    w.server.lines = before + ["srs no"]
    w.server.write_config()
    r.check(w.server.ask("reload")[0] == 0, "without SRS")
    r.check(sent_on("someone@origin.test", 7) == "someone@origin.test", "a letter keeps its sender")
    r.check(comes_back(old, 5) == ("", ["someone@origin.test"]), "and what is on its way still comes back")
    w.server.lines = before
    w.server.write_config()
    r.check(w.server.ask("reload")[0] == 0, "with SRS again")
    w.server.tool("alias", "remove", "bob@here.test")
    r.check(serve.wait_for(lambda: not w.queue()["letters"]), "nothing is left in the queue")
