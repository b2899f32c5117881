"""Addresses that letters have failed at for good: refused to the account that wrote to them, until that is lifted."""
import smtplib

import serve


def suppress(w, r, submission):
    gone = w.peer("gonefor", 90)

    def rcpt(to, user="alice"):
        with smtplib.SMTP("127.0.0.1", submission, timeout=30) as s:
            s.login(f"{user}@here.test", "secret")
            s.docmd(f"MAIL FROM:<{user}@here.test>")
            return s.docmd(f"RCPT TO:<{to}>")

    def listed(*who):
        return {x["address"]: x for x in w.server.ask("suppress", "list", *who)[2]["suppressed"]}

    def fail(to, answer, subject):
        gone.answers["RCPT"] = answer
        w.send([to], subject)
        return serve.wait_for(lambda: w.notice(subject), 20)

    def settings(*lines):
        before, w.server.lines = w.server.lines, w.server.lines + list(lines)
        w.server.write_config()
        r.check(w.server.ask("reload")[0] == 0, f"settings {lines}")
        w.server.lines = before

    settings()
    r.check(fail("x@gonefor.test", "550 5.1.1 nobody of that name", "gone once"), "a letter to nobody fails")
    r.check(serve.wait_for(lambda: listed().get("x@gonefor.test", {}).get("failures") == 1), f"and that is remembered: {listed()}")
    r.check(not listed()["x@gonefor.test"]["refused"] and rcpt("x@gonefor.test")[0] == 250, "he may try once more")
    r.check(fail("X@gonefor.test", "550 5.1.1 nobody of that name", "gone twice"), "it fails again")
    r.check(serve.wait_for(lambda: listed("alice@here.test").get("X@gonefor.test", listed().get("x@gonefor.test", {})).get("refused")), f"now it is refused: {listed()}")
    code, text = rcpt("x@gonefor.test")
    r.check(code == 550 and text.startswith(b"5.7.1") and b"nobody of that name" in text and b"restante suppress lift" in text and b"until 20" in text, f"at once, with a text: {code} {text}")
    r.check(rcpt("x@gonefor.test", "bob")[0] == 250 and rcpt("y@gonefor.test")[0] == 250, "nobody else, nowhere else")
    r.check(not listed("bob@here.test"), "each account has its own")
    w.server.stop()
    r.check(w.server.start() and rcpt("x@gonefor.test")[0] == 550, "still when the server has started anew")
    settings("suppress_after 0")
    r.check(rcpt("x@gonefor.test")[0] == 250, "not where that is turned off")
    settings()
    r.check(w.server.ask("suppress", "lift", "alice@here.test", "x@gonefor.test")[2] == {"lifted": 1} and rcpt("x@gonefor.test")[0] == 250, "lifted it is taken")
    r.check(w.server.ask("suppress", "lift", "alice@here.test", "x@gonefor.test")[0] != 0 and w.server.ask("suppress", "lift", "alice@here.test")[0] != 0, "once, and by name")
    r.check(fail("z@gonefor.test", "550 5.2.1 too fast", "other reason") and fail("z@gonefor.test", "554 5.7.1 blocked", "another") and "z@gonefor.test" not in listed(),
            "what may be of rates or policy does not count")
    r.check(fail("v@gonefor.test", "550 5.1.1 nobody", "before success") and serve.wait_for(lambda: "v@gonefor.test" in listed()), "one that failed")
    gone.answers.clear()
    w.send(["v@gonefor.test"], "success")
    r.check(serve.wait_for(lambda: "v@gonefor.test" not in listed(), 20), "is forgotten when a letter is taken")
    r.check(w.server.ask("suppress", "add", "alice@here.test", "u@gonefor.test", "--reason", "asked us not to")[2] == {"added": 1}, "by hand")
    code, text = rcpt("u@gonefor.test")
    r.check(code == 550 and b"asked us not to" in text, f"with its reason: {text}")
    r.check(w.server.ask("suppress", "lift", "alice@here.test", "--all")[2]["lifted"] >= 1 and not listed("alice@here.test"), "all at once")
