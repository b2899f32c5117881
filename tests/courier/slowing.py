"""Servers that ask us to come slower: the letters for their domain wait together, and none of them uses up an attempt for it."""
import time

import serve


def slowing(w, r):
    busy, other = w.peer("slower", 36), w.peer("unhurried", 37)
    busy.answers["greeting"] = "421 4.7.0 mx Error: too many connections from 127.0.0.1"
    w.send(["a@slower.test"], "first")
    r.check(serve.wait_for(lambda: (x := w.state("a@slower.test")) and "too many connections" in x["answer"]), "a busy server: the letter waits, and says why")
    before = busy.connections
    for i in range(10):
        w.send([f"b{i}@slower.test", f"c{i}@unhurried.test"], f"behind {i}")
    r.check(serve.wait_for(lambda: len(other.letters) == 10), "other domains get theirs meanwhile")
    waits = serve.wait_for(lambda: (x := w.state("b9@slower.test")) and "asked to come slower" in x["answer"] and x)
    r.check(waits and waits["attempts"] == 0 and "too many connections" in waits["answer"], f"what comes behind it is not tried, and that is no attempt: {waits}")
    r.check(busy.connections == before, f"nobody connects in the pause: {busy.connections - before} times")
    domains = {x["domain"]: x for x in w.server.ask("queue", "stats")[2]["domains"]}
    r.check("slower" in domains["slower.test"]["why"] or "too many" in domains["slower.test"]["why"], f"queue stats says so: {domains['slower.test']}")
    with open(w.server.log) as f:
        log = [x for x in f if "event=courier_slowed" in x and "slower.test" in x]
    r.check(len(log) == 1 and "action=fewer" in log[0], f"a line of the log, once: {log}")
    with open(w.server.log) as f:
        told = [x for x in f if "event=courier_outcome" in x and "slower.test" in x and "state=untried" in x]
    r.check(len(told) <= 1, f"and one of the letters that are given back, not one each: {told}")
    busy.answers.clear()
    open_now, seen = [0], []

    def letter(raw):
        open_now[0] += 1
        seen.append(open_now[0])
        time.sleep(0.1)
        open_now[0] -= 1
        return "250 ok"
    busy.answers["letter"] = letter
    r.check(serve.wait_for(lambda: len(busy.letters) == 11, 40), f"behind the pause all arrive: {len(busy.letters)}")
    r.check(set(seen[:5]) == {1}, f"one at a time, until some have been taken: {seen}")
    r.check(serve.wait_for(lambda: not w.queue()["letters"]), "and nothing is left")
