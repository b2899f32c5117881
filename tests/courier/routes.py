"""Letters that go where the administrator says: by routes and their logins, by fallbacks, and one by one."""
import base64
import os
import time

import serve
from peers import A, Peer

PLAIN = "AUTH PLAIN " + base64.b64encode(b"\0me\0pass word").decode()


class Smarthosts:
    def __init__(self, w, port):
        self.w, self.port = w, port
        w.certs.make("smart", ["smart.test", "other.test", "third.test"], by_ca=True)

    def make(self, name, last, login=True):
        """A server NAME.test at 127.0.1.LAST, and how routes name it."""
        self.w.dns.add(f"{name}.test", A, f"127.0.1.{last}")
        peer = Peer(f"127.0.1.{last}", self.port, extensions=["PIPELINING", "8BITMIME", "DSN"] + (["AUTH PLAIN"] if login else []), tls=self.w.certs.tls("smart"))
        peer.answers["AUTH"] = "235 2.7.0 welcome"
        return peer, f"{name}.test:{self.port}"


def domain(w, name, last):
    """A domain NAME.test whose own mail server stands at 127.0.1.LAST."""
    w.dns.add(f"{name}.test", A, f"127.0.1.{last}")
    w.peers[name] = Peer(f"127.0.1.{last}", w.port)
    return w.peers[name]


def rcpts(peer):
    return sorted(x for letter in peer.letters for x in letter[1])


def logins(peer):
    return [x for x in peer.verbs if x.startswith("AUTH")]


def by_rules(w, r, hosts):
    """Account before sender's domain before destination, whole names before their ends; each under TLS that is checked, with its login."""
    (smart, to_smart), (other, to_other), (third, to_third) = hosts
    direct, inner = domain(w, "routed", 70), domain(w, "a.inner", 71)
    tool, ask = w.server.tool, w.server.ask
    first = tool("route", "add", "to", "routed.test", to_smart, "--user", "me", "--password-stdin", stdin="pass word\n")
    r.check(first["for"] == "to routed.test" and "pass word" not in str(first), f"a route to a domain: {first}")
    w.send(["a@routed.test", "b@unrouted.test"], "routed")
    r.check(serve.wait_for(lambda: smart.letters) and smart.letters[0][3] and not direct.letters, "its letters go to the smarthost, under TLS")
    r.check(rcpts(smart) == ["a@routed.test"] and logins(smart) == [PLAIN], f"with the login, and no others do: {rcpts(smart)} {logins(smart)}")
    with open(w.server.log) as f:
        log = f.read()
    r.check("pass word" not in log and PLAIN.split()[-1] not in log, "the password is not in the log")
    listed = tool("route", "list")["routes"]
    r.check([x["user"] for x in listed] == ["me"] and "pass word" not in str(listed), f"nor in the list: {listed}")
    for wrong in (("to", "routed.test", to_other), ("to", "x.test", to_smart, "--user", "me"), ("from", "strange.test", to_smart), ("account", "nobody@here.test", to_smart),
                  ("from", "here.test", to_smart, "--fallback"), ("to", "x.test", to_smart, "--security", "perhaps"), ("to", "*", to_smart, "--fallback"), ("to", "x.test", "a b"),
                  ("to", "x.test", to_smart, "--fallback", "--codes", "250"), ("to", "x.test", to_smart, "--codes", "550"), ("to", "x.test", "mx", "--user", "me")):
        r.check(ask("route", "add", *wrong)[0] != 0, f"refused: {wrong}")
    end = tool("route", "add", "to", ".inner.test", to_other)
    tool("route", "add", "to", "a.inner.test", to_third)
    w.send(["a@a.inner.test", "b@b.inner.test"], "below")
    r.check(serve.wait_for(lambda: other.letters and third.letters) and not inner.letters, "letters below a domain")
    r.check(rcpts(other) == ["b@b.inner.test"] and rcpts(third) == ["a@a.inner.test"] and not logins(other), f"a whole name goes before its end: {rcpts(other)} {rcpts(third)}")
    tool("route", "add", "from", "here.test", to_other)
    w.send(["s@routed.test"], "by sender")
    r.check(serve.wait_for(lambda: "s@routed.test" in rcpts(other)), "the sender's domain goes before the destination")
    tool("route", "add", "account", "alice@here.test", to_third)
    w.send(["t@routed.test"], "by account")
    r.check(serve.wait_for(lambda: "t@routed.test" in rcpts(third)), "the account before both")
    r.check([x["for"] for x in tool("route", "list")["routes"]][-1] == "account alice@here.test", "and the list names it")
    for x in tool("route", "list")["routes"]:
        if x["id"] not in (first["id"], end["id"]):
            tool("route", "remove", str(x["id"]))
    tool("route", "add", "to", "*", to_third)
    tool("route", "add", "to", "exempt.test", "mx")
    plain = domain(w, "exempt", 72)
    w.send(["c@exempt.test", "d@any.test", "u@routed.test"], "all but one")
    r.check(serve.wait_for(lambda: plain.letters and "d@any.test" in rcpts(third) and "u@routed.test" in rcpts(smart)), "a route for all, and one that is an exception of it")
    r.check(ask("route", "remove", "12345")[0] != 0, "there is no such route")
    return first


