"""Policies of MTA-STS (RFC 8461): how they are fetched, kept and replaced, with a web server of the test's own; what they make of a connection: security.py.
Each domain NAME.test has a mail server mx.NAME.test and a policy host mta-sts.NAME.test."""
import http.server
import os
import signal
import ssl
import threading
import time

import serve
from peers import A, TXT
from security import Security

WEB_ADDRESS = "127.0.0.91"
PLAIN = "text/plain"


class Web:
    """pages: {host: (code, type, body)} or a function of the handler; contexts: {host: TLS context}, by the name that the client asks for."""

    def __init__(self, address, port, default):
        self.pages, self.contexts, self.asked = {}, {}, []
        web = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                host = self.headers["Host"]
                web.asked.append((host, self.path))
                page = web.pages.get(host, (404, PLAIN, ""))
                if callable(page):
                    page(self)
                    return
                code, kind, body = page
                self.send_response(code)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                if code // 100 == 3:
                    self.send_header("Location", body)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *words):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def finish_request(self, request, client):
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(*default)

                def choose(sock, name, _):
                    sock.context = web.contexts.get(name, context)
                context.sni_callback = choose
                try:
                    super().finish_request(context.wrap_socket(request, server_side=True), client)
                except OSError:
                    pass

        self.server = Server((address, port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def count(self, host):
        return sum(h == host for h, _ in self.asked)


def policy(mode, *mx, max_age=86400, more=""):
    return "".join(f"{line}\r\n" for line in ["version: STSv1", f"mode: {mode}", *[f"mx: {x}" for x in mx], f"max_age: {max_age}"]) + more


class Sts(Security):
    def __init__(self, w, r, port, tls_port, peer_port, web_port):
        super().__init__(w, r, port, tls_port, peer_port, web_port)
        self.last = 200
        self.certs.make("nobody", ["nobody.test"])
        self.web = Web(WEB_ADDRESS, web_port, (self.certs.path("nobody"), self.certs.path("nobody", "key")))

    def announce(self, name, record="v=STSv1; id=1;"):
        key = (f"_mta-sts.{name}.test", TXT)
        self.w.dns.records[key] = [record] if record else []
        self.w.dns.ttls[key] = 1

    def publish(self, name, page, record="v=STSv1; id=1;", cert=True, code=200, kind=PLAIN):
        """cert: True for a good one of the policy host, or the name of another one."""
        host = f"mta-sts.{name}.test"
        if cert is True:
            cert = host
            if not os.path.exists(self.certs.path(cert)):
                self.certs.make(cert, [host], by_ca=True)
        self.web.contexts[host] = self.certs.tls(cert)
        self.web.pages[host] = page if callable(page) else (code, kind, page)
        if (host, A) not in self.w.dns.records:
            self.w.dns.add(host, A, WEB_ADDRESS)
        self.announce(name, record)

    def good(self, name, names=None):
        """A mail server with a certificate that holds for it, or for `names`."""
        self.certs.make(name, names or [f"mx.{name}.test"], by_ca=True)
        return self.domain(name, name, zone="test")


def enforced(s):
    p = s.good("polgood")
    s.publish("polgood", policy("enforce", "mx.polgood.test"))
    got = s.arrives(p, "a@polgood.test", "enforce, all is well")
    s.r.check(got and got[3] and s.said("courier_outcome", "a@polgood.test", ' sts"'), "under TLS, and the log names the policy")
    s.r.check(s.said("courier_sts_fetched", "domain=polgood.test", "mode=enforce", "id=1"), "that it was fetched is in the log")
    for i in range(3):
        s.arrives(p, f"{i}@polgood.test", "enforce, again")
    s.r.check(s.web.count("mta-sts.polgood.test") == 1, f"fetched once: {s.web.asked}")
    p = s.good("polwild")
    s.publish("polwild", policy("enforce", "*.polwild.test"))
    s.arrives(p, "a@polwild.test", "enforce, by a wildcard")
    s.w.server.ask("transport", "set", "polwild.test", "tls", "verify")
    s.arrives(p, "b@polwild.test", "REQUIRETLS under a rule: the policy names the server", options=["REQUIRETLS"], port=s.tls_port)
    s.w.server.ask("transport", "remove", "polwild.test")


def not_enforced(s):
    for name, page in (("poltesting", policy("testing", "mx.poltesting.test")), ("poltesting2", policy("testing", "elsewhere.test")), ("polnone", policy("none"))):
        s.publish(name, page)
        got = s.arrives(s.domain(name, "nobody", zone="test"), f"a@{name}.test", f"{name}: whatever the certificate")
        s.r.check(got and got[3], f"{name}: under TLS all the same")
        s.r.check(s.web.count(f"mta-sts.{name}.test") == 1, f"{name}: its policy was looked at")


def unfetched(s):
    """What can't be had is as if there were none, and the log says why."""
    def slow(handler):
        time.sleep(6)

    def drip(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
        for _ in range(60):
            handler.wfile.write(b"#")
            time.sleep(0.1)

    elsewhere = policy("enforce", "elsewhere.test")
    for name, result, words, page, options in (
            ("polaway", "sts-policy-fetch-error", "the server answers 404", elsewhere, {"code": 404}),
            ("polredirect", "sts-policy-fetch-error", "the server answers 301", "https://mta-sts.polgood.test/.well-known/mta-sts.txt", {"code": 301}),
            ("pollarge", "sts-policy-fetch-error", "the answer is longer than 64000 bytes", elsewhere + "x: " + "y" * 70000 + "\r\n", {}),
            ("polslow", "sts-policy-fetch-error", "", slow, {}),
            ("poldrip", "sts-policy-fetch-error", "", drip, {}),
            ("polbadcert", "sts-webpki-invalid", "", elsewhere, {"cert": "nobody"}),
            ("polbadname", "sts-webpki-invalid", "", elsewhere, {"cert": "polgood"}),
            ("polhtml", "sts-policy-invalid", "the policy is not text/plain", elsewhere, {"kind": "text/html"}),
            ("polempty", "sts-policy-invalid", "the policy has no version", "", {}),
            ("polnomx", "sts-policy-invalid", "the policy has no mx", policy("enforce"), {})):
        s.publish(name, page, **options)
        s.arrives(s.domain(name, "nobody", zone="test"), f"a@{name}.test", f"{name}: it goes as without a policy")
        s.r.check(s.said("courier_sts_failed", f"domain={name}.test", result, words), f"{name}: the log says {result} {words}")
    for name, record in (("polnorecord", None), ("polbadrecord", "v=STSv1; id=a b;")):
        s.publish(name, elsewhere, record=record)
        s.arrives(s.domain(name, "nobody", zone="test"), f"a@{name}.test", f"{name}: no record, no policy")
        s.r.check(s.web.count(f"mta-sts.{name}.test") == 0, f"{name}: nothing is fetched")


def changes(s):
    p = s.domain("polnew", "nobody", zone="test")
    s.publish("polnew", policy("enforce", "mx.polnew.test"))
    s.send("a@polnew.test", "a policy that is mended")
    s.r.check(serve.wait_for(lambda: (x := s.w.state("a@polnew.test")) and "the certificate of" in x["answer"], 20), "enforce: it waits")
    s.publish("polnew", policy("none"), record="v=STSv1; id=2;")
    s.r.check(serve.wait_for(lambda: p.letters, 20), "another id: the new policy is fetched, and the letter goes")
    s.r.check(s.web.count("mta-sts.polnew.test") == 2, f"once for each id: {s.web.count('mta-sts.polnew.test')}")
    p = s.domain("polstop", "nobody", zone="test")
    s.publish("polstop", policy("enforce", "mx.polstop.test"))
    s.waits(p, "a@polstop.test", "enforce", "the certificate of mx.polstop.test is")
    s.publish("polstop", policy("none"), record=None)
    time.sleep(1.5)
    s.waits(p, "b@polstop.test", "the record has gone, the policy has not", "the certificate of mx.polstop.test is")


def deaths(s):
    p = s.domain("polkept", "nobody", zone="test")
    s.publish("polkept", policy("enforce", "mx.polkept.test"))
    s.waits(p, "a@polkept.test", "before the restart", "the certificate of mx.polkept.test is")
    s.publish("polkept", "", code=500, record=None)
    s.w.server.stop()
    s.r.check(s.w.server.start(), "the server starts again")
    s.waits(p, "b@polkept.test", "after the restart, record and page are away", "the certificate of mx.polkept.test is")
    s.r.check(s.web.count("mta-sts.polkept.test") == 1, "and nothing was fetched")
    for i in range(3):
        before = s.w.server.roles()["errand"]
        os.kill(before["pid"], signal.SIGKILL)
        s.r.check(serve.wait_for(lambda: (x := s.w.server.roles().get("errand")) and x["pid"] not in (0, before["pid"]) and s.w.server.all_ready(), 20), "the errand comes back")
    p = s.good("polafter")
    s.publish("polafter", policy("enforce", "mx.polafter.test"))
    got = s.arrives(p, "a@polafter.test", "and fetches")
    s.r.check(got and s.said("courier_outcome", "a@polafter.test", ' sts"'), "a policy")


def sts(w, r, port, tls_port, peer_port, web_port):
    s = Sts(w, r, port, tls_port, peer_port, web_port)
    for part in (enforced, not_enforced, unfetched, changes, deaths):
        part(s)
    r.check(serve.wait_for(lambda: not w.queue()["letters"], 20), f"nothing is left in the queue: {w.queue()['letters']}")
