"""A domain of ours that goes on over LMTP (RFC 2033): each recipient has an answer of his own behind the letter, and what was heard of him holds."""
import os
import signal
import smtplib
import time

import serve
from peers import Peer, server_tls

TEXT = "From: x@elsewhere.test\r\nSubject: to the box\r\n\r\nHello\r\n"


class Box:
    """box.test goes on to a server of LMTP."""

    def __init__(self, w, r, port, peer_port):
        self.w, self.r, self.port = w, r, port
        self.at = f"127.0.1.60:{peer_port}"
        self.peer = Peer("127.0.1.60", peer_port, lmtp=True, extensions=["PIPELINING", "8BITMIME"])

    def got(self, mark):
        """Who has got the letter with that subject, each as often as he has."""
        return sorted(x[1][0].split("@")[0] for x in list(self.peer.letters) if f"Subject: {mark}\r\n".encode() in x[2])

    def has(self, mark, *names):
        return serve.wait_for(lambda: self.got(mark) == sorted(names), 20)

    def send(self, names, mark, **options):
        self.w.send([f"{x}@box.test" for x in names], mark, **options)

    def empty(self):
        return serve.wait_for(lambda: (x := self.w.queue()) and not x["letters"], 20)

    def code(self, name):
        """What we say of a recipient at port 25."""
        with smtplib.SMTP("127.0.0.1", self.port, timeout=30) as s:
            s.ehlo("x.test")
            s.mail("x@elsewhere.test")
            return s.rcpt(f"{name}@box.test")[0]


def commands(b):
    r, ask = b.r, b.w.server.ask
    for word, want in ((b.at.replace(b.at.split(":")[1], "25"), "port 25"), ("", "lmtp:HOST"), ("24", "lmtp:HOST"), ("a b", "lmtp:HOST")):
        status, text, _ = ask("domain", "add", "box.test", "--relay", f"lmtp:{word}")
        r.check(status != 0 and want in text, f"lmtp:{word} is refused: {text}")
    r.check(ask("domain", "add", "box.test", "--relay", "lmtp:box.example")[2]["relay"] == "lmtp:box.example:24", "the usual port is 24")
    r.check(ask("domain", "set", "box.test", "--relay", f"lmtp:{b.at}")[2]["relay"] == f"lmtp:{b.at}", "or another one")


def each_his_own(b):
    r, peer = b.r, b.peer
    # it may have our name, being of the same machine: no loop
    peer.answers["LHLO"] = "250-mail.example.test\r\n250-PIPELINING\r\n250 8BITMIME"
    b.send(["a", "b"], "both", rcpt_options=["NOTIFY=SUCCESS"])
    r.check(b.has("both", "a", "b") and b.empty(), f"both have it: {b.got('both')}")
    r.check(peer.verbs[0] == "LHLO mail.example.test" and not any(x.startswith(("EHLO", "HELO")) for x in peer.verbs), f"it is greeted with LHLO: {peer.verbs}")
    m = serve.wait_for(lambda: b.w.notice("both"))
    r.check(m and m.as_string().count("Action: relayed") == 2, "who asked to hear of success does")
    peer.answers["letter"] = lambda whom: {"b": "452 4.2.2 the box is full", "c": "552-5.2.2 the box\r\n552 5.2.2 is full"}.get(whom[0], "250 2.0.0 taken")
    b.send(["a", "b", "c", "d"], "full boxes")
    r.check(b.has("full boxes", "a", "d"), f"those have it whom it took it for: {b.got('full boxes')}")
    m = serve.wait_for(lambda: b.w.notice("full boxes"), 20)
    text = m.as_string() if m else ""
    r.check(all(x in text for x in ("Final-Recipient: rfc822; c@box.test", "Status: 5.2.2", "smtp; 552 ", "5.2.2 is full")), f"of the one that it refused the sender is told: {text[:3000]}")
    r.check(text.count("Final-Recipient") == 1, "and of no other")
    waits = serve.wait_for(lambda: (x := b.w.state("b@box.test")) and x["attempts"] and x)
    r.check(waits and "452 4.2.2" in waits["answer"], f"the one that was put off waits, and the queue says why: {waits}")
    peer.answers.clear()
    r.check(b.has("full boxes", "a", "b", "d") and b.empty(), f"and has it later, and nobody twice: {b.got('full boxes')}")
    names = [f"n{i:03}" for i in range(120)]
    b.send(names, "many")
    r.check(b.has("many", *names) and b.empty(), f"more than one transaction takes: {len(b.got('many'))}")


def deaths(b):
    """RFC 2033 section 5: what was answered holds, the rest is put off."""
    r, peer = b.r, b.peer
    peer.drop()

    def break_at(name):
        def letter(whom):
            if whom[0] == name and peer.answers.pop("letter", None):
                return ""
            return "250 2.0.0 taken"
        peer.answers["letter"] = letter
    break_at("b")
    b.send(["a", "b", "c"], "first connection")
    r.check(b.has("first connection", "a", "b", "c") and b.empty(), f"it dies between two answers: nobody loses it, and who was answered for does not get it twice: {b.got('first connection')}")
    b.send(["a"], "warms up")
    b.has("warms up", "a")
    before = peer.connections
    break_at("c")
    b.send(["a", "b", "c", "d"], "kept connection")
    waits = serve.wait_for(lambda: (x := b.w.state("d@box.test")) and x["attempts"] and x, 5)
    r.check(b.has("kept connection", "a", "b", "c", "d") and b.empty(), f"over a connection that has carried letters, too: {b.got('kept connection')}")
    r.check(waits and peer.connections == before + 1, f"and that is an attempt: {waits}, {peer.connections - before} connections")
    r.check(b.w.server.events("courier_uncertain"), "the log says that it is uncertain")
    peer.answers["letter"] = lambda whom: "421 4.3.0 not now" if whom[0] == "b" else "250 2.0.0 taken"
    b.send(["a", "b", "c"], "one 421")
    r.check(b.has("one 421", "a", "c"), f"421 of one recipient is no answer for the others: {b.got('one 421')}")
    peer.answers.clear()
    r.check(b.has("one 421", "a", "b", "c") and b.empty(), f"and he has it later: {b.got('one 421')}")


