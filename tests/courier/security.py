"""How connections are protected: DANE (RFC 7672) with signed zones and TLSA records of many kinds, rules of the administrator, REQUIRETLS and TLS-Required
(RFC 8689). Each domain NAME.signed has one server, mx.NAME.signed, at an address of its own."""
import datetime
import http.server
import os
import smtplib
import ssl
import threading
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

import serve
from dnssec import CNAME, TLSA, tlsa
from peers import A, MX, TXT, Peer, server_tls

EXTENSIONS = ("PIPELINING", "8BITMIME", "SIZE 50000000", "DSN", "SMTPUTF8", "REQUIRETLS")


class Certificates:
    """Made on the spot in a directory: an authority, and what it signs or what signs itself."""

    def __init__(self, where):
        self.where = where
        os.makedirs(where, exist_ok=True)
        self.ca_key, self.ca = self.make("ca", ["authority.test"], is_ca=True)

    def path(self, name, kind="pem"):
        return os.path.join(self.where, f"{name}.{kind}")

    def make(self, name, names, is_rsa=False, is_ca=False, by_ca=False, days=2, bits=2048):
        key = rsa.generate_private_key(65537, bits) if is_rsa else ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        now = datetime.datetime.utcnow()
        cert = (x509.CertificateBuilder().subject_name(subject).issuer_name(self.ca.subject if by_ca else subject).public_key(key.public_key())
                .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=30)).not_valid_after(now + datetime.timedelta(days=days))
                .add_extension(x509.SubjectAlternativeName([x509.DNSName(x) for x in names]), False)
                .add_extension(x509.BasicConstraints(is_ca, None), True).sign(self.ca_key if by_ca else key, hashes.SHA256()))
        with open(self.path(name), "wb") as f:
            f.write(cert.public_bytes(serialization.Encoding.PEM))
            if by_ca:
                f.write(self.ca.public_bytes(serialization.Encoding.PEM))
        with open(self.path(name, "key"), "wb") as f:
            f.write(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        return key, cert

    def tls(self, name):
        return server_tls(self.path(name), self.path(name, "key"), "AES128-SHA:@SECLEVEL=0" if name == "weak" else None)


class Security:
    def __init__(self, w, r, port, tls_port, peer_port, web_port):
        self.w, self.r, self.port, self.tls_port, self.peer_port, self.web_port, self.last = w, r, port, tls_port, peer_port, web_port, 100
        self.certs = w.certs
        self.certs.make("strange", ["strange.test"], days=-1)  # of another name, and expired
        self.certs.make("rsa", ["strange.test"], is_rsa=True)
        self.certs.make("weak", ["strange.test"], is_rsa=True, bits=1024)

    def domain(self, name, cert=None, records=(), mx=None, zone="signed", extensions=EXTENSIONS, at="mx.{}"):
        """A domain with a server; `records` are TLSA data."""
        self.last += 1
        full = f"{name}.{zone}"
        host = at.format(full)
        dns = self.w.signed if zone == "signed" else self.w.dns
        if host != full:
            dns.add(full, MX, *(mx or [f"10 {host}"]))
        dns.add(host, A, f"127.0.0.{self.last}")
        if records:
            dns.add(f"_{self.peer_port}._tcp.{host}", TLSA, *records)
        return Peer(f"127.0.0.{self.last}", self.peer_port, tls=cert and self.certs.tls(cert), extensions=extensions)

    def send(self, to, subject, head="", options=(), port=None):
        with smtplib.SMTP("127.0.0.1", port or self.port, timeout=30) as s:
            if port:
                context = ssl.create_default_context()
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
                s.starttls(context=context)
            s.login("alice@here.test", "secret")
            s.sendmail("alice@here.test", [to], f"From: alice@here.test\r\nTo: x\r\n{head}Subject: {subject}\r\n\r\nSecret words\r\n".encode(), mail_options=list(options))

    def arrives(self, peer, to, what, **options):
        before = len(peer.letters)
        self.send(to, what, **options)
        ok = serve.wait_for(lambda: len(peer.letters) > before, 20)
        return self.r.check(ok, f"{what}: it arrives") and peer.letters[-1]

    def waits(self, peer, to, what, text, **options):
        """It stays in the queue, which says why, and nothing of it is said to the server."""
        self.send(to, what, **options)
        state = serve.wait_for(lambda: (x := self.w.state(to)) and text in x["answer"] and x, 20)
        self.r.check(state, f"{what}: it waits, since \"{text}\": {(self.w.state(to) or {}).get('answer')}")
        self.r.check(not peer or not any(v.startswith("MAIL") for v in peer.verbs), f"{what}: nothing of it is said")
        if state:
            self.w.server.ask("queue", "drop", state["id"])

    def returns(self, peer, to, what, status, text, **options):
        self.send(to, what, **options)
        m = serve.wait_for(lambda: self.w.notice(what), 20)
        if self.r.check(m, f"{what}: it comes back"):
            report = m.get_payload()[1].get_payload()[1]
            self.r.check(report["Status"] == status and text in report["Diagnostic-Code"].replace("\r\n ", ""), f"{what}: {report['Status']} {report['Diagnostic-Code']}")
            self.r.check("Secret words" not in m.as_string(), f"{what}: the notice has the header only (RFC 8689 5)")
        self.r.check(not peer or not any(v.startswith("MAIL") for v in peer.verbs), f"{what}: nothing of it is said")

    def said(self, *words):
        """In the log, a moment later at most: the server has the letter before we know that."""
        def look():
            with open(self.w.server.log) as f:
                return any(all(x in line for x in words) for line in f)
        return serve.wait_for(look, 5)

    def record(self, *fields, of="strange"):
        return tlsa(*fields, self.certs.path(of))


def records(s):
    """Certificates that TLSA records name: neither name nor date of an end certificate matter."""
    for of in ("strange", "rsa"):
        for i, fields in enumerate(((3, 1, 1), (3, 1, 2), (3, 0, 1), (3, 0, 0), (3, 1, 0))):
            name = f"match{i}{of}"
            got = s.arrives(s.domain(name, of, [s.record(*fields, of=of)]), f"a@{name}.signed", f"{fields} {of}")
            s.r.check(got and got[3], f"{fields} {of}: under TLS")
            s.r.check(s.said("courier_outcome", f"mx.{name}.signed", " dane"), f"{fields} {of}: the log says dane")
    s.certs.make("under", ["mx.under0.signed", "under2.signed", "mx.under1.signed"], by_ca=True)
    for i, fields in enumerate(((2, 0, 1), (2, 1, 1), (2, 1, 2))):
        s.arrives(s.domain(f"under{i}", "under", [s.record(*fields, of="ca")]), f"a@under{i}.signed", f"{fields}, an authority")
    p = s.domain("under3", "under", [s.record(2, 0, 1, of="ca")])
    s.waits(p, "a@under3.signed", "an authority, another name", "the certificate of mx.under3.signed is not for that name")
    p = s.domain("two", "rsa", [s.record(3, 1, 1), s.record(3, 1, 1, of="rsa")])
    s.arrives(p, "a@two.signed", "the second record")
    p = s.domain("mixed", "strange", [s.record(3, 1, 1), s.record(1, 1, 1, of="rsa")])
    s.arrives(p, "a@mixed.signed", "usage 1 beside usage 3")
    p = s.domain("implicit", "strange", [s.record(3, 1, 1)], at="{}")
    s.arrives(p, "a@implicit.signed", "no MX")
    s.r.check(s.said("courier_outcome", "a@implicit.signed", " dane"), "no MX: the log says dane")
    p = s.domain("wrongimplicit", "rsa", [s.record(3, 1, 1)], at="{}")
    s.waits(p, "a@wrongimplicit.signed", "no MX, wrong certificate", "the certificate of wrongimplicit.signed does not match its TLSA records")


def aliases(s):
    """RFC 7672 2.2.3: at the end of the aliases, or at the server's own name."""
    for name, at, cert, ok in (("alias1", "real.alias1.signed", "strange", True), ("alias2", "mx.alias2.signed", "strange", True),
                               ("alias3", "real.alias3.signed", "rsa", False), ("alias4", "mx.alias4.signed", "rsa", False)):
        p = s.domain(name, cert, at="real.{}", mx=[f"10 mx.{name}.signed"])
        s.w.signed.add(f"mx.{name}.signed", CNAME, f"real.{name}.signed")
        s.w.signed.add(f"_{s.peer_port}._tcp.{at}", TLSA, s.record(3, 1, 1))
        if ok:
            s.arrives(p, f"a@{name}.signed", f"an alias, records at {at}")
            s.r.check(s.said("courier_outcome", f"a@{name}.signed", " dane"), f"{name}: the log says dane")
        else:
            s.waits(p, f"a@{name}.signed", f"an alias, records at {at}, another certificate", "does not match its TLSA records")


def failures(s):
    record = s.record(3, 1, 1)
    s.mismatch = s.domain("mismatch", "rsa", [record])
    s.waits(s.mismatch, "a@mismatch.signed", "another certificate", "the certificate of mx.mismatch.signed does not match its TLSA records")
    s.r.check(s.said("courier_tls_failed", "mx.mismatch.signed", "certificate-host-mismatch"), "and the log has the result")
    s.stripped = s.domain("nostarttls", None, [record])
    s.waits(s.stripped, "a@nostarttls.signed", "no STARTTLS", "mx.nostarttls.signed does not offer STARTTLS, and its TLSA records (DANE) ask for it")
    p = s.domain("refuses", "strange", [record])
    p.answers["STARTTLS"] = "454 4.7.0 not now"
    s.waits(p, "a@refuses.signed", "STARTTLS refused", "TLS with mx.refuses.signed could not be begun")
    for name, where, text in (("forged", s.w.signed.forged, "fails DNSSEC"), ("expired", s.w.signed.expired, "fails DNSSEC"),
                              ("servfail", s.w.signed.broken, "can't be found out")):
        where.add(f"_{s.peer_port}._tcp.mx.{name}.signed")
        p = s.domain(name, "strange", [record])
        s.waits(p, f"a@{name}.signed", f"{name} TLSA records", text)
    s.w.signed.forged.add("forgedmx.signed")
    p = s.domain("forgedmx", "strange", [record])
    s.waits(p, "a@forgedmx.signed", "a forged MX", "fails DNSSEC")
    bad = s.domain("hosts", "rsa", [record], mx=["10 mx.hosts.signed", "20 mx.hosts2.signed"])
    good = s.domain("hosts2", "rsa")
    s.arrives(good, "a@hosts.signed", "the next server, when the first one's certificate is wrong")
    s.r.check(not any(v.startswith("MAIL") for v in bad.verbs), "nothing is said to the first one")


def weaker(s):
    """What is not secured, or of no use, is no DANE."""
    got = s.arrives(s.domain("insecure", "rsa", [s.record(3, 1, 1)], zone="test"), "a@insecure.test", "wrong TLSA records of an unsigned zone")
    s.r.check(got and got[3] and s.said("courier_outcome", "a@insecure.test", " opportunistic"), "under TLS, and nothing is checked")
    p = s.domain("outside", "rsa", zone="test")
    s.w.signed.add("leads.signed", MX, "10 mx.outside.test")
    s.arrives(p, "a@leads.signed", "a signed MX to an unsigned server")
    for name, of_no_use in (("useless0", s.record(0, 1, 1)), ("useless1", s.record(1, 1, 1)), ("useless3", "3 1 1 abcd"), ("useless9", "3 1 9 abcd")):
        got = s.arrives(s.domain(name, "rsa", [of_no_use]), f"a@{name}.signed", f"records of no use: {of_no_use[:8]}")
        s.r.check(got and got[3], f"{name}: under TLS")
    p = s.domain("useless", None, [s.record(1, 1, 1)])
    s.waits(p, "a@useless.signed", "records of no use, and no STARTTLS", "does not offer STARTTLS")
    got = s.arrives(s.domain("ancient", "weak", zone="test"), "a@ancient.test", "a server with a key of 1024 bits and old ciphers")
    s.r.check(got and got[3] and s.said("courier_outcome", "a@ancient.test", " opportunistic"), "under TLS, which is better than none (RFC 7435)")
    s.waits(s.domain("feeble", "weak", [s.record(3, 1, 1, of="weak")]), "a@feeble.signed", "the same where TLSA records name it", "TLS with mx.feeble.signed")
    got = s.arrives(s.domain("bare", None), "a@bare.signed", "no records, no STARTTLS")
    s.r.check(got and not got[3], "without TLS")


def rules(s):
    ask = s.w.server.ask
    s.r.check(ask("transport", "set", "mismatch.signed", "tls", "strict")[0] and ask("transport", "set", "no domain", "tls", "may")[0] and ask("transport", "set", "a.test", "color", "red")[0]
              and ask("transport", "remove", "mismatch.signed")[0], "wrong rules are refused")
    s.r.check(ask("transport", "set", "Mismatch.Signed", "tls", "may")[2] == {"domain": "mismatch.signed", "tls": "may"}, "a rule")
    s.r.check([(x["domain"], x["setting"], x["value"]) for x in ask("transport", "list")[2]["rules"]] == [("mismatch.signed", "tls", "may")], "stands in the list")
    got = s.arrives(s.mismatch, "a@mismatch.signed", "may: whatever the certificate")
    s.r.check(got and got[3] and s.said("courier_outcome", "a@mismatch.signed", " opportunistic (rule)"), "may: under TLS, and the log names the rule")
    time.sleep(4)  # a connection that is there is used on
    ask("transport", "set", "mismatch.signed", "tls", "none")
    got = s.arrives(s.mismatch, "b@mismatch.signed", "none")
    s.r.check(got and not got[3], "none: without TLS")
    s.r.check(ask("transport", "remove", "mismatch.signed")[0] == 0 and ask("transport", "list")[2]["rules"] == [], "removed")
    time.sleep(4)
    s.mismatch.verbs.clear()
    s.waits(s.mismatch, "c@mismatch.signed", "no rule any more", "does not match its TLSA records")
    ask("transport", "set", "plain2.test", "tls", "encrypt")
    p = s.domain("plain2", None, zone="test")
    s.waits(p, "a@plain2.test", "encrypt, no STARTTLS", "does not offer STARTTLS, and a rule of this server asks for it")
    ask("transport", "set", "verify.test", "tls", "verify")
    p = s.domain("verify", "rsa", zone="test")
    s.waits(p, "a@verify.test", "verify, nobody's certificate", "the certificate of mx.verify.test is")
    ask("transport", "set", "verified.test", "tls", "verify")
    s.certs.make("verified", ["mx.verified.test"], by_ca=True)
    s.arrives(s.domain("verified", "verified", zone="test"), "a@verified.test", "verify, an authority's certificate")
    s.r.check(s.said("courier_outcome", "a@verified.test", " verified (rule)"), "verify: the log says so")
    s.certs.make("misnamed", ["mx.another.test"], by_ca=True)
    ask("transport", "set", "misnamed.test", "tls", "verify")
    s.waits(s.domain("misnamed", "misnamed", zone="test"), "a@misnamed.test", "verify, another name", "the certificate of mx.misnamed.test is not for that name")
    s.certs.make("old", ["mx.old.test"], by_ca=True, days=-1)
    ask("transport", "set", "old.test", "tls", "verify")
    s.waits(s.domain("old", "old", zone="test"), "a@old.test", "verify, expired", "the certificate of mx.old.test has expired")
    ask("transport", "set", "bare.signed", "tls", "dane")
    s.waits(None, "a@bare.signed", "dane, no records", "has no TLSA records that can be used")


def letters(s):
    """RFC 8689: what one letter asks for."""
    tls = {"options": ["REQUIRETLS"], "port": s.tls_port}
    p = s.domain("req", "strange", [s.record(3, 1, 1)])
    s.arrives(p, "a@req.signed", "before it, without REQUIRETLS")
    s.arrives(p, "a@req.signed", "REQUIRETLS and DANE", **tls)
    mails = [v for v in p.verbs if v.startswith("MAIL")]
    s.r.check(len(mails) == 2 and "REQUIRETLS" not in mails[0] and "REQUIRETLS" in mails[1], f"it is passed on, with that letter only: {mails}")
    s.certs.make("pkix", ["mx.pkix.signed"], by_ca=True)
    s.arrives(s.domain("pkix", "pkix"), "a@pkix.signed", "REQUIRETLS, a signed MX and a public certificate", **tls)
    s.returns(s.domain("reqno", "strange", [s.record(3, 1, 1)], extensions=EXTENSIONS[:-1]), "a@reqno.signed", "REQUIRETLS is not known", "5.7.30",
              "mx.reqno.signed does not know REQUIRETLS", **tls)
    s.returns(s.domain("reqinsecure", "strange", zone="test"), "a@reqinsecure.test", "REQUIRETLS without DNSSEC", "5.7.10", "neither DNSSEC nor an MTA-STS policy", **tls)
    s.returns(s.domain("reqwrong", "rsa", [s.record(3, 1, 1)]), "a@reqwrong.signed", "REQUIRETLS, wrong certificate", "5.7.10", "does not match its TLSA records", **tls)
    s.returns(s.domain("reqplain", None), "a@reqplain.signed", "REQUIRETLS, no STARTTLS", "5.7.10", "does not offer STARTTLS, and the letter requires it", **tls)
    got = s.arrives(s.stripped, "b@nostarttls.signed", "TLS-Required: No, no STARTTLS", head="TLS-Required: No\r\n")
    s.r.check(got and not got[3], "without TLS")
    got = s.arrives(s.mismatch, "d@mismatch.signed", "TLS-Required: No, wrong certificate", head="TLS-Required:  no\r\n")
    s.r.check(got and got[3], "under TLS all the same")
    s.mismatch.verbs.clear()
    s.waits(s.mismatch, "e@mismatch.signed", "the field twice says nothing", "does not match its TLSA records", head="TLS-Required: No\r\nTLS-Required: No\r\n")
    s.mismatch.verbs.clear()
    s.returns(s.mismatch, "f@mismatch.signed", "REQUIRETLS goes before the field", "5.7.10", "does not match its TLSA records", head="TLS-Required: No\r\n", **tls)


class Policies:
    """A web server under https with the policy files of domains (RFC 8461): {host: text}."""

    def __init__(self, s, port, names, at="127.0.0.90"):
        texts = self.texts = {}
        s.certs.make("policies", ["mta-sts." + x for x in names], by_ca=True)

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                text = texts.get(self.headers["Host"].split(":")[0], "").encode()
                self.send_response(200 if text and self.path == "/.well-known/mta-sts.txt" else 404)
                self.send_header("Content-Type", "text/plain")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *words):
                pass

        server = http.server.ThreadingHTTPServer((at, port), Handler)
        server.socket = s.certs.tls("policies").wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()