def backed_up(w, r):
    """The password of a route is among the keys of a backup, which are sealed."""
    where = os.path.join(w.server.dir, "copies")
    w.server.tool("backup", where, "--passphrase-stdin", stdin="a long passphrase\n")
    files = [os.path.join(at, x) for at, _, names in os.walk(where) for x in names]
    bare = [x for x in files if any(word in open(x, "rb").read() for word in (b"pass word", b"pass word".hex().encode()))]
    r.check(any(x.endswith("directory.db") for x in files) and not bare, f"no file of a backup has the password: {bare}")
    with open(os.path.join(w.server.dir, "data", "keeper", "directory.db"), "rb") as f, open(os.path.join(w.server.dir, "data", "keeper", "directory.db-wal"), "rb") as g:
        r.check(b"pass word".hex().encode() in f.read() + g.read(), "the directory itself has it, among the keeper's secrets")


def logins_refused(w, r, hosts):
    (smart, to_smart) = hosts[0]
    smart.answers["AUTH"] = "535 5.7.8 who are you"
    time.sleep(4)  # the connection is closed meanwhile
    before = len(smart.letters)
    w.send(["l@routed.test"], "refused login")
    waits = serve.wait_for(lambda: (x := w.state("l@routed.test")) and "535 5.7.8 who are you" in x["answer"] and x)
    r.check(waits and waits["state"] == "waiting" and len(smart.letters) == before, f"a login that is refused: the letter waits, and says why: {waits}")
    r.check(any("smart.test" in x and "who are you" in x for x in w.server.events("courier_login_refused")), "so does the log")
    smart.answers["AUTH"] = "235 2.7.0 welcome"
    smart.answers["MAIL"] = "530 5.7.0 authentication required"
    r.check(serve.wait_for(lambda: (x := w.state("l@routed.test")) and "530" in x["answer"]), "one that wants another login: it waits still")
    smart.answers.pop("MAIL")
    r.check(serve.wait_for(lambda: "l@routed.test" in rcpts(smart), 20), "and goes when the login is taken")
    w.dns.add("imposter2.test", A, "127.0.1.60")
    route = w.server.tool("route", "add", "to", "imposed.test", f"imposter2.test:{smart.server.server_address[1]}")
    before = len(smart.letters)
    w.send(["i@imposed.test"], "imposter")
    r.check(serve.wait_for(lambda: (x := w.state("i@imposed.test")) and x["answer"]), "a certificate of another name: it waits")
    r.check(len(smart.letters) == before, "and is not said")
    w.server.tool("route", "remove", str(route["id"]))
    r.check(serve.wait_for(lambda: (x := w.state("i@imposed.test")) and w.server.ask("queue", "route", x["id"], to_smart)[0] == 0, 20), "until it is routed by hand")
    r.check(serve.wait_for(lambda: not w.queue()["letters"], 20), "and nothing is left")


