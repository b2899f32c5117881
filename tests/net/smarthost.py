"""All mail for others by a smarthost that wants a login: Postfix, which asks Dovecot for passwords. The MX of the domain leads nowhere, so that there is no other way."""
import os

import serve
from hosts import v4
from makes import Dovecot, Postfix
from world import RESOLVER

DOMAIN, N, PASSWORDS, NOWHERE = "smart.plain.example", 17, 18, 19
HOST = f"smtp.{DOMAIN}"
USER, PASSWORD = "customer", "a pass word \u00e9"


class Smarthost(Postfix):
    """Nobody sends here without a login: STARTTLS and AUTH PLAIN on 587, TLS and AUTH LOGIN on 465."""

    more_services = """submission inet n - n - 20 smtpd
  -o smtpd_tls_security_level=encrypt
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_sasl_mechanism_filter=plain
  -o smtpd_client_restrictions=permit_sasl_authenticated,reject
smtps inet n - n - 20 smtpd
  -o smtpd_tls_wrappermode=yes
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_sasl_mechanism_filter=login
  -o smtpd_client_restrictions=permit_sasl_authenticated,reject
"""

    def log(self):
        with open(os.path.join(self.host.dir, "maillog")) as f:
            return f.read()


def prepare(w):
    w.zones.mail(DOMAIN, f"mx.{DOMAIN}", NOWHERE)
    w.zones.add(HOST, f"A {v4(N)}")
    certificate = w.authority.issue("smart", [HOST])
    w.passwords = Dovecot(w.net, PASSWORDS, v4(RESOLVER), [DOMAIN], *certificate, name="passwords")
    w.smarthost = Smarthost(w.net, N, v4(RESOLVER), [DOMAIN], *certificate, name="smarthost",
                            settings=f"smtpd_sasl_type = dovecot\nsmtpd_sasl_path = {w.passwords.host.dir}/sasl\nsmtpd_sasl_authenticated_header = yes\n")


def use(w, r, port, security, password=PASSWORD):
    path = os.path.join(w.server.dir, "smarthost.password")
    with open(path, "w") as f:
        f.write(password + "\n")
    os.chmod(path, 0o644)
    more = [f"relay_host {HOST}", f"relay_port {port}", f"relay_security {security}", f"relay_user {USER}", f"relay_password_file {path}"]
    if not any(x.startswith("relay_ca ") for x in w.server.lines):
        more.append(f"relay_ca {w.authority.cert}")
    w.server.write_config("\n".join(more) + "\n")
    w.host.run("sleep", "4")  # the connection is closed meanwhile
    r.check(w.server.ask("reload")[0] == 0, f"port {port} with {security}")


def arrives(w, r, subject, mechanism):
    raw = w.smarthost.letter(f"Subject: {subject}\r\n".encode(), seconds=30)
    if r.check(raw, f"{subject}: it arrives: {w.why('bob@' + DOMAIN)}"):
        trace = raw[:raw.index(b"by mail.here.example")]
        r.check(b"with ESMTPSA" in trace and f"Authenticated sender: {USER}".encode() in trace, f"{subject}: under TLS and with a login: {trace}")
        r.check(f"sasl_method={mechanism}, sasl_username={USER}" in w.smarthost.log(), f"{subject}: by AUTH {mechanism}")
        r.check(b"\r\nDKIM-Signature:" in raw and raw.endswith(b"\r\n\r\nHello\r\n"), f"{subject}: signed, and as it was")


def waits(w, r, subject):
    """Nobody is told, nobody has it, and the queue says why."""
    why = serve.wait_for(lambda: w.why(f"bob@{DOMAIN}"), 20)
    r.check(why and why.startswith("535 5.7.8"), f"{subject}: it waits, and the queue says why: {why}")
    r.check(not any(f"Subject: {subject}\r\n".encode() in x for x in w.smarthost.letters() + w.inbox()), f"{subject}: it is neither there nor has it come back")


def run(w, r, full):
    w.passwords.tell({USER: (PASSWORD, "")})
    w.passwords.start()
    w.smarthost.start()
    if not r.check(w.passwords.host.answers(24) and w.smarthost.host.answers(587) and w.smarthost.host.answers(465), "Postfix and Dovecot start"):
        return
    use(w, r, 587, "starttls")
    w.send([f"bob@{DOMAIN}"], "by 587")
    arrives(w, r, "by 587", "PLAIN")
    use(w, r, 465, "tls")
    w.send([f"bob@{DOMAIN}"], "by 465")
    arrives(w, r, "by 465", "LOGIN")
    w.send([f"nobody@{DOMAIN}", f"carl@{DOMAIN}"], "refused by the smarthost")
    report = w.notice("refused by the smarthost", "failed")
    r.check(report and report[1]["Status"] == "5.1.1" and HOST in report[1]["Remote-MTA"] and f"nobody@{DOMAIN}" in report[1]["Final-Recipient"],
            f"whom it does not take the sender is told of: {report and report[1].as_string()}")
    r.check(w.smarthost.letter(b"Subject: refused by the smarthost\r\n", "carl"), "and the other one has it")
    for port, security, mechanism in ((587, "starttls", "PLAIN"), (465, "tls", "LOGIN")):
        subject = f"wrong password at {port}"
        use(w, r, port, security, "not the password")
        w.send([f"bob@{DOMAIN}"], subject)
        waits(w, r, subject)
        use(w, r, port, security)
        arrives(w, r, subject, mechanism)
    # changed on the other side, while ours is as it was
    w.passwords.tell({USER: ("another one", "")})
    w.host.run("sleep", "4")
    w.send([f"bob@{DOMAIN}"], "password has changed")
    waits(w, r, "password has changed")
    w.passwords.tell({USER: (PASSWORD, "")})
    arrives(w, r, "password has changed", "LOGIN")
    r.check(serve.wait_for(lambda: not w.waiting(), 20), "nothing is left in the queue")
    with open(w.server.log) as f:
        r.check(PASSWORD not in f.read(), "the password is not in our log")
    w.server.write_config()
    w.server.ask("reload")
    w.passwords.stop()
