"""Source address and EHLO name: of the server, of a domain; what leaves as somebody else shares no connection, and never leaves from another address."""
import subprocess
import time

import serve
from addresses import LOOPBACK6, has_ipv6
from forwarding import hand_in
from peers import A, AAAA, MX, PTR, Peer


def identity(w, r, send_as, smtp, port):
    """send_as(address, to, subject): submits a letter of that account."""
    def ours(domain, *options):
        status, said, out = w.server.ask("domain", "set", domain, *options)
        r.check(status == 0, f"domain set {domain} {options}: {said}")
        return out

    def came(peer, sender):
        return [(a, e) for a, e, mail in peer.came if mail == sender]

    w.server.accounts("first.test", ["ann"], "secret")
    w.server.accounts("second.test", ["ben"], "secret")
    peer = w.peer("identified", 250)
    ours("first.test", "--source", "127.0.1.61", "--ehlo", "out.first.test")
    shown = ours("second.test", "--source", "127.0.1.62")
    r.check(shown["source"] == ["127.0.1.62"] and shown["ehlo"] == "", f"domain set shows it: {shown}")
    r.check("127.0.1.61" in subprocess.run(w.server.command("domain", "list", "--config", w.server.config), capture_output=True, text=True).stdout, "so does domain list, for people")
    for i in range(6):
        send_as("ann@first.test", ["a@identified.test"], f"first {i}")
        send_as("ben@second.test", ["a@identified.test"], f"second {i}")
        w.send(["a@identified.test"], f"plain {i}")
    r.check(serve.wait_for(lambda: len(peer.letters) == 18), f"all arrive: {len(peer.letters)}")
    host = "mail.example.test"
    for sender, want in (("ann@first.test", ("127.0.1.61", "out.first.test")), ("ben@second.test", ("127.0.1.62", host)), ("alice@here.test", ("127.0.0.1", host))):
        r.check(set(came(peer, sender)) == {want} and len(came(peer, sender)) == 6, f"letters of {sender} leave as {want}: {came(peer, sender)}")
    r.check(peer.connections < 18, f"and share connections among themselves: {peer.connections}")

    back = w.peer("bounced", 251)
    w.server.ask("alias", "add", "away@first.test", "b@bounced.test")
    hand_in(smtp, "someone@origin.test", "away@first.test")
    r.check(serve.wait_for(lambda: back.letters) and back.came[0][:2] == ("127.0.1.61", "out.first.test"), f"what an alias of the domain sends on: {back.came}")

    ours("second.test", "--source", "192.0.2.77")
    before = len(peer.letters)
    send_as("ben@second.test", ["wrong@identified.test"], "from nowhere")
    for i in range(5):
        w.send(["right@identified.test"], f"from here {i}")
    waits = serve.wait_for(lambda: (x := w.state("wrong@identified.test")) and x["attempts"] and x)
    r.check(waits and "192.0.2.77" in waits["answer"] and "no address of this machine" in waits["answer"], f"an address that is not here: the letter waits, and says why: {waits}")
    r.check(serve.wait_for(lambda: len(peer.letters) == before + 5) and not any(x[2] == "ben@second.test" for x in peer.came[before:]), "others are not kept by it, and it takes no other address")
    with open(w.server.log) as f:
        r.check(any("event=courier_source_missing" in x and "192.0.2.77" in x for x in f), "a line of the log")
    time.sleep(3)
    r.check(len(peer.letters) == before + 5 and w.state("wrong@identified.test"), "nor later")
    ours("second.test", "--source", "none", "--ehlo", "second.test")
    r.check(serve.wait_for(lambda: came(peer, "ben@second.test")[6:] == [("127.0.0.1", "second.test")], 20), f"it goes when that is mended: {came(peer, 'ben@second.test')[6:]}")

    for words, why in ((("--source", "127.0.1.300"), "--source"), (("--source", "127.0.1.1,127.0.1.2"), "second IPv4"), (("--ehlo", "two words"), "EHLO"), (("--ehlo", "[127.0.0.1]"), "EHLO")):
        status, said, _ = w.server.ask("domain", "set", "first.test", *words)
        r.check(status != 0 and why in said, f"{words} is refused: {status} {said}")

    lines = w.server.lines
    w.server.lines = lines + ["courier_source 127.0.1.64", "courier_ehlo out.here.test"]
    w.server.write_config()
    r.check(w.server.ask("reload")[0] == 0, "the settings are read again")
    w.send(["a@identified.test"], "as the settings say")
    send_as("ann@first.test", ["a@identified.test"], "as the domain says")
    r.check(serve.wait_for(lambda: came(peer, "alice@here.test")[-1:] == [("127.0.1.64", "out.here.test")]), f"courier_source and courier_ehlo: {came(peer, 'alice@here.test')[-1:]}")
    r.check(serve.wait_for(lambda: len(came(peer, "ann@first.test")) == 7) and came(peer, "ann@first.test")[-1] == ("127.0.1.61", "out.first.test"), "a domain's own go before")
    w.server.lines = lines
    w.server.write_config()
    r.check(w.server.ask("reload")[0] == 0, "and back")
    families(w, r, send_as, ours, port)
    ours("first.test", "--source", "none", "--ehlo", "none")
    ours("second.test", "--ehlo", "none")
    r.check(serve.wait_for(lambda: not w.queue()["letters"], 20), "and nothing is left")


def families(w, r, send_as, ours, port):
    """A source of one family says nothing of the other."""
    if not has_ipv6():
        r.skipped += 1
        return
    w.dns.records[(LOOPBACK6, PTR)], w.dns.ttls[(LOOPBACK6, PTR)] = ["localhost.test"], 0
    six = Peer("::1", port)
    w.dns.add("sixes.test", MX, "10 mx.sixes.test")
    w.dns.add("mx.sixes.test", AAAA, "::1")
    w.dns.add("both6.test", MX, "10 mx.both6.test")
    w.dns.add("mx.both6.test", AAAA, "::1")
    w.dns.add("mx.both6.test", A, "127.0.1.65")
    send_as("ann@first.test", ["a@sixes.test"], "over IPv6")  # its source is of IPv4
    r.check(serve.wait_for(lambda: six.letters) and six.came[0][:2] == ("::1", "out.first.test"), f"of the other family the system chooses: {six.came}")
    ours("first.test", "--source", "192.0.2.78,::1")
    send_as("ann@first.test", ["a@both6.test"], "over the family that works")
    r.check(serve.wait_for(lambda: len(six.letters) == 2), "what can't leave by IPv4 leaves by IPv6")
    ours("first.test", "--source", "2001:db8::77,127.0.1.61")
    send_as("ann@first.test", ["b@sixes.test"], "from nowhere")
    waits = serve.wait_for(lambda: (x := w.state("b@sixes.test")) and x["attempts"] and x)
    r.check(waits and "2001:db8::77" in waits["answer"], f"an IPv6 address that is not here: {waits}")
    ours("first.test", "--source", "::1,127.0.1.61")
    r.check(serve.wait_for(lambda: len(six.letters) == 3, 20), "mended, it goes")
    six.stop()
    del w.dns.records[(LOOPBACK6, PTR)]
