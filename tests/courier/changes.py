"""A command about domains holds for the next attempt of what waits already: whatever the courier remembers of the directory goes with the change."""
import serve


def changes(w, r):
    peer = w.peer("turning", 94, extensions=("PIPELINING",))
    peer.answers["RCPT"] = "451 4.2.0 not yet"
    w.send(["carol@turning.test"], "turns to us")
    if not r.check(serve.wait_for(lambda: any(x.startswith("RCPT") for x in peer.verbs)), "a letter for a domain elsewhere is tried there"):
        return
    letter = serve.wait_for(lambda: w.state("carol@turning.test"))
    r.check(serve.wait_for(lambda: w.server.ask("queue", "hold", letter["id"])[0] == 0), "a letter that waits can be held")
    w.server.accounts("turning.test", ["carol"], "secret")
    peer.answers.clear()
    w.server.tool("queue", "release", letter["id"])
    r.check(serve.wait_for(lambda: w.state("carol@turning.test") is None, 20), "and leaves the queue")
    r.check(not peer.letters and any(m["Subject"] == "turns to us" for m in w.inbox("carol", "turning.test")), "to the account that has come here meanwhile")
    w.server.tool("account", "remove", "carol@turning.test")
    w.server.tool("domain", "remove", "turning.test")
    w.send(["carol@turning.test"], "turns away")
    r.check(serve.wait_for(lambda: len(peer.letters) == 1), "when the domain has gone, the next letter leaves")
