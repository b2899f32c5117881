"""Notices that come in: about letters that left here, and about others."""
import re

import serve
from forwarding import hand_in

REPORT = """From: MAILER-DAEMON@{domain}\r
To: alice@here.test\r
Subject: {subject}\r
X-Restante-Bounce: forged\r
MIME-Version: 1.0\r
Content-Type: multipart/report; report-type=delivery-status; boundary=b\r
\r
--b\r
\r
It failed.\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mx.{domain}\r
{envid}\r
Final-Recipient: rfc822; {rcpt}\r
Action: failed\r
Status: 5.1.1\r
\r
--b\r
Content-Type: text/rfc822-headers\r
\r
{header}From: alice@here.test\r
Subject: original\r
\r
--b--\r
"""


def bounces(w, r, port):
    later = w.peer("later", 91)
    w.send("x@later.test", "to be marked")
    if not r.check(serve.wait_for(lambda: later.letters, 20), "a letter leaves"):
        return
    raw = later.letters[0][2].decode()
    mark = re.search(r"^X-Restante-Sent: ([0-9a-f]{16}-[0-9a-f]{20}) x@later\.test\r$", raw, re.M)
    envid = [x for x in later.verbs if x.startswith("MAIL")][0]
    if not r.check(mark and f"ENVID={mark[1]}" in envid, f"with a mark: {raw[:300]} {envid}"):
        return
    line = mark[0] + "\n"

    def comes(subject, user="alice", rcpt="x@later.test", header="", envid="Arrival-Date: today", plain=False):
        text = REPORT.format(subject=subject, domain="later.test", rcpt=rcpt, header=header, envid=envid)
        if plain:
            text = f"Subject: {subject}\r\n\r\nHi. This is the program at later.test. <{rcpt}>: no such user.\r\n\r\n{header}From: a\r\n"
        hand_in(port, "", f"{user}@here.test", text.encode())
        m = serve.wait_for(lambda: [x for x in w.inbox(user) if x["Subject"] == subject], 20)
        return m[0].get_all("X-Restante-Bounce") if m else ["did not arrive"]

    def listed(user="alice"):
        return {x["address"]: x["failures"] for x in w.server.ask("suppress", "list", f"{user}@here.test")[2]["suppressed"]}

    id = mark[1][:16]
    r.check(comes("b1", header=line) == [f"of {id}"], "a notice with our header is known")
    r.check(serve.wait_for(lambda: listed().get("x@later.test") == 1), f"and counts: {listed()}")
    r.check(comes("b2", envid=f"Original-Envelope-Id: {mark[1]}") == [f"of {id}"], "so is one with our envelope's id")
    r.check(serve.wait_for(lambda: listed().get("x@later.test") == 2), "and counts too")
    r.check(comes("b3", header=line, plain=True) == [f"of {id}"], "so is one in words of its own")
    unknown = ["of no letter known here"]
    r.check(comes("b4") == unknown, "one without a mark is told apart, and arrives")
    r.check(comes("b5", header=line.replace(mark[1], mark[1][:-1] + ("0" if mark[1][-1] != "0" else "1"))) == unknown, "one with a forged mark too")
    r.check(comes("b6", header=line.replace("later.test", "other.test")) == unknown, "and one with a mark of another domain")
    r.check(comes("b7", user="bob", header=line) == unknown, "and one for another user")
    r.check(comes("b8", rcpt="z@other.test", header=line) == [f"of {id}"] and "z@other.test" not in listed(), "whoever has a letter speaks for himself only")
    r.check(comes("b8a", rcpt="z@later.test", header=line) == [f"of {id}"] and "z@later.test" not in listed(), "and not for others of his domain")
    r.check(comes("b9", plain=True) is None and not listed("bob"), "a letter that is no notice is left alone")
    w.server.tool("suppress", "lift", "alice@here.test", "--all")
    w.send(["x@later.test", "y@later.test"], "to several")
    r.check(serve.wait_for(lambda: len(later.letters) > 1, 20), "a letter to several leaves")
    several = re.search(r"^X-Restante-Sent: ([0-9a-f]{16})-[0-9a-f]{20} later\.test\r$", later.letters[-1][2].decode(), re.M)
    if r.check(several, "marked for their domain"):
        r.check(comes("b9a", header=several[0] + "\n") == [f"of {several[1]}"] and not listed(), "a notice about it is known, and counts for none of them")
    w.server.stop()
    r.check(w.server.start() and comes("b10", header=line) == [f"of {id}"], "marks are known when the server has started anew")
