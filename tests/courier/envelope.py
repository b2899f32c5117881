"""What envelopes ask for: priority (RFC 6710), by when (RFC 2852), not before when (RFC 4865)."""
import email
import re

import serve

KNOWS = ("PIPELINING", "8BITMIME", "SIZE 50000000", "DSN", "SMTPUTF8")


def mails(peer):
    return [x for x in peer.verbs if x.startswith("MAIL")]


def set_line(w, r, *lines):
    """Those settings instead of the ones of that name."""
    names = {x.split()[0] for x in lines}
    w.server.lines = [x for x in w.server.lines if x.split(" ")[0] not in names] + list(lines)
    w.server.write_config()
    r.check(w.server.ask("reload")[0] == 0, f"settings: {lines}")


def priorities(w, r):
    knows, not_ = w.peer("urgent", 181, extensions=KNOWS + ("MT-PRIORITY MIXER",)), w.peer("calm", 182, extensions=KNOWS)
    w.send(["a@urgent.test", "a@calm.test"], "urgent", options=["MT-PRIORITY=3"])
    r.check(serve.wait_for(lambda: knows.letters and not_.letters), "a letter with a priority goes to both kinds of servers")
    r.check(" MT-PRIORITY=3" in mails(knows)[0] and "PRIORITY" not in mails(not_)[0], f"and says it to the one that knows it: {mails(knows)} {mails(not_)}")
    r.check(b"PRIORITY 3" in knows.letters[0][2].split(b"\r\n\r\n")[0], "the trace has it")
    w.send(["b@urgent.test"], "usual")
    r.check(serve.wait_for(lambda: len(knows.letters) == 2) and " MT-PRIORITY=0" in mails(knows)[1], f"what has none has 0: {mails(knows)[1:]}")
    knows.answers["RCPT"] = "550 5.1.1 no such user"
    w.send(["c@urgent.test"], "urgent notice", options=["MT-PRIORITY=-4"])
    r.check(serve.wait_for(lambda: w.notice("urgent notice"), 20), "a notice of one that is not urgent comes all the same")
    set_line(w, r, "courier_enabled no", "courier_per_destination 1", "smtp_priority_max 4")
    order = w.peer("order", 183)
    w.send(["z@calm.test"], "last")  # the courier had asked for work before
    r.check(serve.wait_for(lambda: len(not_.letters) == 2, 20), "what the courier has asked for already it carries")
    for subject, priority in (("one", 0), ("two", -9), ("three", 9), ("four", 0), ("five", 3), ("six", 4)):
        w.send(["a@order.test"], subject, options=[f"MT-PRIORITY={priority}"] if priority else [])
    shown = {x["priority"] for x in w.queue()["letters"] if "a@order.test" in x["recipients"]}
    r.check(shown == {0, -9, 4, 3}, f"the queue shows them, bounded by the setting: {shown}")
    set_line(w, r, "courier_enabled yes")
    r.check(serve.wait_for(lambda: len(order.letters) == 6, 20), "all go")
    got = [email.message_from_bytes(x[2])["Subject"] for x in order.letters]
    r.check(got == ["three", "six", "five", "one", "four", "two"], f"the urgent first: {got}")
    set_line(w, r, "courier_per_destination 20", "smtp_priority_max 9")


def report(w, about, timeout=20):
    """The groups of the report of the notice about that letter; None: there is none."""
    m = serve.wait_for(lambda: w.notice(about), timeout)
    return m and m.get_payload()[1].get_payload()


def by_of(peer, n=0):
    found = re.search(r" BY=(\S+)", mails(peer)[n]) if len(mails(peer)) > n else None
    return found and found.group(1)