def fallbacks(w, r, hosts):
    (smart, to_smart), (other, to_other), _ = hosts
    tool = w.server.tool
    for x in tool("route", "list")["routes"]:
        tool("route", "remove", str(x["id"]))
    blocking, strict = domain(w, "blocking", 73), domain(w, "strict", 74)
    tool("route", "add", "to", "blocking.test", to_smart, "--fallback", "--user", "me", "--password-stdin", stdin="pass word\n")
    blocking.answers["RCPT"] = lambda line: "550 5.7.1 your address is on a list" if "yes" in line else "550 5.1.1 nobody of that name" if "no" in line else "250 ok"
    strict.answers["RCPT"] = "550 5.7.1 your address is on a list"
    w.send(["yes@blocking.test", "no@blocking.test", "fine@blocking.test", "yes@strict.test"], "blocked")
    r.check(serve.wait_for(lambda: "yes@blocking.test" in rcpts(smart)), "refused for our address, a recipient goes by the fallback")
    r.check(serve.wait_for(lambda: rcpts(blocking) == ["fine@blocking.test"]), "others of the letter go as they went")
    m = serve.wait_for(lambda: w.notice("blocked"), 20)
    r.check(m and "no@blocking.test" in m.as_string() + str(w.inbox()[-1]), "who does not exist comes back")
    r.check(serve.wait_for(lambda: not w.queue()["letters"], 20) and "yes@strict.test" not in rcpts(smart) and "no@blocking.test" not in rcpts(smart), "as does what has no fallback")
    r.check(len(w.server.events("courier_fallback")) == 1, "the log tells of it")
    smart.answers["RCPT"] = "550 5.7.1 nor from us"
    w.send(["yes@blocking.test"], "refused twice")
    m = serve.wait_for(lambda: w.notice("refused twice"), 20)
    r.check(m and "nor from us" in m.as_string(), "refused there as well, it comes back: there is no third way")
    smart.answers["RCPT"] = "451 4.3.0 not today"
    w.send(["yes@blocking.test"], "later")
    r.check(serve.wait_for(lambda: (x := w.state("yes@blocking.test")) and "not today" in x["answer"]), "put off there, it waits")
    smart.answers.pop("RCPT")
    r.check(serve.wait_for(lambda: rcpts(smart).count("yes@blocking.test") == 2, 20), "and goes later")
    greeter = domain(w, "greeter", 75)
    greeter.answers["greeting"] = "554 no service for you"
    tool("route", "add", "to", "*", to_other, "--fallback", "--codes", "554,5.7.25")
    w.send(["g@greeter.test"], "greeting")
    r.check(serve.wait_for(lambda: "g@greeter.test" in rcpts(other), 20), "a refusal instead of a greeting, of a domain that is not named")
    rude, plain = domain(w, "rude", 76), domain(w, "untls", 77)
    rude.answers["letter"] = ""
    for name in ("rude.test", "untls.test"):
        tool("route", "add", "to", name, to_smart, "--fallback", "--after", "0s")
    w.server.tool("transport", "set", "untls.test", "tls", "encrypt")
    w.send(["u@rude.test"], "uncertain")
    for i in range(6):
        w.send([f"t{i}@untls.test"], f"no TLS {i}")
    waits = serve.wait_for(lambda: (x := w.state("u@rude.test")) and x["attempts"] >= 2 and x, 30)
    r.check(waits and "u@rude.test" not in rcpts(smart), f"sent whole and not answered, a letter may have arrived: it is no fallback's: {waits}")
    waits = serve.wait_for(lambda: all((x := w.state(f"t{i}@untls.test")) and x["attempts"] >= 2 for i in range(6)), 30)
    r.check(waits and not plain.letters and not [x for x in rcpts(smart) if x.endswith("@untls.test")], "nor is one that a rule about TLS holds back, even where others of its domain were not tried for it")
    w.server.tool("transport", "set", "untls.test", "tls", "none")
    rude.answers.pop("letter")
    r.check(serve.wait_for(lambda: len(plain.letters) == 6 and rude.letters, 40) and serve.wait_for(lambda: not w.queue()["letters"], 20), "they go when they may")
    tool("transport", "remove", "untls.test")
    w.dns.add("wide.test", A, "127.0.1.96")
    tool("route", "add", "to", "wide.test", to_smart, "--fallback", "--after", "0s")
    w.send(["\u00fc@wide.test"], "wide", options=["SMTPUTF8"])
    waits = serve.wait_for(lambda: (x := w.state("\u00fc@wide.test")) and x["answer"] and x)
    r.check(waits and waits["state"] == "waiting" and "beyond ASCII" in waits["answer"], f"what a fallback can't take waits for those that may: {waits}")
    wide = w.peers["wide"] = Peer("127.0.1.96", w.port)
    r.check(serve.wait_for(lambda: wide.letters, 40) and serve.wait_for(lambda: not w.queue()["letters"], 20), "and goes to them")
    w.dns.add("away.test", A, "127.0.1.95")
    w.dns.add("gone2.test", A, "127.0.1.95")
    tool("route", "add", "to", "away.test", to_smart, "--fallback", "--after", "3s")
    began = time.monotonic()
    w.send([f"w{i}@away.test" for i in range(3)], "away")
    for i in range(8):
        w.send([f"x{i}@away.test"], f"away {i}")
    w.send(["w@gone2.test"], "gone2")
    r.check(serve.wait_for(lambda: sum(x.endswith("@away.test") for x in rcpts(smart)) == 11, 40), f"out of reach for a while, letters go by the fallback: {rcpts(smart)}")
    r.check(time.monotonic() - began > 2.5, "and not before")
    waits = w.state("w@gone2.test")
    r.check(waits and waits["attempts"] >= 1, f"what has none waits: {waits}")
    r.check(serve.wait_for(lambda: w.server.ask("queue", "drop", waits["id"])[0] == 0) and serve.wait_for(lambda: not w.queue()["letters"]), "dropped")
    for x in tool("route", "list")["routes"]:
        tool("route", "remove", str(x["id"]))


