"""Notices: in the sender's language, signed, capped, and none to those who may not have written the letter."""
import email
import email.policy
import smtplib

import serve
from forwarding import hand_in
from signatures import verdicts


def log_has(w, text):
    return text in open(w.server.log).read()


def settings(w, r, *lines):
    w.server.lines = w.server.lines + list(lines)
    w.server.write_config()
    r.check(w.server.ask("reload")[0] == 0, f"settings: {lines}")


def parts_of(m):
    m = email.message_from_bytes(m.as_bytes(), policy=email.policy.default)
    return m, list(m.iter_parts())


def notices(w, r, port):
    bad = w.peer("refuses", 88)
    bad.answers["RCPT"] = "550 5.1.1 nobody of that name"
    before = w.server.lines

    # languages
    w.server.tool("account", "set", "alice@here.test", "--language", "zh")
    w.send(["a@refuses.test"], "chinese")
    m = serve.wait_for(lambda: w.notice("chinese"), 20)
    if r.check(m, "a notice to one whose language is Chinese"):
        raw = m.as_bytes()
        m, parts = parts_of(m)
        r.check(raw.isascii() and "退信" in m["Subject"] and "邮件投递系统" in m["From"], f"its header: {m['Subject']}")
        r.check(parts[0].get_content_charset() == "utf-8" and "无法送达以下收件人" in parts[0].get_content() and "nobody of that name" in parts[0].get_content(),
                "its text")
        r.check(m.get_content_type() == "multipart/report" and parts[1].get_content_type() == "message/delivery-status", "programs read what they always do")
        r.check(m["Auto-Submitted"] == "auto-replied" and m["From"].addresses[0].username == "MAILER-DAEMON", "from nobody who answers")
    w.server.tool("account", "set", "alice@here.test", "--language", "default")
    w.send(["b@refuses.test"], "english")
    m = serve.wait_for(lambda: w.notice("english"), 20)
    r.check(m and "Undelivered" in m["Subject"], "and in English for one without a language")
    r.check(w.server.ask("account", "set", "alice@here.test", "--language", "xx")[0] != 0, "no notices in other languages")
    settings(w, r, "notice_language zh", "notice_full_max 1K")
    w.send(["c@refuses.test"], "setting", "x" * 70 + "\r\n" + "y\r\n" * 1000, options=["RET=FULL"])
    m = serve.wait_for(lambda: w.notice("setting"), 20)
    r.check(m and m.get_payload()[2].get_content_type() == "text/rfc822-headers", "by the setting, and of a large letter only the header")
    r.check(m and "退信" in parts_of(m)[0]["Subject"], "in the language that it says")

    # strangers, whose letter an alias sends on
    w.server.lines = before
    origin = w.peer("strange", 89)
    settings(w, r)
    w.server.tool("alias", "add", "out@here.test", "x@refuses.test")
    records = w.own_keys()
    hand_in(port, "s@strange.test", "out@here.test")
    r.check(serve.wait_for(lambda: origin.letters, 20) and origin.letters[0][:2] == ("", ["s@strange.test"]), "a stranger is told that an alias' letter failed")
    raw = origin.letters[0][2] if origin.letters else b""
    r.check(b"Content-Type: text/rfc822-headers" in raw, "and gets its header back")
    r.check(raw.count(b"DKIM-Signature: ") == 2 and b"d=example.test" in raw and verdicts(raw, records) in (None, ["yes", "yes"]), "signed by the server's domain")
    bad.answers["RCPT"] = "550 5.7.1 we take no junk"
    hand_in(port, "s@strange.test", "out@here.test")
    r.check(serve.wait_for(lambda: log_has(w, "had not logged in"), 20) and len(origin.letters) == 1, "not when the letter was refused for what it is")
    hand_in(port, "", "out@here.test")
    r.check(serve.wait_for(lambda: log_has(w, "it has no sender"), 20), "a notice that fails ends in the log")
    bad.answers["RCPT"] = "550 5.1.1 nobody of that name"
    settings(w, r, "notice_per_sender 1")
    for i in range(2):
        hand_in(port, "t@strange.test", "out@here.test")
    r.check(serve.wait_for(lambda: log_has(w, "too many in this hour"), 20) and sum("t@strange.test" in x[1] for x in origin.letters) <= 1, "a cap on notices to one address")
    told = w.server.ask("queue", "stats")[2]["notices"]
    r.check(told["sent"] >= 3 and told["no_sender"] >= 1 and told["over_cap"] >= 1 and told["strangers"] >= 1, f"and numbers: {told}")
    w.server.tool("alias", "remove", "out@here.test")
    w.server.lines = before
    settings(w, r)