def deliver_by(w, r):
    knows = w.peer("timely", 184, extensions=KNOWS + ("DELIVERBY 20",))
    lacks, lacks_all = w.peer("timeless", 185, extensions=KNOWS), w.peer("bare", 186, extensions=[])
    w.send(["a@timely.test"], "by r", options=["BY=120;R"])
    r.check(serve.wait_for(lambda: knows.letters), "a letter with a time goes to a server that knows that")
    r.check(re.fullmatch(r"11\d;R", by_of(knows) or ""), f"with what is left of it: {by_of(knows)}")
    w.send(["b@timely.test"], "by nt", options=["BY=-5;NT"])
    r.check(serve.wait_for(lambda: len(knows.letters) == 2) and re.fullmatch(r"-[5-9];NT", by_of(knows, 1) or ""), f"also when it is over, in mode N: {mails(knows)}")
    g = report(w, "by nt")
    r.check(g and g[1]["Action"] == "relayed" and g[0]["Deliver-By-Date"] and g[0]["Arrival-Date"], f"who asks for a trace is told of each server: {g and g[1].as_string()}")
    r.check(not w.notice("by r"), "and nobody else")
    for to, about, options, status in (("a@timeless.test", "unknown", ["BY=120;R"], "5.3.3"), ("c@timely.test", "too little", ["BY=15;R"], "5.4.7")):
        w.send([to], about, options=options)
        g = report(w, about)
        r.check(g and g[1]["Action"] == "failed" and g[1]["Status"] == status, f"{about}: it comes back with {status}: {g and g[1].as_string()}")
    r.check(not lacks.letters and len(knows.letters) == 2, "and goes to no server that can't heed it")
    w.send(["b@timeless.test"], "lost", options=["BY=120;N"])
    w.send(["c@timeless.test"], "lost quietly", options=["BY=120;N"], rcpt_options=["NOTIFY=NEVER"])
    w.send(["a@bare.test"], "lost and bare", options=["BY=120;N"], rcpt_options=["NOTIFY=FAILURE"])
    for about in ("lost", "lost and bare"):
        g = report(w, about)
        r.check(g and g[1]["Action"] == "relayed", f"{about}: to a server that does not know it, and its sender is told: {g and g[1].as_string()}")
    r.check(serve.wait_for(lambda: len(lacks.letters) == 2 and lacks_all.letters), "all of them go")
    rcpts = {x[x.index("<") + 1]: x for x in lacks.verbs if x.startswith("RCPT")}
    r.check(rcpts["b"].endswith("NOTIFY=FAILURE,DELAY") and rcpts["c"].endswith("NOTIFY=NEVER"), f"it is asked to tell of delays: {rcpts}")
    r.check(not any("BY=" in x for x in lacks.verbs + lacks_all.verbs) and not w.notice("lost quietly"), "and is told nothing that it does not know")
    knows.answers["RCPT"] = lacks.answers["RCPT"] = "450 4.2.0 come again"
    w.send(["d@timely.test"], "returned", options=["BY=25;R"])
    w.send(["d@timeless.test"], "late", options=["BY=3;N"])
    g = report(w, "late")
    r.check(g and g[1]["Action"] == "delayed" and g[1]["Status"] == "4.4.7", f"a time that is over in mode N: its sender is told: {g and g[1].as_string()}")
    lacks.answers.clear()
    r.check(serve.wait_for(lambda: len(lacks.letters) == 3, 20), "and it is tried on, until it goes")
    g = report(w, "returned", 40)
    r.check(g and g[1]["Action"] == "failed" and g[1]["Status"] == "5.4.7", f"in mode R it comes back: {g and g[1].as_string()}")
    tries = sum(x.startswith("RCPT TO:<d@") for x in knows.verbs)
    knows.answers.clear()
    r.check(serve.wait_for(lambda: not w.queue()["letters"], 20) and tries == sum(x.startswith("RCPT TO:<d@") for x in knows.verbs), "and is not tried any more")


def shown(w, of):
    for x in w.queue()["letters"]:
        if of in x["recipients"]:
            return x
    return None