def policies(s):
    """MTA-STS: enforced, tested, and what goes before it. Domains below test, which is not signed."""
    modes = {"stsgood": "enforce", "stsname": "enforce", "stsplain": "enforce", "stsother": "enforce", "ststest": "testing", "ststest2": "testing", "stsself": "enforce"}
    web = Policies(s, s.web_port, [x + ".test" for x in modes])
    made = {}
    for name, mode in modes.items():
        s.w.dns.add(f"mta-sts.{name}.test", A, "127.0.0.90")
        s.w.dns.add(f"_mta-sts.{name}.test", TXT, "v=STSv1; id=1;")
        web.texts[f"mta-sts.{name}.test"] = f"version: STSv1\r\nmode: {mode}\r\nmx: {'*.elsewhere.test' if name in ('stsother', 'ststest2') else f'*.{name}.test'}\r\nmax_age: 86400\r\n"
        s.certs.make(name, ["mx.else.test" if name in ("stsname", "ststest") else f"mx.{name}.test"], by_ca=name != "stsself")
        made[name] = s.domain(name, None if name == "stsplain" else name, zone="test")
    s.arrives(made["stsgood"], "a@stsgood.test", "MTA-STS is kept")
    s.r.check(s.said("courier_outcome", "a@stsgood.test", " sts"), "the log says sts")
    s.waits(made["stsname"], "a@stsname.test", "MTA-STS, another name", "the certificate of mx.stsname.test is not for that name")
    s.waits(made["stsself"], "a@stsself.test", "MTA-STS, nobody's certificate", "the certificate of mx.stsself.test is from nobody who is trusted")
    s.waits(made["stsplain"], "a@stsplain.test", "MTA-STS, no STARTTLS", "does not offer STARTTLS, and the MTA-STS policy of the domain asks for it")
    s.waits(made["stsother"], "a@stsother.test", "MTA-STS, a server that is not listed", "is not one of the servers that the MTA-STS policy of the domain lists")
    s.arrives(made["ststest"], "a@ststest.test", "MTA-STS is tested, another name")
    s.r.check(s.said("courier_tls_failed", "mx.ststest.test", "certificate-host-mismatch"), "that it fails is noted")
    s.arrives(made["ststest2"], "a@ststest2.test", "MTA-STS is tested, a server that is not listed")
    s.r.check(s.said("courier_tls_failed", "mx.ststest2.test", "validation-failure", "is not one of the servers"), "that it would not be used is noted")
    s.arrives(made["stsgood"], "b@stsgood.test", "REQUIRETLS and MTA-STS", options=["REQUIRETLS"], port=s.tls_port)
    s.arrives(made["stsplain"], "b@stsplain.test", "TLS-Required: No and MTA-STS", head="TLS-Required: No\r\n")
    s.w.server.ask("transport", "set", "stsself.test", "tls", "may")
    s.arrives(made["stsself"], "b@stsself.test", "a rule and MTA-STS")


