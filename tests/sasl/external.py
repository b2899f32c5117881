"""EXTERNAL by certificates of clients, which openssl makes: curl on all three protocols, and what must not open anything."""
import base64
import os
import re
import socket
import ssl
import subprocess
import time

import serve

SMTP, IMAP, SUBMISSION, POP3, IMAPS, STARTTLS, STRICT, PLAIN = range(29606, 29614)
ALICE, BOB = "alice@example.test", "bob@example.test"
NAMES = "auth_certificate_names yes\n"
CONFIG = """
[ca]
default_ca = here
[here]
dir = %(dir)s
database = $dir/index.txt
new_certs_dir = $dir
serial = $dir/serial
crlnumber = $dir/crlnumber
default_md = sha256
default_days = 30
default_crl_days = 30
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
"""


def openssl(*words):
    subprocess.run(["openssl", *words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Authority:
    def __init__(self, folder, name, above=None):
        self.dir = os.path.join(folder, name)
        os.mkdir(self.dir)
        self.cert, self.key, self.config = (os.path.join(self.dir, f) for f in ["ca.pem", "ca.key", "openssl.cnf"])
        for file, text in [("openssl.cnf", CONFIG % {"dir": self.dir}), ("index.txt", ""), ("serial", "01\n"), ("crlnumber", "01\n")]:
            with open(os.path.join(self.dir, file), "w") as f:
                f.write(text)
        is_ca = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign"]
        if above:
            request = os.path.join(self.dir, "ca.csr")
            openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.key, "-out", request, "-subj", f"/CN={name}", *is_ca)
            openssl("ca", "-batch", "-config", above.config, "-cert", above.cert, "-keyfile", above.key, "-in", request, "-out", self.cert, "-notext")
        else:
            openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.key, "-out", self.cert, "-subj", f"/CN={name}", "-days", "30", *is_ca)

    def issue(self, name, names="", usage="clientAuth", days=None):
        """Certificate and key in one file."""
        key, request, cert, both = (os.path.join(self.dir, name + end) for end in [".key", ".csr", ".crt", ".pem"])
        more = [w for line in [f"subjectAltName={names}" if names else "", f"extendedKeyUsage={usage}" if usage else ""] if line for w in ["-addext", line]]
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", request, "-subj", f"/CN={name}", *more)
        dates = [w for i, at in enumerate(days or []) for w in [["-startdate", "-enddate"][i], time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + at * 86400))]]
        openssl("ca", "-batch", "-config", self.config, "-cert", self.cert, "-keyfile", self.key, "-in", request, "-out", cert, "-notext", *dates)
        with open(both, "w") as f:
            f.write(open(cert).read() + open(key).read())
        return both

    def revoke(self, both):
        """Its list of revoked ones then."""
        out = os.path.join(self.dir, "crl.pem")
        words = ["-config", self.config, "-cert", self.cert, "-keyfile", self.key]
        openssl("ca", *words, "-revoke", both[:-4] + ".crt")
        openssl("ca", *words, "-gencrl", "-out", out)
        return open(out).read()


def fingerprint(both):
    return subprocess.run(["openssl", "x509", "-noout", "-fingerprint", "-sha256", "-in", both], check=True, capture_output=True, text=True).stdout.strip()


