"""Servers that the test plays: both families of addresses, and all the ways in which a server can be broken."""
import time

import serve
from hosts import v4, v6
from peers import A, AAAA, MX, server_tls


def families(w, r):
    six = w.peer("six", with_v4=False, with_v6=True)
    w.send(["a@six.played"], "over IPv6")
    r.check(serve.wait_for(lambda: six.letters), "a server that has IPv6 only")
    for name, alive in (("dead6", "v4"), ("dead4", "v6")):
        peer = w.peer(name, with_v4=alive == "v4", with_v6=alive == "v6")
        w.dns.add(f"mx.{name}.played", AAAA if alive == "v4" else A, v6(250) if alive == "v4" else v4(250))
        w.send([f"a@{name}.played"], name)
        r.check(serve.wait_for(lambda: peer.letters, 15), f"a server of both families that answers over {alive} only")
    refusing = w.peer("refusing", with_v4=True, with_v6=False)
    w.dns.add("mx.refusing.played", AAAA, v6(1))  # the test itself, which has nobody on that port
    w.send(["a@refusing.played"], "refusing")
    r.check(serve.wait_for(lambda: refusing.letters, 15), "one that refuses connections over IPv6")
    w.dns.add("two.played", MX, "10 mx.gone.played", "20 mx.six.played")
    w.dns.add("mx.gone.played", A, v4(251))
    w.send(["a@two.played"], "the other host")
    r.check(serve.wait_for(lambda: len(six.letters) == 2, 15), "a dead first host with IPv4, and a second one with IPv6")


def few_times(times, bad, good):
    """Answers `bad` so many times, then `good`."""
    left = [times]

    def answer(line):
        left[0] -= 1
        return bad if left[0] >= 0 else good
    return answer


GOOD = {"greeting": "220 peer.test ready", "EHLO": "250-peer.test\r\n250 PIPELINING", "MAIL": "250 2.1.0 ok", "RCPT": "250 2.1.5 ok", "DATA": "354 go",
        "letter": "250 2.0.0 taken"}


def dropping(w, r):
    """Hangs up at each verb, twice; then takes it."""
    peers = {verb: w.peer(f"drops-{verb.lower()}") for verb in GOOD}
    for verb, peer in peers.items():
        peer.answers[verb] = few_times(2, "", GOOD[verb])
        w.send([f"a@{peer.domain}"], f"dropped at {verb}")
    for verb, peer in peers.items():
        r.check(serve.wait_for(lambda: peer.letters, 20), f"a server that hangs up at {verb}, twice: the third time it is taken")
    r.check(all(len(p.letters) == 1 for p in peers.values()), "and each once")


def storms(w, r):
    grey = w.peer("greylist")
    seen = {}

    def first_time(line):
        since = seen.setdefault(line, time.monotonic())
        return "450 4.7.1 greylisted, come again" if time.monotonic() - since < 2 else "250 ok"
    grey.answers["RCPT"] = first_time
    w.send([f"u{i}@greylist.played" for i in range(5)], "greylisted")
    storm = w.peer("storm")
    storm.answers["greeting"] = few_times(6, "421 4.3.2 too busy", GOOD["greeting"])
    for i in range(10):
        w.send([f"u{i}@storm.played"], f"storm {i}")
    middle = w.peer("middle")
    middle.answers["RCPT"] = few_times(3, "421 4.3.2 closing", GOOD["RCPT"])
    w.send(["a@middle.played"], "421 in the middle")
    r.check(serve.wait_for(lambda: "greylisted" in (w.why("u0@greylist.played") or "")), "a greylisted letter waits, and the queue says why")
    r.check(serve.wait_for(lambda: sum(len(x[1]) for x in grey.letters) == 5, 20), "greylisting is waited out")
    r.check(serve.wait_for(lambda: len(storm.letters) == 10, 30), f"a storm of 421 passes: {len(storm.letters)} of 10")
    r.check(serve.wait_for(lambda: len(middle.letters) == 1, 20), "so does a 421 to RCPT")


def slow(w, r):
    """Neither who is slow nor who says nothing keeps letters for others waiting."""
    tarpit, silent, quick = w.peer("tarpit"), w.peer("silent"), w.peer("quick")
    for verb, answer in GOOD.items():
        tarpit.answers[verb] = lambda line, answer=answer: time.sleep(1) or answer
    silent.answers["greeting"] = lambda line: time.sleep(600) or ""
    for i in range(5):
        w.send([f"u{i}@silent.played"], "to who says nothing")
    w.send(["a@tarpit.played"], "to a tarpit")
    began = time.monotonic()
    w.send(["a@quick.played"], "quick")
    r.check(serve.wait_for(lambda: quick.letters, 5) and not tarpit.letters, f"others have theirs at once: {time.monotonic() - began:.1f} s")
    r.check(serve.wait_for(lambda: tarpit.letters, 30), "a tarpit is sat out")
    r.check(silent.connections <= 2, f"who says nothing is not asked by all at once: {silent.connections} connections")
    waiting = w.server.ask("queue", "list", "--domain", "silent.played")[2]["letters"]
    r.check(len(waiting) == 5, "letters for him are in the queue still")
    for entry in waiting:
        r.check(w.server.ask("queue", "drop", entry["id"])[0] == 0, "and can be dropped while they are carried")


def opportunistic(w, r):
    cert, key = w.authority.issue("stranger", ["somebody.else.played"])
    stranger = w.peer("stranger", tls=server_tls(cert, key))
    stripped = w.peer("stripped", tls=server_tls(cert, key))
    stripped.answers["STARTTLS"] = "454 4.7.0 not now"
    w.send(["a@stranger.played"], "stranger")
    w.send(["a@stripped.played"], "stripped")
    r.check(serve.wait_for(lambda: stranger.letters) and stranger.letters[0][3], "without a policy any certificate is better than none")
    r.check(serve.wait_for(lambda: stripped.letters) and not stripped.letters[0][3], "and a letter goes without TLS where STARTTLS is refused")


def run(w, r, full):
    for part in (families, dropping, storms, opportunistic, slow):
        part(w, r)
