"""How the checks read C: text without comments and strings, rows of .def files, functions with their bodies.

Enough for this tree, which clang-format keeps regular; it is no C parser.
"""
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

_TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
_WORDS_BEFORE_PAREN = {"if", "while", "for", "switch", "return", "sizeof", "do", "else", "case", "defined", "_Alignof",
                       "__attribute__", "__typeof__", "_Static_assert", "PRINTF_LIKE", "__extension__"}


def files(*suffixes, under="src"):
    """Paths below the root, sorted."""
    found = []
    for folder, _, names in os.walk(os.path.join(ROOT, under)):
        for name in names:
            if name.endswith(suffixes):
                found.append(os.path.relpath(os.path.join(folder, name), ROOT))
    return sorted(found)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        return f.read()


def _blank(text):
    return re.sub(r"[^\n]", " ", text)


def bare(text):
    """Without comments; strings keep their quotes and length only. Lines stay where they are."""
    def swap(m):
        t = m.group(0)
        if t[0] == "/":
            return _blank(t)
        return t[0] + _blank(t[1:-1]) + t[-1]
    return _TOKEN.sub(swap, text)


def directives(text):
    """(line, text) of each preprocessor line, continuations joined."""
    lines = text.split("\n")
    i = 0
    while i < len(lines):
        start = i
        if lines[i].lstrip().startswith("#"):
            joined = lines[i]
            while joined.endswith("\\") and i + 1 < len(lines):
                i += 1
                joined = joined[:-1] + " " + lines[i]
            yield start + 1, joined.strip()
        i += 1


def without_directives(text):
    out, cont = [], False
    for line in text.split("\n"):
        directive = cont or line.lstrip().startswith("#")
        cont = directive and line.endswith("\\")
        out.append("" if directive else line)
    return "\n".join(out)


def without_directives_in_place(text):
    """The same, with every character where it was."""
    out, cont = [], False
    for line in text.split("\n"):
        directive = cont or line.lstrip().startswith("#")
        cont = directive and line.endswith("\\")
        out.append(" " * len(line) if directive else line)
    return "\n".join(out)


def line_of(text, at):
    return text.count("\n", 0, at) + 1


def closing(text, at, pair="()"):
    """Index of the bracket that closes the one at `at`; -1 when there is none."""
    depth = 0
    for i in range(at, len(text)):
        if text[i] == pair[0]:
            depth += 1
        elif text[i] == pair[1]:
            depth -= 1
            if depth == 0:
                return i
    return -1


class Function:
    def __init__(self, name, head, body, line, body_line):
        self.name, self.head, self.body, self.line, self.body_line = name, head, body, line, body_line
        self.is_static = re.search(r"\bstatic\b", head) is not None
        self.suspends = re.search(r"\bSUSPENDS\b", head) is not None


def functions(text):
    """The function definitions of a file; `text` is bare and without directives."""
    i, head_start = 0, 0
    while True:
        m = re.compile(r"[{};]").search(text, i)
        if not m:
            return
        c, at = m.group(0), m.start()
        if c != "{":
            head_start = i = at + 1
            continue
        end = closing(text, at, "{}")
        if end < 0:
            return
        head = text[head_start:at]
        name = re.search(r"([A-Za-z_]\w*)\s*\(", head)
        if name and "=" not in head and name.group(1) not in _WORDS_BEFORE_PAREN and ")" in head:
            if name.group(1).isupper():  # TEST(name) and its like, or an attribute in front
                inner = re.search(r"\b([a-z]\w*)\s*\(", head)
                name = inner or name
            yield Function(name.group(1), head, text[at:end + 1], line_of(text, head_start + name.start()),
                           line_of(text, at))
            head_start = i = end + 1
        else:  # a struct, an array, an initializer: its end is the ; behind it
            i = end + 1


def calls(body):
    """(name, is_member, offset) of everything that looks like a call."""
    for m in re.finditer(r"(->|\.)?\s*\b([A-Za-z_]\w*)\s*\(", body):
        if m.group(2) not in _WORDS_BEFORE_PAREN:
            yield m.group(2), m.group(1) is not None, m.start(2)


def split_args(text):
    """The arguments between brackets, split at commas of the outermost level; strings are respected."""
    args, depth, start, i = [], 0, 0, 0
    while i < len(text):
        c = text[i]
        if c in "\"'":
            m = _TOKEN.match(text, i)
            i = m.end() if m else i + 1
            continue
        if c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
        elif c == "," and depth == 0:
            args.append(text[start:i].strip())
            start = i + 1
        i += 1
    args.append(text[start:].strip())
    return args


def no_comments(text):
    return _TOKEN.sub(lambda m: _blank(m.group(0)) if m.group(0)[0] == "/" else m.group(0), text)


def rows(path):
    """(line, macro, args) of each row of a .def file."""
    text = no_comments(read(path))
    shape = bare(text)
    i = 0
    while True:
        m = re.compile(r"\b([A-Z][A-Z0-9_]*)\s*\(").search(shape, i)
        if not m:
            return
        end = closing(shape, m.end() - 1)
        if end < 0:
            raise SystemExit(f"{path}:{line_of(text, m.start())}: a row without its closing bracket")
        yield line_of(text, m.start()), m.group(1), split_args(text[m.end():end])
        i = end + 1
