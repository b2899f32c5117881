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


def envelope(w, r):
    priorities(w, r)