def own_death(b):
    """The courier dies between two answers: it has told nobody of the first one."""
    r, peer = b.r, b.peer
    victims = [b.w.server.all_ready()["courier"]["pid"]]

    def letter(whom):
        if whom[0] == "b" and victims:
            os.kill(victims.pop(), signal.SIGKILL)
            time.sleep(0.2)
        return "250 2.0.0 taken"
    peer.answers["letter"] = letter
    b.send(["a", "b", "c"], "killed")
    r.check(serve.wait_for(lambda: set(b.got("killed")) == {"a", "b", "c"}, 30) and b.empty(), f"nobody loses it: {b.got('killed')}")
    serve.wait_for(lambda: len(peer.sockets) < 2)  # what the dead one had sent has been taken in whole
    r.check(not victims and all(b.got("killed").count(x) <= 2 for x in "abc"), f"nor has it more than once again: {b.got('killed')}")
    peer.answers.clear()


def ahead(b):
    """Recipients are asked about ahead, in the same words."""
    r, peer = b.r, b.peer
    b.w.server.tool("domain", "set", "box.test", "--recipients", "asked")
    peer.answers["RCPT"] = lambda line: "550 5.1.1 nobody" if "<nobody" in line else "452 4.2.2 full" if "<full" in line else "250 2.1.5 ok"
    codes = [b.code(x) for x in ("somebody", "nobody", "full", "somebody")]
    r.check(codes == [250, 550, 450, 250], f"known, unknown, unclear: {codes}")
    r.check(sum("<somebody@" in x for x in peer.verbs) == 1, "and asked once")
    with smtplib.SMTP("127.0.0.1", b.port, timeout=30) as s:
        s.sendmail("x@elsewhere.test", ["somebody@box.test"], TEXT)
    r.check(b.has("to the box", "somebody") and peer.letters[-1][0] == "x@elsewhere.test", f"a letter from outside goes on, its sender as he is: {[x[:2] for x in peer.letters[-3:]]}")
    peer.answers.clear()
    b.w.server.tool("domain", "set", "box.test", "--recipients", "any")


def tls(b):
    r, peer, w = b.r, b.peer, b.w
    w.certs.make("box", ["box.example"], by_ca=True)
    w.dns.add("box.test", 1, "127.0.1.60")
    peer.tls = server_tls(w.certs.path("box"), w.certs.path("box", "key"))
    peer.drop()
    b.send(["a"], "opportunity")
    r.check(b.has("opportunity", "a") and peer.letters[-1][3], "TLS where it is offered")
    before = w.server.lines
    w.server.lines = before + [f"relay_ca {w.certs.path('ca')}"]
    w.server.write_config()
    w.server.ask("reload")
    w.server.tool("domain", "set", "box.test", "--security", "starttls")
    b.send(["a"], "of another name")
    r.check(serve.wait_for(lambda: (x := w.state("a@box.test")) and x["answer"]), "a certificate of another name: it waits")
    r.check(not b.got("of another name"), "and is not said")
    w.certs.make("box2", ["box.test"], by_ca=True)
    peer.tls = server_tls(w.certs.path("box2"), w.certs.path("box2", "key"))
    w.server.tool("domain", "set", "box.test", "--relay", f"lmtp:box.test:{b.at.split(':')[1]}")
    r.check(b.has("of another name", "a") and peer.letters[-1][3] and b.empty(), "the right one: it goes")
    said = [x for x in peer.verbs if x.split(" ")[0] in ("LHLO", "STARTTLS")]
    r.check([x.split(" ")[0] for x in said[-3:]] == ["LHLO", "STARTTLS", "LHLO"], f"LHLO again behind STARTTLS: {said[-3:]}")
    w.server.lines = before
    w.server.write_config()
    w.server.ask("reload")
    peer.tls = None
    w.server.tool("domain", "set", "box.test", "--security", "may", "--relay", f"lmtp:{b.at}")


def not_lmtp(b):
    """RFC 2033 section 4.1: that is how one finds out."""
    r, peer = b.r, b.peer
    peer.lmtp = False
    peer.drop()
    peer.verbs.clear()
    b.send(["a"], "wrong protocol")
    waits = serve.wait_for(lambda: (x := b.w.state("a@box.test")) and x["attempts"] and x)
    r.check(waits and "500 5.5.1" in waits["answer"], f"a server that does not speak it: the letter waits, and the queue says why: {waits}")
    r.check(all(x.split(" ")[0] in ("LHLO", "QUIT") for x in peer.verbs), f"and nothing else is said to it: {peer.verbs}")
    peer.lmtp = True
    r.check(b.has("wrong protocol", "a") and b.empty(), "and it goes when it does")


def lmtp(w, r, port, peer_port):
    b = Box(w, r, port, peer_port)
    for part in (commands, each_his_own, deaths, own_death, ahead, tls, not_lmtp):
        part(b)
    w.server.tool("domain", "remove", "box.test")
    b.peer.stop()