def named(s):
    """A server that the administrator has named for a domain of ours: its own TLSA records and policy count (RFC 7672 2.2.2, RFC 8461 3.4)."""
    record = s.record(3, 1, 1)
    good, bad = s.domain("named", "strange", [record]), s.domain("misnamed2", "rsa", [record])
    web = Policies(s, s.web_port, ["mx.named.test"], at="127.0.0.92")
    s.w.dns.add("mta-sts.mx.named.test", A, "127.0.0.92")
    s.w.dns.add("_mta-sts.mx.named.test", TXT, "v=STSv1; id=1;")
    web.texts["mta-sts.mx.named.test"] = "version: STSv1\r\nmode: enforce\r\nmx: mx.named.test\r\nmax_age: 86400\r\n"
    plain = s.domain("named", "strange", zone="test")
    for name, host in (("gw1", "mx.named.signed"), ("gw2", "mx.misnamed2.signed"), ("gw3", "mx.named.test")):
        s.w.server.tool("domain", "add", f"{name}.test", "--relay", f"{host}:{s.peer_port}", "--recipients", "any")
    s.arrives(good, "a@gw1.test", "a named server with TLSA records")
    s.r.check(s.said("courier_outcome", "a@gw1.test", " dane"), "the log says dane")
    s.waits(bad, "a@gw2.test", "a named server, another certificate", "the certificate of mx.misnamed2.signed does not match its TLSA records")
    s.waits(plain, "a@gw3.test", "a named server with a policy, nobody's certificate", "the certificate of mx.named.test is ")


def security(w, r, port, tls_port, peer_port, web_port):
    s = Security(w, r, port, tls_port, peer_port, web_port)
    for part in (records, aliases, failures, weaker, rules, letters, policies, named):
        part(s)
    r.check(serve.wait_for(lambda: not w.queue()["letters"], 20), f"nothing is left in the queue: {w.queue()['letters']}")
