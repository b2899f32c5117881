"""Our reports about TLS (RFC 8460) by mail, to Postfix and Exim: read by Python, their signatures verified by python3-dkim and by Exim itself."""
import datetime
import email
import gzip
import json
import os
import re

import serve
from certs import tlsa
from hosts import v4
from makes import Exim, Postfix
from others import verdicts
from world import RESOLVER

OURS, SUBMITTER = "here.example", "mail.here.example"
POSTFIX, EXIM = 22, 23
# domain: who is told, and by what its servers are known. At asks-dane nothing of ours arrives by that, but the report does.
ASKS = {"asks.plain.example": ["bob@asks.plain.example", "bob@reader.plain.example"], "asks-dane.example": ["carl@asks-dane.example", "carl@reader.plain.example"],
        "asks-nobody.plain.example": ["nobody@asks.plain.example"]}
QUIET = "quiet.plain.example"


def prepare(w):
    z = w.zones
    domains = [*ASKS, QUIET]
    for domain in domains:
        z.mail(domain, f"mx.{domain}", POSTFIX)
    for domain, who in ASKS.items():
        z.add(f"_smtp._tls.{domain}", f'TXT "v=TLSRPTv1; rua={",".join("mailto:" + x for x in who)}"')
    z.mail("reader.plain.example", "mx.reader.plain.example", EXIM)
    w.told = Postfix(w.net, POSTFIX, v4(RESOLVER), domains, *w.authority.issue("told", ["mx.asks.plain.example", "mx.asks-dane.example"]), name="told")
    other, _ = w.authority.issue("nobody", ["nobody.example"])
    z.add("_25._tcp.mx.asks-dane.example", tlsa(other, 3, 1))
    w.reader = Exim(w.net, EXIM, v4(RESOLVER), ["reader.plain.example"], *w.authority.issue("reader", ["mx.reader.plain.example"]), name="reader")


def report_in(make, user, domain):
    return make.letter(f"\r\nTLS-Report-Domain: {domain}\r\n".encode(), user, 30)


def tags_of(signature):
    return dict(x.strip().split("=", 1) for x in re.sub(r"\s+", " ", signature).split(";") if "=" in x)


def signed(w, r, raw, where):
    whole = raw[raw.index(b"DKIM-Signature"):]
    r.check(verdicts(w, whole) in (None, ["yes", "yes"]), f"{where}: signed, and that verifies: {verdicts(w, whole)}")
    for signature in email.message_from_bytes(raw).get_all("DKIM-Signature"):
        tags = tags_of(signature)
        names = [x.strip().lower() for x in tags["h"].split(":")]
        r.check(tags["d"] == OURS and "l" not in tags and {"from", "tls-report-domain", "tls-report-submitter"} <= set(names), f"{where}: as RFC 8460 3 and 5.3 want it: {tags}")


def parsed(r, raw, domain, where):
    """The report in a letter, when all of its frame is as RFC 8460 has it."""
    m = email.message_from_bytes(raw)
    parts = m.get_payload()
    r.check(m.get_content_type() == "multipart/report" and m.get_param("report-type") == "tlsrpt" and len(parts) == 2, f"{where}: a report: {m['Content-Type']}")
    r.check(parts[0].get_content_type() == "text/plain" and parts[1].get_content_type() == "application/tlsrpt+gzip", f"{where}: of two parts")
    report = json.loads(gzip.decompress(parts[1].get_payload(decode=True)))
    days = report["date-range"]
    begin, end = (datetime.datetime.strptime(days[x], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc) for x in ("start-datetime", "end-datetime"))
    r.check(begin.time() == datetime.time(0) and end - begin == datetime.timedelta(seconds=86399), f"{where}: of a whole day: {days}")
    name = rf"{re.escape(SUBMITTER)}!{re.escape(domain)}!{int(begin.timestamp())}!{int(end.timestamp())}(![A-Za-z0-9]+)?\.json\.gz"
    r.check(re.fullmatch(name, parts[1].get_filename() or ""), f"{where}: the file's name (5.1): {parts[1].get_filename()}")
    subject = re.sub(r"\s+", " ", m["Subject"])
    r.check(subject == f"Report Domain: {domain} Submitter: {SUBMITTER} Report-ID: <{report['report-id']}>", f"{where}: {subject}")
    r.check(report["contact-info"].split("@")[1] == m["TLS-Report-Submitter"] == SUBMITTER and m["TLS-Report-Domain"] == domain, f"{where}: its fields (5.3)")
    r.check(m["TLS-Required"] == "No" and m["Auto-Submitted"] == "auto-generated", f"{where}: on its way whatever is wrong with TLS, and a machine's")
    return report


