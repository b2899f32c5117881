"""THREAD and SORT (RFC 5256) of mailboxes made at random, against a plain model of the RFC's algorithms: trees of objects,
step by step as the text has them."""
import imaplib
import random
import ssl

from common import CA, HOST, port

SUBJECTS = {"": ("", False), "one": ("ONE", False), "two": ("TWO", False), "Re: one": ("ONE", True), "Re: two": ("TWO", True),
            "Fwd: one": ("ONE", True), "[l] two": ("TWO", False), "Re: ": ("", True), "three (fwd)": ("THREE", True), "three": ("THREE", False)}


class Node:
    def __init__(self, letter=None):
        self.letter, self.parent, self.kids = letter, None, []


def is_below(a, b):
    while a:
        if a is b:
            return True
        a = a.parent
    return False


def put_below(node, parent):
    if node.parent:
        node.parent.kids.remove(node)
    node.parent = parent
    if parent:
        parent.kids.append(node)


def link(letters):
    """Step 1; what has no parent."""
    nodes, used = {}, set()
    for letter in letters:
        key = letter["id"]
        if key is None or key in used:
            key = letter["n"]
        used.add(key)
        node = nodes.setdefault(key, Node())
        node.letter = letter
        last = None
        for ref in letter["refs"]:
            at = nodes.setdefault(ref, Node())
            if last and not at.parent and not is_below(last, at):
                put_below(at, last)
            last = at
        put_below(node, None)
        if last and not is_below(last, node):
            put_below(node, last)
    return [n for n in nodes.values() if not n.parent]


def prune(kids, is_top):
    """Step 3."""
    out = []
    for k in kids:
        k.kids = prune(k.kids, False)
        if k.letter:
            out.append(k)
        elif k.kids and (not is_top or len(k.kids) == 1):
            out += k.kids
        elif k.kids:
            out.append(k)
    return out


def first(node):
    return node.letter or min((k.letter for k in node.kids), key=by_date)


def by_date(letter):
    return letter["date"], letter["n"]


def sort(nodes):
    for n in nodes:
        sort(n.kids)
    nodes.sort(key=lambda n: by_date(first(n)))


def merge(top):
    """Step 5."""
    table = {}
    named = [(n, first(n)["base"]) for n in top if first(n)["base"]]
    for n, subject in named:
        there = table.get(subject)
        if there is None or there.letter and (not n.letter or (there.letter["reply"] and not n.letter["reply"])):
            table[subject] = n
    for n, subject in named:
        there = table[subject]
        if there is n:
            continue
        top.remove(n)
        if not n.letter:
            there.kids += n.kids
        elif not there.letter or (n.letter["reply"] and not there.letter["reply"]):
            there.kids.append(n)
        else:
            both = Node()
            both.kids = [there, n]
            top[top.index(there)] = table[subject] = both


def show(node):
    text = "("
    while node.letter and len(node.kids) == 1:
        text += f"{node.letter['n']} "
        node = node.kids[0]
    if node.letter:
        text += str(node.letter["n"]) + (" " if node.kids else "")
    return text + "".join(map(show, node.kids)) + ")"


def by_references(letters):
    top = prune(link(letters), True)
    sort(top)
    merge(top)
    sort(top)
    return "".join(map(show, top))


def by_subject(letters):
    threads = {}
    for letter in sorted(letters, key=by_date):
        threads.setdefault(letter["base"], Node(letter) if letter["base"] not in threads else None)
        if threads[letter["base"]].letter is not letter:
            threads[letter["base"]].kids.append(Node(letter))
    return "".join(map(show, threads.values()))


def by_sort(letters):
    return " ".join(str(m["n"]) for m in sorted(letters, key=lambda m: (m["base"], -m["date"], m["n"])))


def some_letters(rnd):
    count = rnd.randint(1, 40)
    ids = [f"i{k}@x" for k in range(max(2, count * 2 // 3))]
    for n in range(1, count + 1):
        subject = rnd.choice(list(SUBJECTS)) if rnd.random() < 0.5 else f"unique {rnd.randint(1, count)}"
        base, reply = SUBJECTS.get(subject, (subject.upper(), False))
        yield {"n": n, "subject": subject, "base": base, "reply": reply, "date": rnd.randint(1, 12),
               "id": rnd.choice(ids) if rnd.random() < 0.9 else None,
               "refs": [rnd.choice(ids) for _ in range(rnd.choice([0, 0, 1, 1, 2, 3, 6]))]}


def text_of(m):
    text = f"From: a@example.test\r\nSubject: {m['subject']}\r\nDate: Mon, {m['date']:02d} Feb 2026 10:00:00 +0000\r\n"
    if m["id"]:
        text += f"Message-ID: <{m['id']}>\r\n"
    if m["refs"]:
        text += "References: " + " ".join(f"<{r}>" for r in m["refs"]) + "\r\n"
    return (text + "\r\ntext\r\n").encode()


def check(user, word, rounds=40, seed=7):
    """What is wrong, or nothing."""
    rnd = random.Random(seed)
    context = ssl.create_default_context(cafile=CA)
    with imaplib.IMAP4_SSL(HOST, port("imap", "tls"), ssl_context=context) as server:
        server.login(user, word)
        for i in range(rounds):
            letters = list(some_letters(rnd))
            server.create(f"Box{i}")
            for m in letters:
                server.append(f"Box{i}", None, None, text_of(m))
            server.select(f"Box{i}")
            for got, want in ((server.thread("REFERENCES", "UTF-8", "ALL"), by_references(letters)),
                              (server.thread("ORDEREDSUBJECT", "UTF-8", "ALL"), by_subject(letters)),
                              (server.sort("(SUBJECT REVERSE DATE)", "UTF-8", "ALL"), by_sort(letters))):
                if got[1][0].decode() != want:
                    return f"mailbox {i} of seed {seed}: {got[1][0].decode()}, expected {want}"
    return None