def one_by_one(w, r, hosts):
    (smart, to_smart), (other, to_other), _ = hosts
    ask, tool = w.server.ask, w.server.tool
    w.dns.add("stuck.test", A, "127.0.1.95")
    w.send(["q@stuck.test"], "stuck")
    waits = serve.wait_for(lambda: (x := w.state("q@stuck.test")) and x["answer"] and x)
    r.check(waits, "a letter waits")
    for wrong in ((waits["id"],), (waits["id"], to_smart, "--all"), ("default", "--security", "tls", "--all"), (waits["id"], "a b"), (waits["id"], to_smart, "--security", "maybe")):
        r.check(ask("queue", "route", *wrong)[0] != 0, f"refused: {wrong}")
    other.answers["RCPT"] = "451 4.3.0 not today"
    r.check(serve.wait_for(lambda: ask("queue", "route", waits["id"], to_other)[0] == 0), "it gets another way")
    r.check(serve.wait_for(lambda: (x := w.state("q@stuck.test")) and "not today" in x["answer"]), "and is tried there")
    r.check([x["route"] for x in w.queue()["letters"]] == [f"{to_other} starttls"] and ask("queue", "show", waits["id"])[2]["route"] == f"{to_other} starttls", "which the list says")
    r.check(w.server.stop() == 0 and w.server.start(), "the server stops and starts")
    r.check([x["route"] for x in w.queue()["letters"]] == [f"{to_other} starttls"], "it is remembered")
    other.answers.pop("RCPT")
    r.check(serve.wait_for(lambda: "q@stuck.test" in rcpts(other), 30), "and holds")
    r.check(serve.wait_for(lambda: not w.queue()["letters"], 20), "the letter has gone")
    for i in range(3):
        w.send([f"r{i}@stuck.test"], f"stuck {i}")
    r.check(serve.wait_for(lambda: len(w.queue()["letters"]) == 3), "several wait")
    smart.answers["AUTH"] = "235 2.7.0 welcome"
    route = tool("route", "add", "to", "elsewhere.test", to_smart, "--user", "me", "--password-stdin", stdin="pass word\n")
    before = len(logins(smart))
    r.check(serve.wait_for(lambda: ask("queue", "route", to_smart, "--domain", "stuck.test")[0] == 0 and not w.queue()["letters"], 20), "all for a domain get another way")
    r.check(sum(x.startswith("r") and x.endswith("@stuck.test") for x in rcpts(smart)) == 3 and len(logins(smart)) > before, "with the login of the route to there")
    tool("route", "remove", str(route["id"]))
    w.send(["s@stuck.test"], "to and fro")
    waits = serve.wait_for(lambda: (x := w.state("s@stuck.test")) and x["answer"] and x)
    for server in ("127.0.1.94:9", "default"):
        r.check(serve.wait_for(lambda: ask("queue", "route", waits["id"], server)[0] == 0), f"to {server}")
    r.check([x["route"] for x in w.queue()["letters"]] == [""], "the usual way again")
    r.check(serve.wait_for(lambda: ask("queue", "route", waits["id"], "127.0.1.60:28514", "--security", "none")[0] == 0), "without TLS when it is said")
    r.check(serve.wait_for(lambda: "s@stuck.test" in rcpts(smart), 20) and not [x for x in smart.letters if "s@stuck.test" in x[1]][0][3], "it goes so")


def routes(w, r, port):
    w.port = port
    made = Smarthosts(w, port)
    hosts = [made.make("smart", 60), made.make("other", 61, login=False), made.make("third", 62, login=False)]
    before = w.server.lines
    w.server.lines = before + [f"relay_ca {w.certs.path('ca')}"]
    w.server.write_config()
    r.check(w.server.ask("reload")[0] == 0, "whose certificates are trusted")
    by_rules(w, r, hosts)
    backed_up(w, r)
    logins_refused(w, r, hosts)
    fallbacks(w, r, hosts)
    one_by_one(w, r, hosts)
    w.server.lines = before
    w.server.write_config()
    r.check(w.server.ask("reload")[0] == 0, "the old settings again")
    for peer, _ in hosts:
        peer.stop()
