"""In which order addresses are tried, and when IPv6 is left alone."""
import errno
import socket

import serve
from peers import A, AAAA, MX, PTR, Peer

LOOPBACK6 = "1" + ".0" * 31 + ".ip6.arpa"


def has_ipv6():
    with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as s:
        try:
            s.bind(("::1", 0))
        except OSError as e:
            if e.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                raise
            return False
    return True


def addresses(w, r, port):
    if not has_ipv6():
        r.skipped += 1
        return
    w.dns.records[(LOOPBACK6, PTR)] = ["localhost.test"]
    w.dns.ttls[(LOOPBACK6, PTR)] = 0
    six, second = Peer("::1", port), Peer("127.0.1.39", port)

    def domain(name, last, *more):
        w.dns.add(f"{name}.test", MX, f"10 mx.{name}.test", *more)
        w.dns.add(f"mx.{name}.test", A, f"127.0.1.{last}")
        w.dns.add(f"mx.{name}.test", AAAA, "::1")
    w.dns.add("second.test", A, "127.0.1.39")
    domain("both", 98)
    w.send(["a@both.test"], "both")
    r.check(serve.wait_for(lambda: len(six.letters) == 1), "the IPv6 address, when the IPv4 address of the same server does not answer")
    four = Peer("127.0.1.98", port)
    domain("again", 98)
    w.send(["a@again.test"], "again")
    r.check(serve.wait_for(lambda: len(six.letters) == 2) and not four.connections, "an address that could not be reached lately is not the first any more")
    four.stop()
    del w.dns.records[(LOOPBACK6, PTR)]
    domain("left", 97, "20 second.test")
    w.send(["a@left.test"], "left")
    r.check(serve.wait_for(lambda: len(second.letters) == 1) and len(six.letters) == 2, "without a reverse name of ours IPv6 is left for IPv4, of another server too")
    domain("alone", 96)
    w.send(["a@alone.test"], "alone")
    r.check(serve.wait_for(lambda: (x := w.state("a@alone.test")) and "no reverse name" in x["answer"] and "refused" in x["answer"]), f"it waits, and says both: {w.state('a@alone.test')}")
    w.dns.add("only6.test", MX, "10 mx.only6.test")
    w.dns.add("mx.only6.test", AAAA, "::1")
    w.send(["a@only6.test"], "only six")
    r.check(serve.wait_for(lambda: len(six.letters) == 3), "a server without an IPv4 address is gone to")
    before = w.server.lines

    def settings(*lines):
        w.server.lines = before + list(lines)
        w.server.write_config()
        r.check(w.server.ask("reload")[0] == 0, f"settings {lines}")
    settings("courier_ipv6 yes")
    r.check(serve.wait_for(lambda: len(six.letters) == 4, 20), "courier_ipv6 yes: whatever our name")
    settings("courier_ipv6 no")
    w.dns.add("never6.test", MX, "10 mx.only6.test")
    w.send(["a@never6.test"], "never six")
    r.check(serve.wait_for(lambda: (x := w.state("a@never6.test")) and "courier_ipv6" in x["answer"]) and len(six.letters) == 4, "courier_ipv6 no: it waits, and says why")
    settings()
    r.check(serve.wait_for(lambda: len(six.letters) == 5, 20) and serve.wait_for(lambda: not w.queue()["letters"]), "and nothing is left")
    six.stop()
    second.stop()