def sound(r, report, where):
    """Counts that fit together, and nothing that is not in the schema (4.4)."""
    known = {"policies": {"policy", "summary", "failure-details"}, "policy": {"policy-type", "policy-string", "policy-domain", "mx-host"},
             "summary": {"total-successful-session-count", "total-failure-session-count"},
             "details": {"result-type", "sending-mta-ip", "receiving-mx-hostname", "receiving-mx-helo", "receiving-ip", "failed-session-count", "additional-information", "failure-reason-code"}}
    r.check(set(report) == {"organization-name", "date-range", "contact-info", "report-id", "policies"}, f"{where}: {set(report)}")
    for p in report["policies"]:
        details = p.get("failure-details", [])
        r.check(set(p) <= known["policies"] and set(p["policy"]) <= known["policy"] and set(p["summary"]) == known["summary"] and all(set(x) <= known["details"] for x in details),
                f"{where}: only what the schema has: {p}")
        r.check(p["summary"]["total-failure-session-count"] == sum(x["failed-session-count"] for x in details), f"{where}: the counts fit: {p}")


def good(w, r):
    for make, user, where in ((w.told, "bob", "Postfix"), (w.reader, "bob", "Exim")):
        raw = report_in(make, user, "asks.plain.example")
        if not r.check(raw, f"{where}: the report for asks.plain.example arrives"):
            continue
        signed(w, r, raw, where)
        report = parsed(r, raw, "asks.plain.example", where)
        sound(r, report, where)
        r.check([x["policy"] for x in report["policies"]] == [{"policy-type": "no-policy-found", "policy-domain": "asks.plain.example"}], f"{where}: no policy: {report['policies']}")
        summary = report["policies"][0]["summary"]
        r.check(summary["total-successful-session-count"] >= 1 and not summary["total-failure-session-count"], f"{where}: all went well: {summary}")


def bad(w, r):
    """The domain's own server is one that letters are not given to: the report is (RFC 8460 3)."""
    for make, where in ((w.told, "the broken server"), (w.reader, "Exim")):
        raw = report_in(make, "carl", "asks-dane.example")
        if not r.check(raw, f"{where}: the report for asks-dane.example arrives"):
            continue
        signed(w, r, raw, where)
        report = parsed(r, raw, "asks-dane.example", where)
        sound(r, report, where)
        policy = next((x for x in report["policies"] if x["policy"]["policy-type"] == "tlsa"), None)
        if not r.check(policy, f"{where}: a policy of TLSA records: {report}"):
            continue
        details = policy["failure-details"][0]
        r.check(re.fullmatch(r"3 1 1 [0-9a-fA-F]{64}", policy["policy"]["policy-string"][0]), f"{where}: the records: {policy['policy']}")
        r.check(details["result-type"] in ("certificate-host-mismatch", "certificate-not-trusted", "validation-failure") and details["receiving-mx-hostname"] == "mx.asks-dane.example" and
                details["receiving-ip"] in (v4(POSTFIX), f"2001:db8::{POSTFIX}"), f"{where}: what went wrong, and where: {details}")
        r.check(policy["summary"]["total-failure-session-count"] >= 1 and not policy["summary"]["total-successful-session-count"], f"{where}: {policy['summary']}")


def exim_verifies(w, r):
    path = os.path.join(w.reader.host.dir, "mainlog")
    with open(path) as f:
        lines = [x for x in f if " <= <> " in x]
    r.check(len(lines) == 2 and all(f" DKIM={OURS} " in x for x in lines), f"Exim has verified the signatures of both, by the DNS: {lines}")


def run(w, r, full):
    w.told.start()
    w.reader.start()
    if not r.check(w.told.host.answers(25) and w.reader.host.answers(25), "Postfix and Exim start"):
        return
    for domain in [*ASKS, QUIET]:
        w.send([f"bob@{domain}"], f"counted {domain}")
    for domain in ("asks.plain.example", "asks-nobody.plain.example", QUIET):
        r.check(w.told.letter(f"Subject: counted {domain}\r\n".encode()), f"a letter for {domain}")
    why = serve.wait_for(lambda: w.why("bob@asks-dane.example"))
    r.check(why and "TLSA" in why, f"a letter waits whose server is not the one that the TLSA record names: {why}")
    sent = w.server.tool("reports", "send")
    r.check(sent["reported"] == len(ASKS) and not sent["failed"], f"who asks is told, others are not: {sent}")
    good(w, r)
    bad(w, r)
    exim_verifies(w, r)
    for entry in w.waiting():
        if entry["from"]:
            w.server.ask("queue", "drop", entry["id"])
    r.check(serve.wait_for(lambda: not w.waiting(), 20), f"one whose reader does not exist is given up without a word: {w.waiting()}")
    r.check(not any(b"nobody@asks.plain.example" in x for x in w.inbox()), "to anybody")
    r.check(not any(b"TLS-Report-Domain" in x and b"quiet" in x for x in w.told.letters() + w.told.letters("carl")), "and who does not ask gets none")