def later(w, r):
    there = w.peer("postponed", 187)
    w.server.tool("alias", "add", "crowd@here.test", "bob@here.test", "c@postponed.test")
    before = len(w.inbox("bob"))
    w.send(["a@postponed.test", "bob@here.test", "crowd@here.test"], "in eight seconds", options=["HOLDFOR=8"])
    x = shown(w, "a@postponed.test")
    r.check(x and sorted(x["recipients"]) == ["a@postponed.test", "bob@here.test", "c@postponed.test"] and x["why"] == "it is to leave later" and x["release"] == x["due"],
            f"a letter that leaves later waits for all of its recipients: {x}")
    r.check(w.server.ask("queue", "retry", "--all")[2]["left_alone"] >= 1 and w.server.ask("queue", "retry", x["id"])[0] != 0, "a retry does not make it leave")
    r.check(w.server.stop() == 0 and w.server.start(), "the server starts anew meanwhile")
    r.check(shown(w, "a@postponed.test") and not there.letters and len(w.inbox("bob")) == before, "and it waits still")
    r.check(serve.wait_for(lambda: there.letters, 30), "it leaves at its time")
    r.check(len(there.letters) == 1 and sorted(there.letters[0][1]) == ["a@postponed.test", "c@postponed.test"], f"also where an alias leads, once: {[x[:2] for x in there.letters]}")
    r.check(serve.wait_for(lambda: len(w.inbox("bob")) == before + 1, 20), f"and reaches who is here, once: {len(w.inbox('bob')) - before}")
    w.send(["crowd@here.test"], "to an alias", options=["HOLDFOR=1"])
    r.check(shown(w, "crowd@here.test"), "an alias of somebody here waits as it was said")
    r.check(serve.wait_for(lambda: len(there.letters) == 2 and len(w.inbox("bob")) == before + 2, 20), "and leads to all when it leaves")
    r.check(serve.wait_for(lambda: not w.queue()["letters"], 20), "nothing is left of it")
    there.answers["RCPT"] = "550 5.1.1 no such user"
    w.send(["b@postponed.test"], "let go", options=["HOLDFOR=86400"], rcpt_options=["NOTIFY=FAILURE"])
    x = shown(w, "b@postponed.test")
    r.check(w.server.ask("queue", "release", x["id"])[0] == 0, "it can be let go before")
    g = report(w, "let go")
    r.check(g and g[0]["Future-Release-Request"] == "for;86400" and g[0]["Arrival-Date"] and g[1]["Action"] == "failed", f"a notice of it says so: {g and g[0].as_string()}")
    w.send(["crowd@here.test"], "to nobody's knowledge", options=["HOLDFOR=1"], rcpt_options=["NOTIFY=NEVER"])
    r.check(serve.wait_for(lambda: any("c@postponed" in x and "NOTIFY=NEVER" in x for x in there.verbs), 20), f"what the sender wants to know goes along: {there.verbs[-4:]}")
    r.check(serve.wait_for(lambda: not w.queue()["letters"], 20) and not w.notice("to nobody's knowledge"), "and he is told nothing that he does not want to know")
    there.answers.clear()
    set_line(w, r, "smtp_future_release_letters 1")
    w.send(["d@postponed.test"], "one", options=["HOLDFOR=86400"])
    try:
        w.send(["d@postponed.test"], "two", options=["HOLDFOR=86400"])
        r.check(False, "a second one is refused")
    except Exception as e:
        r.check("5.7.16" in str(e) and "552" in str(e), f"more than may wait are refused: {e}")
    w.send(["e@postponed.test"], "three")
    r.check(w.server.ask("queue", "drop", shown(w, "d@postponed.test")["id"])[0] == 0, "it can be dropped")
    w.send(["d@postponed.test"], "four", options=["HOLDFOR=86400"])
    r.check(w.server.ask("queue", "drop", shown(w, "d@postponed.test")["id"])[0] == 0, "and then there is room again")
    set_line(w, r, "smtp_future_release_letters 1000")
    r.check(serve.wait_for(lambda: not w.queue()["letters"], 20), "nothing is left")


def envelope(w, r):
    priorities(w, r)
    deliver_by(w, r)
    later(w, r)
