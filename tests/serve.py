"""A server of its own for a test: in a directory below /tmp, on ports of loopback, as the user that runs the test (or another
one, by number). Standard library only."""
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROGRAM = os.environ.get("RESTANTE", os.path.join(ROOT, os.environ.get("RESTANTE_BUILD", "build/release"), "restante"))
ROLES = ["keeper", "gate", "box", "courier", "resolver", "control", "errand"]


def is_sanitized():
    try:
        with open(PROGRAM, "rb") as f:
            return re.search(rb"__[at]san_init", f.read()) is not None
    except OSError:
        return False


os.environ.setdefault("ASAN_OPTIONS", "detect_leaks=0")  # leaks: see tests/README.md
SANITIZED = is_sanitized()
reports = []  # what sanitizers said of any server of this test
SLOW = float(os.environ.get("SLOW", "3" if SANITIZED else "1"))


class Results:
    def __init__(self):
        self.passed = self.failed = self.skipped = self.unmeasured = 0

    def check(self, ok, what):
        if ok:
            self.passed += 1
        else:
            self.failed += 1
            print("not ok -", what, flush=True)
        return ok

    def check_memory(self, kib, most, what):
        """A figure of memory means nothing with a sanitizer, which takes several times as much for itself."""
        if SANITIZED:
            self.unmeasured += 1
            return True
        return self.check(kib < most, f"{what}: {kib} KiB")

    def skip(self, what):
        self.skipped += 1
        print("skipped -", what, flush=True)

    def end(self):
        for line in reports:
            self.check(False, line)
        if self.unmeasured:
            print(f"{self.unmeasured} figures of memory are left out with a sanitizer")
        print(f"{self.passed} passed, {self.failed} failed" + (f", {self.skipped} skipped" if self.skipped else ""))
        return 1 if self.failed or not self.passed else 0


def wait_for(what, seconds=10):
    end = time.monotonic() + seconds * SLOW
    while time.monotonic() < end:
        got = what()
        if got:
            return got
        time.sleep(0.02)
    return None


def route_core(account, n_cores):
    """base/route.h: the core that an account lives on."""
    mask = (1 << 64) - 1
    account ^= account >> 33
    account = account * 0xff51afd7ed558ccd & mask
    account ^= account >> 33
    account = account * 0xc4ceb9fe1a85ec53 & mask
    account ^= account >> 33
    return account % n_cores