class External:
    def __init__(self, r, lines):
        self.r, self.Lines = r, lines
        self.server = None

    def context(self, cert=None, version=None):
        context = ssl.create_default_context(cafile=self.server.cert)
        if version:
            context.maximum_version = version
        if cert:
            context.load_cert_chain(cert)
        return context

    def imap(self, cert, words="EXTERNAL =", port=IMAPS, version=None, says=None):
        """(announced, tagged answer)"""
        c = self.Lines(self.server, port, self.context(cert, version))
        greeting = c.line()
        c.say(f"a AUTHENTICATE {words}")
        line = c.until("a ")[-1] if says is None else c.line()
        if says is not None:
            self.r.check(line == "+", f"an empty challenge: {line}")
            c.say(says)
            line = c.until("a ")[-1]
        c.close()
        return "AUTH=EXTERNAL" in greeting, line

    def is_refused(self, cert, start, what, announced=False, port=IMAPS, words="EXTERNAL ="):
        got = self.imap(cert, words, port)
        self.r.check(got[0] == announced and got[1].startswith(start), f"{what}: {got}")

    def curl(self, cert, who):
        for url, more in [(f"imaps://localhost:{IMAPS}/INBOX", []), (f"pop3s://localhost:{POP3}/", []),
                          (f"smtps://localhost:{SUBMISSION}", ["--mail-from", who, "--mail-rcpt", who, "--crlf", "-T", self.server.config]),
                          (f"imap://localhost:{STARTTLS}/INBOX", ["--ssl-reqd"])]:
            p = subprocess.run(["curl", "-sS", "--cacert", self.server.cert, "--cert", cert, "--user", who + ":", "--login-options", "AUTH=EXTERNAL", *more, url],
                               capture_output=True, text=True, timeout=60 * serve.SLOW)
            self.r.check(p.returncode == 0, f"curl {url}: {p.returncode} {p.stderr}")

    def other_doors(self):
        """The words of POP3 and SMTP."""
        c = self.Lines(self.server, POP3, self.context(self.alice))
        c.line()
        c.say("CAPA")
        self.r.check(any(line.startswith("SASL ") and "EXTERNAL" in line for line in c.until(".")), "CAPA lists it")
        c.say("AUTH EXTERNAL " + base64.b64encode(BOB.encode()).decode())
        self.r.check(c.line().startswith("-ERR [AUTH] "), "POP3: not as somebody else")
        c.say("AUTH EXTERNAL")
        self.r.check(c.line() == "+", "POP3 asks")
        c.say("")
        self.r.check(c.line().startswith("+OK"), "and is answered")
        c.close()
        c = self.Lines(self.server, SUBMISSION, self.context(self.alice))
        c.line()
        c.say("EHLO client.example")
        self.r.check(any("AUTH" in line and "EXTERNAL" in line for line in c.until("250 ")), "EHLO lists it")
        c.say("AUTH EXTERNAL " + base64.b64encode(BOB.encode()).decode())
        self.r.check(c.line().startswith("535 5.7.8 "), "SMTP: not as somebody else")
        c.say("AUTH EXTERNAL")
        self.r.check(c.line() == "334", "SMTP asks")
        c.say("")
        self.r.check(c.line().startswith("235 "), "and is answered")
        c.close()
        c = self.Lines(self.server, POP3, self.context(self.old))
        c.line()
        c.say("AUTH EXTERNAL =")
        self.r.check(c.line() == "-ERR [AUTH] The certificate has expired", "POP3 says why")
        c.close()
        c = self.Lines(self.server, SUBMISSION, self.context())
        c.line()
        c.say("EHLO client.example")
        c.until("250 ")
        c.say("AUTH EXTERNAL =")
        self.r.check(c.line().startswith("504 "), "SMTP: nothing without a certificate")
        c.close()

    def starttls(self):
        s = socket.create_connection(("127.0.0.1", STARTTLS), timeout=20 * serve.SLOW)
        f = s.makefile("rwb")
        self.r.check(b"EXTERNAL" not in f.readline(), "before TLS it is not announced")
        f.write(b"a STARTTLS\r\n")
        f.flush()
        self.r.check(f.readline().startswith(b"a OK"), "STARTTLS")
        t = self.context(self.alice).wrap_socket(s, server_hostname="localhost")
        f = t.makefile("rwb")
        f.write(b"b CAPABILITY\r\nc AUTHENTICATE EXTERNAL =\r\n")
        f.flush()
        self.r.check(b"AUTH=EXTERNAL" in f.readline() and f.readline().startswith(b"b OK"), "after it, it is")
        line = b""
        while not line.startswith(b"c "):
            line = f.readline()
        self.r.check(line.startswith(b"c OK"), f"and works: {line}")
        t.close()

    def again(self, context, port, session):
        """Another connection, with that session: (was it resumed, its own session, announced); None: no handshake."""
        try:
            raw = socket.create_connection(("127.0.0.1", port), timeout=20 * serve.SLOW)
            t = context.wrap_socket(raw, server_hostname="localhost", session=session)
            greeting = t.recv(4096)  # tickets come along
            got = (t.session_reused, t.session, b"AUTH=EXTERNAL" in greeting)
            t.close()
            return got if greeting else None
        except (ssl.SSLError, ConnectionError):
            return None

    def resumption(self, version, name):
        def with_ticket(session):
            return session is not None and session.has_ticket
        bare = self.context(None, version)
        first = self.again(bare, IMAPS, None)
        self.r.check(first and with_ticket(first[1]) and not first[2], f"{name}: who has no certificate gets a ticket: {first}")
        second = self.again(bare, IMAPS, first[1])
        self.r.check(second and second[0] and not second[2], f"{name}: and may use it: {second}")
        self.r.check(self.again(bare, STRICT, first[1]) is None, f"{name}: but not where a certificate is required")
        third = self.again(bare, PLAIN, first[1])
        self.r.check(third and not third[0], f"{name}: nor where none is asked for: {third}")
        plain = self.again(bare, PLAIN, None)
        self.r.check(with_ticket(plain[1]) and self.again(bare, STRICT, plain[1]) is None and not self.again(bare, IMAPS, plain[1])[0],
                     f"{name}: nor the other way round: {plain}")
        own = self.context(self.alice, version)
        first = self.again(own, IMAPS, None)
        self.r.check(first and first[2] and not with_ticket(first[1]), f"{name}: who shows one gets no ticket: {first}")
        strict = self.again(own, STRICT, None)
        self.r.check(strict and strict[2] and not with_ticket(strict[1]), f"{name}: nor where it is required: {strict}")

    def doors(self):
        self.curl(self.alice, ALICE)
        for words, says in [("EXTERNAL =", None), ("EXTERNAL " + base64.b64encode(ALICE.encode()).decode(), None), ("EXTERNAL", ""),
                            ("EXTERNAL", base64.b64encode(b"ALICE@example.test").decode())]:
            got = self.imap(self.alice, words, says=says)
            self.r.check(got[0] and got[1].startswith("a OK"), f"{words} {says}: {got}")
        got = self.imap(self.alice, version=ssl.TLSVersion.TLSv1_2)
        self.r.check(got[0] and got[1].startswith("a OK"), f"TLS 1.2: {got}")
        got = self.imap(self.below)
        self.r.check(got[0] and got[1].startswith("a OK"), f"with a certificate in between: {got}")
        self.is_refused(self.alice, "a NO [AUTHORIZATIONFAILED]", "another's name", True, words="EXTERNAL " + base64.b64encode(BOB.encode()).decode())
        self.is_refused(self.alice, "a NO [AUTHENTICATIONFAILED]", "a NUL", True, words="EXTERNAL " + base64.b64encode(b"a\0b").decode())
        self.is_refused(None, "a NO [CANNOT]", "no certificate")
        self.is_refused(self.alice, "a NO [CANNOT]", "a listener that asks for none", port=PLAIN)
        self.is_refused(self.old, "a NO [EXPIRED]", "one that has run out")
        self.is_refused(self.early, "a NO [AUTHENTICATIONFAILED]", "one that does not hold yet")
        self.is_refused(self.wrong, "a NO [AUTHENTICATIONFAILED]", "one for servers")
        self.is_refused(self.foreign, "a NO [AUTHENTICATIONFAILED]", "one from elsewhere")
        self.is_refused(self.nobody, "a NO [AUTHENTICATIONFAILED]", "one of nobody", True)
        self.is_refused(self.both, "a NO [AUTHENTICATIONFAILED]", "one of two", True)
        got = self.imap(self.both, "EXTERNAL " + base64.b64encode(BOB.encode()).decode())
        self.r.check(got[1].startswith("a OK"), f"who says which: {got}")
        c = self.Lines(self.server, IMAPS, self.context(self.old))
        c.line()
        c.say(f'a LOGIN {ALICE} "correct horse"')
        self.r.check(c.until("a ")[-1].startswith("a OK"), "a password is good all the same")
        c.close()

    def registered(self):
        self.is_refused(self.device, "a NO [AUTHENTICATIONFAILED]", "a device that is not registered", True)
        added = self.server.tool("client-certificate", "add", BOB, fingerprint(self.device), "--name", "Phone")
        self.r.check(re.fullmatch("[0-9a-f]{64}", added["sha256"]) and added["protocols"] == "all", f"it is registered: {added}")
        status, text = self.tool_fails("client-certificate", "add", ALICE, fingerprint(self.device))
        self.r.check(status and "another account" in text, f"for one account only: {text}")
        status, text = self.tool_fails("client-certificate", "add", ALICE, "12:34")
        self.r.check(status and "fingerprint" in text, f"not any word: {text}")
        c = self.Lines(self.server, IMAPS, self.context(self.device))
        c.line()
        c.say("a AUTHENTICATE EXTERNAL =")
        self.r.check(c.until("a ")[-1].startswith("a OK"), "then it opens bob's mail")
        listed = self.server.tool("client-certificate", "list", BOB)["certificates"]
        self.r.check([x["name"] for x in listed] == ["Phone"] and listed[0]["last_use"].startswith("20"), f"and is listed: {listed}")
        self.server.tool("client-certificate", "remove", BOB, "Phone")
        self.r.check(c.line().startswith("* BYE"), "until it is taken back, which ends what it opened")
        c.close()
        self.is_refused(self.device, "a NO [AUTHENTICATIONFAILED]", "and it opens nothing any more", True)
        self.server.tool("client-certificate", "add", BOB, fingerprint(self.device), "--protocols", "pop3")
        self.is_refused(self.device, "a NO [AUTHENTICATIONFAILED]", "one for POP3 is not for IMAP", True)

    def tool_fails(self, *words):
        p = subprocess.run(self.server.command(*words, "--config", self.server.config), capture_output=True, text=True)
        return p.returncode, p.stdout + p.stderr

    def required(self):
        self.r.check(self.again(self.context(), STRICT, None) is None, "without a certificate no TLS, where it is required")
        self.r.check(self.again(self.context(self.foreign), STRICT, None) is None, "nor with one from elsewhere")
        got = self.imap(self.alice, port=STRICT)
        self.r.check(got[0] and got[1].startswith("a OK"), f"with a good one: {got}")

    def withdrawn(self):
        self.server.tool("account", "disable", ALICE)
        self.is_refused(self.alice, "a NO [CONTACTADMIN]", "a disabled account", True)
        self.server.tool("account", "enable", ALICE)
        self.server.write_config()
        self.server.tool("reload")
        self.is_refused(self.alice, "a NO [AUTHENTICATIONFAILED]", "addresses do not count where no setting says so", True)
        self.server.write_config(NAMES)
        with open(self.trusted, "a") as f:
            f.write(self.ca.revoke(self.alice))
        self.server.tool("reload")
        self.r.check(serve.wait_for(lambda: not self.imap(self.alice)[0]), "one that is in the list of revoked ones is not good any more")
        self.is_refused(self.alice, "a NO [AUTHENTICATIONFAILED]", "nor does it open anything")
        got = self.imap(self.both, "EXTERNAL " + base64.b64encode(BOB.encode()).decode())
        self.r.check(got[0] and got[1].startswith("a OK"), f"others are: {got}")

    def settings(self):
        for text, what in [(f"listener x {{ protocol imap  port {PLAIN + 1}  client_ca /nowhere }}", "No such file"),
                           (f"listener x {{ protocol imap  port {PLAIN + 1}  client_ca {self.alice[:-4]}.key }}", "client_ca"),
                           (f"listener x {{ protocol smtp  port {PLAIN + 1}  client_ca {self.trusted} }}", "nobody logs in"),
                           (f"listener x {{ protocol imap  security none  port {PLAIN + 1}  client_ca {self.trusted} }}", "nobody logs in"),
                           (f"listener x {{ protocol imap  port {PLAIN + 1}  client_certificate required }}", "nobody vouches")]:
            self.server.write_config(NAMES + text + "\n")
            status, out = self.tool_fails("check-config")
            self.r.check(status != 0 and what in out, f"check-config of {text}: {out}")
        self.server.write_config(NAMES)

    def make(self, folder):
        self.ca, other = Authority(folder, "ca"), Authority(folder, "other")
        between = Authority(folder, "between", self.ca)
        self.alice = self.ca.issue("alice", f"email:{ALICE}")
        self.old = self.ca.issue("old", f"email:{ALICE}", days=(-10, -1))
        self.early = self.ca.issue("early", f"email:{ALICE}", days=(2, 10))
        self.wrong = self.ca.issue("wrong", f"email:{ALICE}", usage="serverAuth")
        self.foreign = other.issue("foreign", f"email:{ALICE}")
        self.nobody = self.ca.issue("nobody", "email:nobody@example.test,DNS:alice.example.test")
        self.both = self.ca.issue("both", f"email:{ALICE},email:{BOB}")
        self.device = self.ca.issue("device")
        self.below = between.issue("below", f"email:{ALICE}")
        with open(self.below, "a") as f:
            f.write(open(between.cert).read())
        self.trusted = os.path.join(folder, "trusted.pem")
        with open(self.trusted, "w") as f:
            f.write(open(self.ca.cert).read())

    def run(self):
        self.server = serve.Server([SMTP, IMAP], gates=1)
        try:
            folder = os.path.join(self.server.dir, "clients")
            os.mkdir(folder)
            self.make(folder)
            asks = f"client_ca {self.trusted}"
            self.server.lines += ["auth_failure_delay 10ms", "auth_max_tries 100", "auth_max_account_failures 10000",
                                  f"listener submission {{ address 127.0.0.1  port {SUBMISSION}  security tls  {asks} }}",
                                  f"listener pop3 {{ address 127.0.0.1  port {POP3}  security tls  {asks} }}",
                                  f"listener imaps {{ protocol imap  address 127.0.0.1  port {IMAPS}  security tls  {asks} }}",
                                  f"listener starttls {{ protocol imap  address 127.0.0.1  port {STARTTLS}  {asks} }}",
                                  f"listener strict {{ protocol imap  address 127.0.0.1  port {STRICT}  security tls  {asks}  client_certificate required }}",
                                  f"listener plain {{ protocol imap  address 127.0.0.1  port {PLAIN}  security tls }}"]
            self.server.write_config(NAMES)
            if self.r.check(self.server.start(), "a server that asks clients for certificates"):
                self.server.tool("domain", "add", "example.test")
                for who in [ALICE, BOB]:
                    self.server.tool("account", "add", who, "--password-stdin", stdin="correct horse\n")
                for part in [self.doors, self.other_doors, self.starttls, self.registered, self.required]:
                    part()
                self.resumption(None, "TLS 1.3")
                self.resumption(ssl.TLSVersion.TLSv1_2, "TLS 1.2")
                self.settings()
                self.withdrawn()
            self.r.check(self.server.stop() == 0, "it stops")
        finally:
            self.server.remove()
