"""Every command that the model test knows: the words that are sent, and what has to come of them. A step is a list [session,
command, arguments...] of plain values, so that it can be written down and done again."""
import wire
from reference import BadSet, canonical, has_numbers, matches, written
from session import Expect

FLAG_NAMES = {"\\answered": "\\Answered", "\\flagged": "\\Flagged", "\\deleted": "\\Deleted", "\\seen": "\\Seen", "\\draft": "\\Draft"}


def flag_list(flags):
    return "(" + " ".join(FLAG_NAMES.get(f, f) for f in flags) + ")"


def lower(flags):
    return frozenset(f.lower() for f in flags)


def quoted(name):
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"' if name == "" or any(c in ' "\\(){%*&' for c in name) else name


class Commands:
    """self.x(session, arguments) -> (words, effect); effect(): applies it to the reference and gives what is to be expected."""

    def __init__(self, world):
        self.w = world

    def build(self, s, step):
        command, effect = getattr(self, "do_" + step[1])(s, *step[2:])
        if step[1] in ("fetch", "store", "copy", "search", "replace", "fetch_since", "store_if"):
            effect = self.by_uid_only(s, effect, step[2], step[1] == "search" and has_numbers(step[4]), step[1] not in ("copy", "replace"))
        return command if isinstance(command, bytes) else command.encode(), effect

    def account(self):
        return self.w.account

    # --- helpers ---------------------------------------------------------------------------------------------------

    def in_mailbox(self, s, writes, effect, **how):
        """The rules of all commands of the selected state."""
        def run():
            sel = s.selected
            if sel is None:
                return Expect("BAD", silent=True)
            if not sel.box.exists:
                return Expect("OK|NO|BAD", **how)
            if writes and sel.read_only:
                return Expect("NO|BAD", "", **how)
            try:
                return effect(sel)
            except BadSet:
                return Expect("BAD", **how)
        return run

    def by_uid_only(self, s, effect, uid, numbers, holds):
        """No numbers of messages once UIDONLY is enabled (RFC 9586 sections 3.2, 3.5, 3.8)."""
        def run():
            if "UIDONLY" not in s.features or (uid and not numbers):
                return effect()
            if s.selected is None:
                return Expect("BAD", silent=True)
            return Expect("BAD", "UIDREQUIRED", holds=numbers or holds)
        return run

    def append_to(self, box, letters):
        uids = []
        for content, flags in letters:
            uids.append(box.add(content, lower(flags)).uid)
        self.note_arrival(box, uids)
        return uids

    def note_arrival(self, box, uids):
        if any((x.idle_tag or x.notify) and x.selected and x.selected.box is box for x in self.w.sessions):
            box.unsure.update(uids)

    def own_change(self, sel, uid, before):
        """What a session did itself it is not told of; what others had done before, it is."""
        return sel.box.messages[uid].at if sel.told[uid] == before[uid] else sel.told[uid]

    def uidvalidity(self, s, box, value):
        wrong = self.account().found(box, value)
        if wrong:
            s.fail(wrong)

    # --- select ----------------------------------------------------------------------------------------------------

    def do_select(self, s, name, read_only, resync=False):
        kept = s.kept.get(canonical(name)) if resync and "QRESYNC" in s.features else None

        def run():
            box = self.account().real(name)
            s.leave()
            if not box:
                return Expect("NO", "NONEXISTENT|", leaves=True)
            rev2 = "IMAP4REV2" in s.features
            unseen, uidnext = box.first_unseen(), box.uidnext
            sel = s.select_begin(canonical(name), box, read_only)
            s.highest = 0
            if kept and kept[0] == box.uidvalidity:
                sel.kept = dict(kept[2])
            known, sel.known = sel.known, []  # EXISTS tells of them
            sel.recents, recents = [], sel.recents
            if not read_only and recents:
                box.first_recent = recents[0][0]  # the reference gives them again as they are told

            def check(cond, code, fetched, others):
                codes = dict(o[1] for o in others if o[0] == "OK" and o[1])
                if sel.known != known:
                    s.fail(f"SELECT: knows {sel.known}, not {known}")
                if codes.get("UIDNEXT") != uidnext or codes.get("UNSEEN", 0) != (0 if rev2 or "UIDONLY" in s.features else unseen):
                    s.fail(f"SELECT: {codes}, not UIDNEXT {uidnext} UNSEEN {unseen}")
                self.uidvalidity(s, box, codes.get("UIDVALIDITY"))
                if "PERMANENTFLAGS" not in codes or not sel.announced:
                    s.fail("SELECT without FLAGS")
                if box.object_id not in (None, codes.get("MAILBOXID", [None])[0] if isinstance(codes.get("MAILBOXID"), list) else codes.get("MAILBOXID")):
                    s.fail("MAILBOXID changes")
                box.object_id = codes.get("MAILBOXID")
                self.resynced(s, sel, fetched)
            return Expect("OK", "READ-ONLY" if read_only else "READ-WRITE", leaves=True, check=check)
        param = f" (QRESYNC ({kept[0]} {kept[1]}))" if kept and kept[1] else ""
        return ("EXAMINE " if read_only else "SELECT ") + quoted(name) + param, run

    def resynced(self, s, sel, fetched):
        """What was remembered, less what has vanished, with the flags that were told, is what is (RFC 7162 section 3.2.5)."""
        if sel.kept is None:
            if fetched:
                s.fail("FETCH during SELECT")
            return
        for u, flags in sel.kept.items():
            if u not in sel.box.messages:
                s.fail(f"resync: was not told that uid {u} has vanished")
            if sel.flags.setdefault(u, flags) != sel.box.messages[u].flags:
                s.fail(f"resync: was not told that uid {u} has the flags {sorted(sel.box.messages[u].flags)}; knows {sorted(sel.flags[u])}")
        sel.kept = None

    def do_close(self, s):
        def run():
            sel = s.selected
            s.leave()
            if sel is None:
                return Expect("BAD", silent=True)
            if sel.box.exists and not sel.read_only:
                sel.box.remove([u for u in sel.known if u in sel.box.messages and "\\deleted" in sel.box.messages[u].flags])
            return Expect("OK", "", leaves=True, check=self.nothing(s))
        return "CLOSE", run

    def do_unselect(self, s):
        def run():
            sel = s.selected
            s.leave()
            return Expect("OK", "", leaves=True, check=self.nothing(s)) if sel else Expect("BAD", silent=True)
        return "UNSELECT", run

    def do_enable(self, s, features):
        def run():
            known = {f.upper() for f in features} & self.w.capabilities
            before, s.features = s.features, s.features | known | ({"CONDSTORE"} if "QRESYNC" in known else set())

            def check(cond, code, fetched, others):
                got = {x.upper() for o in others if o[0] == "ENABLED" for x in o[1]}
                if not known - before <= got or not got <= s.features:
                    s.fail(f"ENABLED {got}, not {known}")
            return Expect("OK", "", check=check)
        return "ENABLE " + " ".join(features), run

    def do_notify(self, s, on):
        """RFC 5465 section 5.1: SELECTED, so that expunges are told at any time, too."""
        def run():
            s.notify = on
            return Expect("OK", "")
        return "NOTIFY " + ("SET (SELECTED (MessageNew MessageExpunge FlagChange))" if on else "NONE"), run

    # --- modseqs -----------------------------------------------------------------------------------------------------

    def modseq_of_rank(self, sel, rank):
        """The rank-th smallest that the server has told of the messages as they are."""
        seen = sorted({m.seen_modseq[1] for m in sel.box.messages.values() if m.seen_modseq and m.seen_modseq[0] == m.at}) if sel else []
        return seen[rank % len(seen)] if seen else 1

    def do_store_if(self, s, uid, which, how, silent, flags, rank):
        """UNCHANGEDSINCE (RFC 7162 section 3.1.3); the modseqs of all messages were fetched just now."""
        since = self.modseq_of_rank(s.selected, rank)

        def effect(sel):
            s.features.add("CONDSTORE")  # section 3.1
            seqs = sel.seqs(which, uid)
            alive = [(i, sel.known[i - 1]) for i in seqs if sel.known[i - 1] in sel.box.messages]
            if any(sel.box.messages[u].seen_modseq is None or sel.box.messages[u].seen_modseq[0] != sel.box.messages[u].at for _, u in alive):
                raise RuntimeError("the modseqs are not known")
            kept = [(i, u) for i, u in alive if sel.box.messages[u].seen_modseq[1] > since]
            uids = [u for i, u in alive if (i, u) not in kept]
            before = {u: sel.box.messages[u].at for u in uids}
            sel.box.store(uids, how, lower(flags))
            if silent:
                for u in uids:
                    sel.told[u] = self.own_change(sel, u, before)
                    if u in sel.flags:
                        was = sel.flags[u]
                        sel.flags[u] = lower(flags) if how == "" else was | lower(flags) if how == "+" else was - lower(flags)
            want = sorted(u if uid else i for i, u in kept)

            def check(cond, code, fetched, others):
                got = sorted(code[1][1]) if code and code[0] == "MODIFIED" and isinstance(code[1], tuple) else sorted(code[1]) if code and code[0] == "MODIFIED" else []
                if not set(want) <= set(got) or not set(got) - set(want) <= {u if uid else i for i in seqs for u in [sel.known[i - 1]] if (i, u) not in alive}:
                    s.fail(f"MODIFIED {got}, not {want}")
                told = [u for u, items in fetched if b"MODSEQ" in items]
                if not set(uids) <= set(told):
                    s.fail(f"STORE: told the modseqs of {told}, not of {uids}")
            return Expect("OK", "MODIFIED|EXPUNGEISSUED|", holds=not uid, check=check)
        words = f"{'UID ' if uid else ''}STORE {which} (UNCHANGEDSINCE {since}) {how}FLAGS{'.SILENT' if silent else ''} {flag_list(flags)}"
        return words, self.in_mailbox(s, True, effect, holds=not uid)

    def do_fetch_since(self, s, uid, which, rank):
        """CHANGEDSINCE (RFC 7162 section 3.1.4.1)."""
        since = self.modseq_of_rank(s.selected, rank)

        def effect(sel):
            s.features.add("CONDSTORE")
            uids = sel.alive(sel.seqs(which, uid))
            sel.asked = True

            def check(cond, code, fetched, others):
                sel.asked = False
                got = [(u, i[b"MODSEQ"]) for u, i in fetched if b"MODSEQ" in i]
                told = {u for u, _ in got}
                for u in uids:
                    seen = sel.box.messages[u].seen_modseq if u in sel.box.messages else None
                    if seen and seen[0] == sel.box.messages[u].at and seen[1] > since and u not in told:
                        s.fail(f"CHANGEDSINCE {since} leaves out uid {u} with {seen[1]}")
            return Expect("OK", "EXPUNGEISSUED|", holds=not uid, check=check)
        return f"{'UID ' if uid else ''}FETCH {which} (FLAGS) (CHANGEDSINCE {since})", self.in_mailbox(s, False, effect, holds=not uid)

    def nothing(self, s):
        def check(cond, code, fetched, others):
            if fetched or others:
                s.fail(f"told {fetched} {others}")
        return check

    def do_noop(self, s):
        return "NOOP", lambda: Expect("OK", "")

    def do_check(self, s):
        return "CHECK", self.in_mailbox(s, False, lambda sel: Expect("OK", ""))

    # --- messages --------------------------------------------------------------------------------------------------

    def do_store(self, s, uid, which, how, silent, flags):
        def effect(sel):
            seqs = sel.seqs(which, uid)
            uids = sel.alive(seqs)
            before = {u: sel.box.messages[u].at for u in uids}
            sel.box.store(uids, how, lower(flags))
            if silent:
                for u in uids:
                    sel.told[u] = self.own_change(sel, u, before)
                    if u in sel.flags:
                        was = sel.flags[u]
                        sel.flags[u] = lower(flags) if how == "" else was | lower(flags) if how == "+" else was - lower(flags)
            gone = len(uids) < len(seqs)

            def check(cond, code, fetched, others):
                told = [u for u, items in fetched if b"FLAGS" in items and (not uid or b"UID" in items or "UIDONLY" in s.features)]
                if not silent and not set(uids) <= set(told):
                    s.fail(f"STORE: told of {told}, not of {uids}")
            return Expect("OK", ("EXPUNGEISSUED|" if silent else "EXPUNGEISSUED") if gone else "", holds=not uid, check=check)
        words = f"{'UID ' if uid else ''}STORE {which} {how}FLAGS{'.SILENT' if silent else ''} {flag_list(flags)}"
        return words, self.in_mailbox(s, True, effect, holds=not uid)

    ITEMS = {"FLAGS": b"FLAGS", "UID": b"UID", "RFC822.SIZE": b"RFC822.SIZE", "INTERNALDATE": b"INTERNALDATE", "BODY.PEEK[]": b"BODY[]", "BODY[]": b"BODY[]",
             "BODY.PEEK[TEXT]": b"BODY[TEXT]", "BODY[TEXT]<1.4>": b"BODY[TEXT]<1>", "ENVELOPE": b"ENVELOPE", "EMAILID": b"EMAILID", "SAVEDATE": b"SAVEDATE",
             "BODYSTRUCTURE": b"BODYSTRUCTURE", "RFC822": b"RFC822", "MODSEQ": b"MODSEQ", "BINARY.SIZE[1]": b"BINARY.SIZE[1]"}

    def value_of(self, m, item):
        """What is known of an item beforehand."""
        text = m.content.partition(b"\r\n\r\n")[2]
        return {b"RFC822.SIZE": len(m.content), b"BODY[]": m.content, b"RFC822": m.content, b"BODY[TEXT]": text, b"BODY[TEXT]<1>": text[1:5], b"UID": m.uid,
                b"BINARY.SIZE[1]": len(text)}.get(item)

    def do_fetch(self, s, uid, which, items):
        def effect(sel):
            if "MODSEQ" in items:
                s.features.add("CONDSTORE")
            seqs = sel.seqs(which, uid)
            uids = sel.alive(seqs)
            sel.asked = True
            if not sel.read_only and {"BODY[]", "BODY[TEXT]<1.4>", "RFC822"} & set(items):
                sel.box.store(uids, "+", frozenset(["\\seen"]))
            wanted = {self.ITEMS[i] for i in items} | ({b"UID"} if uid and "UIDONLY" not in s.features else set())

            def check(cond, code, fetched, others):
                sel.asked = False
                got = [(u, i) for u, i in fetched if wanted <= i.keys()]
                if [u for u, _ in got][:len(uids)] != uids:
                    s.fail(f"FETCH: {[u for u, _ in got]}, not {uids}")
                for u, values in got[:len(uids)]:
                    self.check_items(s, sel.box.messages[u], values)
            return Expect("OK", "EXPUNGEISSUED" if len(uids) < len(seqs) else "", holds=not uid, check=check)
        return f"{'UID ' if uid else ''}FETCH {which} ({' '.join(items)})", self.in_mailbox(s, False, effect, holds=not uid)

    def check_items(self, s, m, values):
        for item, value in values.items():
            if item == b"MODSEQ":
                continue
            if item == b"FLAGS":
                continue
            want = self.value_of(m, item)
            if want is None:
                want = m.facts.setdefault(item, value)
            if value != want:
                s.fail(f"uid {m.uid}: {item.decode()} is {value!r}, not {want!r}")

    def do_search(self, s, uid, returns, key):
        holds = not uid or has_numbers(key)  # RFC 7162 section 3.2.10.2

        def effect(sel):
            found = [i for i, u in enumerate(sel.known, 1) if u in sel.box.messages and matches(sel, key, i)]
            numbers = [sel.known[i - 1] if uid else i for i in found]
            if returns and "SAVE" in returns:
                self.save(sel, returns, found)

            def check(cond, code, fetched, others):
                got = [o for o in others if o[0] in ("SEARCH", "ESEARCH")]
                if returns is None and "IMAP4REV2" in s.features:  # RFC 9051 section 6.4.4
                    if len(got) != 1 or got[0][0] != "ESEARCH" or sorted(got[0][3].get("ALL", [])) != numbers:
                        s.fail(f"SEARCH finds {got}, not {numbers}")
                    return
                if returns == ["SAVE"]:
                    if got:
                        s.fail(f"told {got} of a search that is only saved")
                    return
                if len(got) != 1 or (got[0][0] == "ESEARCH") != (returns is not None):
                    s.fail(f"one answer of SEARCH, not {got}")
                if returns is None:
                    if sorted(got[0][1]) != numbers:
                        s.fail(f"SEARCH finds {got[0][1]}, not {numbers}")
                    return
                want = {}
                if numbers and "MIN" in returns:
                    want["MIN"] = numbers[0]
                if numbers and "MAX" in returns:
                    want["MAX"] = numbers[-1]
                if "COUNT" in returns:
                    want["COUNT"] = len(numbers)
                if numbers and ("ALL" in returns or not returns):
                    want["ALL"] = numbers
                _, tag, is_uid, values = got[0]
                if tag.decode() != f"t{s.answered}" or is_uid != uid or {k: sorted(v) if k == "ALL" else v for k, v in values.items()} != want:
                    s.fail(f"ESEARCH {tag} {is_uid} {values}, not {want}")
            return Expect("OK", "", holds=holds, check=check)
        option = "" if returns is None else f"RETURN ({' '.join(returns)}) "
        return f"{'UID ' if uid else ''}SEARCH {option}{written(key)}", self.in_mailbox(s, False, effect, holds=holds)

    def save(self, sel, returns, found):
        """RFC 5182 section 2.4: with MIN or MAX, and neither ALL nor COUNT, only these."""
        kept = found
        if found and set(returns) & {"MIN", "MAX"} and not set(returns) & {"ALL", "COUNT"}:
            kept = ([found[0]] if "MIN" in returns else []) + ([found[-1]] if "MAX" in returns else [])
        sel.saved = [sel.known[i - 1] for i in kept]

    def do_copy(self, s, uid, which, name, move):
        def effect(sel):
            seqs = sel.seqs(which, uid)
            target = self.account().real(name)
            if not seqs:  # nothing to copy; whether there is a target may be looked at
                return Expect("OK" if target or not (uid or which == "$") else "OK|NO")
            if not target:
                return Expect("NO", "TRYCREATE|")
            uids = sel.alive(seqs)
            if not uids:
                return Expect("OK|NO", "|EXPUNGEISSUED")
            first = target.uidnext
            old = [sel.box.messages[u] for u in uids]
            new = [target.add(m.content, m.flags) for m in old]
            for a, b in zip(old, new):
                b.facts = {k: v for k, v in a.facts.items() if k != b"SAVEDATE" and not (k == b"EMAILID" and move)}
                if b"EMAILID" in a.facts:
                    b.facts[b"EMAILID"] = a.facts[b"EMAILID"]  # RFC 8474 section 5.1
            self.note_arrival(target, [m.uid for m in new])
            if move:
                sel.box.remove(uids)

            def check(cond, code, fetched, others):
                codes = [o[1] for o in others if o[0] == "OK" and o[1] and o[1][0] == "COPYUID"] if move else [code]
                if len(codes) != 1 or codes[0][1][1:] != [uids, list(range(first, first + len(uids)))]:
                    s.fail(f"COPYUID {codes}, not {uids} to {first}")
                self.uidvalidity(s, target, codes[0][1][0]) if target.exists else None
            return Expect("OK", "" if move else "COPYUID", check=check)
        return f"{'UID ' if uid else ''}{'MOVE' if move else 'COPY'} {which} {quoted(name)}", self.in_mailbox(s, move, effect)

    def do_expunge(self, s, which):
        """None: EXPUNGE; a set: UID EXPUNGE (RFC 4315 section 2.1)."""
        def effect(sel):
            meant = sel.known if which is None else [sel.known[i - 1] for i in sel.seqs(which, True)]
            sel.box.remove([u for u in meant if u in sel.box.messages and "\\deleted" in sel.box.messages[u].flags])
            return Expect("OK", "")
        return "EXPUNGE" if which is None else f"UID EXPUNGE {which}", self.in_mailbox(s, True, effect)

    def literal(self, content):
        return b"{%d+}\r\n" % len(content) + content

    def do_append(self, s, name, letters):
        """letters: [[text, flags]...] (RFC 3502)"""
        whole = [(letter_of(text), flags) for text, flags in letters]
        command = b"APPEND " + quoted(name).encode()
        for content, flags in whole:
            command += b" " + flag_list(flags).encode() + b" " + self.literal(content)

        def run():
            box = self.account().real(name)
            if not box:
                return Expect("NO", "TRYCREATE")
            uids = self.append_to(box, whole)

            def check(cond, code, fetched, others):
                if code[1][1] != uids:
                    s.fail(f"APPENDUID {code}, not {uids}")
                self.uidvalidity(s, box, code[1][0])
            return Expect("OK", "APPENDUID", check=check)
        return command, run

    def do_replace(self, s, uid, which, name, text, flags):
        content = letter_of(text)
        command = f"{'UID ' if uid else ''}REPLACE {which} {quoted(name)} {flag_list(flags)} ".encode() + self.literal(content)

        def effect(sel):
            if which == "*" and not sel.known:
                return Expect("BAD|NO", "|NONEXISTENT")
            number = int(which) if which != "*" else sel.known[-1] if uid else len(sel.known)
            if not uid and number > len(sel.known):
                return Expect("BAD", "")
            old = number if uid else sel.known[number - 1]
            box = self.account().real(name)
            if old not in sel.known or old not in sel.box.messages or not box:
                return Expect("NO")
            uids = self.append_to(box, [(content, flags)])
            sel.box.remove([old])

            def check(cond, code, fetched, others):
                codes = [o[1] for o in others if o[0] == "OK" and o[1] and o[1][0] == "APPENDUID"]
                if len(codes) != 1 or codes[0][1][1] != uids:
                    s.fail(f"REPLACE: APPENDUID {codes}, not {uids}")
            return Expect("OK", "", check=check)
        return command, self.in_mailbox(s, True, effect)

    # --- mailboxes -------------------------------------------------------------------------------------------------

    def do_create(self, s, name):
        def run():
            return Expect("OK" if self.account().create(name) else "NO")
        return "CREATE " + quoted(name), run

    def do_delete(self, s, name):
        return "DELETE " + quoted(name), lambda: Expect("OK" if self.account().delete(name) else "NO")

    def do_rename(self, s, name, to):
        def run():
            ok = self.account().rename(name, to)
            if ok and canonical(name) == "INBOX":
                box = self.account().get(to)
                self.note_arrival(box, list(box.messages))
            return Expect("OK" if ok else "NO")
        return f"RENAME {quoted(name)} {quoted(to)}", run

    def do_subscribe(self, s, name, on):
        def run():
            (self.account().subscriptions.add if on else self.account().subscriptions.discard)(canonical(name))
            return Expect("OK", "")
        return ("SUBSCRIBE " if on else "UNSUBSCRIBE ") + quoted(name), run

    def do_list(self, s):
        def run():
            a = self.account()
            want = {}
            for name, box in a.boxes.items():
                want[name] = {"\\haschildren" if a.below(name) else "\\hasnochildren"} | ({"\\noselect"} if box.noselect else set())
                want[name] |= {"\\subscribed"} if name in a.subscriptions else set()

            def check(cond, code, fetched, others):
                known = ("\\haschildren", "\\hasnochildren", "\\noselect", "\\subscribed")
                got = {o[3].decode(): {x.lower() for x in o[1]} & set(known) for o in others if o[0] == "LIST"}
                if got != want:
                    s.fail(f"LIST: {sorted(got.items())}, not {sorted(want.items())}")
            return Expect("OK", "", check=check)
        return 'LIST "" "*" RETURN (SUBSCRIBED CHILDREN)', run

    def do_lsub(self, s):
        def run():
            def check(cond, code, fetched, others):
                got = sorted(o[3].decode() for o in others if o[0] == "LSUB")
                if got != sorted(self.account().subscriptions):
                    s.fail(f"LSUB: {got}, not {sorted(self.account().subscriptions)}")
            return Expect("OK", "", check=check)
        return 'LSUB "" "*"', run

    def do_status(self, s, name):
        rev2 = "IMAP4REV2" in s.features

        def run():
            box = self.account().real(name)
            if not box:
                return Expect("NO")
            messages = box.messages.values()
            want = {"MESSAGES": len(messages), **({} if rev2 else {"RECENT": box.recent()}), "UIDNEXT": box.uidnext, "UNSEEN": sum("\\seen" not in m.flags for m in messages),
                    "SIZE": sum(len(m.content) for m in messages)}

            def check(cond, code, fetched, others):
                got = [o for o in others if o[0] == "STATUS"]
                if len(got) != 1 or got[0][1].decode() != canonical(name):
                    s.fail(f"STATUS: {got}")
                items = dict(got[0][2])
                self.uidvalidity(s, box, items.pop("UIDVALIDITY"))
                if items != want:
                    s.fail(f"STATUS of {name}: {items}, not {want}")
            return Expect("OK", "", check=check)
        return f"STATUS {quoted(name)} (MESSAGES{'' if rev2 else ' RECENT'} UIDNEXT UNSEEN SIZE UIDVALIDITY)", run

    # --- nonsense --------------------------------------------------------------------------------------------------

    def do_bad(self, s, words, needs_mailbox, holds):
        """A command that can't be read; its name can, so that what has happened is told."""
        def run():
            if needs_mailbox and s.selected is None:
                return Expect("BAD", silent=True)
            return Expect("BAD", "|UIDREQUIRED" if "UIDONLY" in s.features else "", holds=holds)
        return words, run

    def do_unknown(self, s):
        return "FROBNICATE {3+}\r\nabc", lambda: Expect("BAD", silent=True)


def letter_of(text):
    """The letter for a short text: "subject/body"."""
    subject, _, body = text.partition("/")
    return f"From: a@example.test\r\nSubject: {subject}\r\n\r\n{body}\r\n".encode()


__all__ = ["Commands", "letter_of", "wire"]