class Server:
    """uid: whom the server runs as; settings: further lines of the configuration file; data: its directory, made beforehand;
    environment: variables added for the program."""

    def __init__(self, ports, uid=None, gates=2, cores=2, settings="", data=None, environment=None):
        self.dir = tempfile.mkdtemp(prefix="restante-test-")
        self.cores = cores
        self.environment = dict(os.environ, **(environment or {}))
        self.uid = os.getuid() if uid is None else uid
        self.config = os.path.join(self.dir, "restante.conf")
        self.data, self.run_dir = data or os.path.join(self.dir, "data"), os.path.join(self.dir, "run")
        self.key, self.cert = os.path.join(self.dir, "key.pem"), os.path.join(self.dir, "cert.pem")
        self.log = os.path.join(self.dir, "log")
        self.process = None
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.key,
                        "-out", self.cert, "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2"], check=True, stderr=subprocess.DEVNULL)
        self.lines = [f"host_name mail.example.test", f"data {self.data}", f"run {self.run_dir}", f"gates {gates}", f"cores {cores}",
                      f"tls {{ certificate {self.cert}  key {self.key} }}",
                      f"listener smtp {{ address 127.0.0.1  port {ports[0]} }}", f"listener imap {{ address 127.0.0.1  port {ports[1]} }}"]
        # users that need not exist; no setting at all without root
        self.lines += [f"user_{r} {1990000000 + i}" for i, r in enumerate(ROLES)] if self.uid == 0 else []
        self.lines += [settings] if settings else []
        self.write_config()
        os.chmod(self.dir, 0o755)
        self.program = PROGRAM
        if self.uid != os.getuid():  # the build may be out of his reach
            self.program = shutil.copy(PROGRAM, os.path.join(self.dir, "restante"))
            os.chmod(self.program, 0o755)
        for path in [self.dir, self.key, self.cert, self.config]:
            os.chown(path, self.uid, self.uid)

    def write_config(self, extra=""):
        with open(self.config, "w") as f:
            f.write("\n".join(self.lines) + "\n" + extra)

    def command(self, *args):
        switch = ["setpriv", "--reuid", str(self.uid), "--regid", str(self.uid), "--clear-groups"] if self.uid != os.getuid() else []
        return switch + [self.program, *args]

    def collect_reports(self):
        if os.path.exists(self.log):
            with open(self.log, errors="replace") as f:
                reports.extend(x.strip() for x in f if "ERROR: AddressSanitizer" in x or "WARNING: ThreadSanitizer" in x or "runtime error: " in x)

    def start(self):
        self.collect_reports()  # the log begins anew
        self.process = subprocess.Popen(self.command("serve", "--config", self.config), stdout=open(self.log, "w"), stderr=subprocess.STDOUT,
                                        env=self.environment)
        return wait_for(lambda: self.events("server_ready") or self.process.poll() is not None, 30) and self.process.poll() is None

    def events(self, name):
        with open(self.log, errors="replace") as f:
            return [line.strip() for line in f if line.startswith(f"event={name} ")]

    def ask(self, *words):
        """A command by the administration socket: (status number, text, json)."""
        def txt(raw):
            return struct.pack("<I", len(raw)) + raw
        listed = struct.pack("<I", len(words)) + b"".join(txt(w.encode()) for w in words)
        body = struct.pack("<IQ48x", 0, 0) + txt(listed) + txt(b"")
        s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        s.settimeout(10 * SLOW)
        s.connect(os.path.join(self.run_dir, "control"))
        s.sendall(struct.pack("<I", len(body)) + body)
        raw = b""
        while True:
            got = s.recv(65536)
            if not got:
                break
            raw += got
        s.close()
        status, text, out = None, "", b""
        while len(raw) >= 4:
            (n,) = struct.unpack_from("<I", raw)
            frame, raw = raw[4:4 + n], raw[4 + n:]
            status = frame[0]
            (tn,) = struct.unpack_from("<I", frame, 2)
            text = frame[6:6 + tn].decode()
            out += frame[6 + tn + 4:]
        return status, text, json.loads(out) if out else None

    def tool(self, *words, stdin=""):
        p = subprocess.run(self.command(*words, "--config", self.config, "--json"), input=stdin, capture_output=True, text=True, timeout=120)
        if p.returncode:
            raise RuntimeError(f"{words}: {p.returncode} {p.stdout}{p.stderr}")
        return json.loads(p.stdout) if p.stdout.strip() else None

    def accounts(self, domain, names, password):
        """Makes them, on cores in turn: {address: id}. Ids are random, so some are made until they fit."""
        out, tries = {}, 0
        self.tool("domain", "add", domain)
        for i, name in enumerate(names):
            while True:
                address = f"{name}@{domain}"
                self.tool("account", "add", address, "--password-stdin", stdin=password + "\n")
                number = int(self.tool("account", "show", address)["id"], 16)
                tries += 1
                if route_core(number, self.cores) == i % self.cores:
                    break
                self.tool("account", "remove", address)
                assert tries < 100
            out[address] = number
        return out

    def all_ready(self):
        roles = self.roles()
        return roles if roles and all(x["ready"] for x in roles.values()) else None

    def roles(self):
        try:
            status, _, got = self.ask("status")
        except OSError:
            return {}
        return {r["name"]: r for r in got["roles"]} if status == 0 else {}

    def stop(self, how=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(40 * SLOW)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode if self.process else None

    def remove(self):
        self.stop(signal.SIGKILL)
        self.collect_reports()
        shutil.rmtree(self.dir, ignore_errors=True)
