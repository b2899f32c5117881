"""Courier and box killed at random while letters come in and leave: each letter that was taken arrives, and twice only where SMTP can't know better: when somebody
died between the other server's 250 and the commit that writes it down. SEED=n repeats the choices."""
import os
import random
import re
import signal
import smtplib
import threading
import time

import serve

LETTERS, SENDERS, DEATHS = 240, 4, 60  # a slow machine would never come to rest without a bound
WRITE_DOWN = 1.0  # seconds in which what a server has said is written down


class Load:
    def __init__(self, port, domains):
        self.port, self.domains, self.next, self.lock = port, domains, 0, threading.Lock()
        self.taken = set()  # marks of letters that we said 250 to

    def send_one(self, i):
        """Until it is taken, each time as another letter: one that was not answered may have been taken, too."""
        end, attempt = time.monotonic() + 60 * serve.SLOW, 0  # a box that dies again and again is started later and later
        while time.monotonic() < end:
            attempt += 1
            mark = f"death-{i}-{attempt}"
            try:
                with smtplib.SMTP("127.0.0.1", self.port, timeout=30) as s:
                    s.login("alice@here.test", "secret")
                    s.sendmail("alice@here.test", [f"x@{self.domains[i % len(self.domains)]}"], f"From: alice@here.test\r\nSubject: {mark}\r\n\r\nHello\r\n".encode())
                with self.lock:
                    self.taken.add(mark)
                return
            except (OSError, smtplib.SMTPException):
                time.sleep(0.1)

    def run(self):
        while True:
            with self.lock:
                i, self.next = self.next, self.next + 1
            if i >= LETTERS:
                return
            self.send_one(i)


def kill_sometimes(w, rng, load, kills):
    while load.next < LETTERS and len(kills) < DEATHS:
        time.sleep(rng.uniform(0.1, 0.6))
        roles = w.server.all_ready()
        victim = rng.choice(["courier", "box"])
        if roles:
            kills.append(time.monotonic())
            os.kill(roles[victim]["pid"], signal.SIGKILL)


def arrivals(peers):
    """{mark: when it came}, in order."""
    out = {}
    for peer in peers:
        for letter, at in zip(list(peer.letters), list(peer.times)):
            found = re.search(rb"Subject: (death-\d+-\d+)\r\n", letter[2])
            if found:
                out.setdefault(found.group(1).decode(), []).append(at)
    return {mark: sorted(times) for mark, times in out.items()}


def unexplained(came, kills):
    """Copies that came although nobody had died between the one before and its being written down."""
    out = []
    for mark, times in came.items():
        for first, second in zip(times, times[1:]):
            if not any(first - 0.2 <= k <= min(second, first + WRITE_DOWN * serve.SLOW) for k in kills):
                out.append((mark, round(second - first, 2), [round(k - first, 2) for k in kills]))
    return out


def deaths(w, r, port):
    seed = int(os.environ.get("SEED", time.time_ns() % 1000000))
    rng = random.Random(seed)
    peers = [w.peer(f"dies{i}", 230 + i, pause=0.05) for i in range(3)]
    load, kills = Load(port, [f"dies{i}.test" for i in range(3)]), []
    threads = [threading.Thread(target=load.run) for _ in range(SENDERS)] + [threading.Thread(target=kill_sometimes, args=(w, rng, load, kills))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    r.check(len(load.taken) == LETTERS, f"all letters are taken in the end: {len(load.taken)} of {LETTERS}")
    serve.wait_for(lambda: load.taken <= set(arrivals(peers)), 60)
    r.check(serve.wait_for(lambda: (x := w.queue()) and not x["letters"], 30), "none is left in the queue")
    came = arrivals(peers)
    r.check(load.taken <= set(came), f"no letter is lost (SEED={seed}): {sorted(load.taken - set(came))}")
    again = unexplained(came, kills)
    r.check(not again, f"none comes twice but next to a death (SEED={seed}): {again}")
    twice = sum(len(x) - 1 for x in came.values())
    print(f"{len(kills)} deaths, SEED={seed}: {twice} of {len(came)} letters came twice, each where the one that knew of it had died")
