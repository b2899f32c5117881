"""Programs that send, on every port that takes mail."""
import smtplib
import socket
import ssl

from common import CA, HOST, Folder, lf, port, run


def context():
    return ssl.create_default_context(cafile=CA)


def smtplib_send(letters, sender, password, rcpt, security="tls"):
    """Byte for byte: DATA is written by us, so that nothing is mended on the way."""
    if security == "tls":
        s = smtplib.SMTP_SSL(HOST, port("submission", "tls"), context=context(), timeout=60)
    else:
        s = smtplib.SMTP(HOST, port("submission", "starttls"), timeout=60)
        s.starttls(context=context())
    s.login(sender, password)
    for letter in letters:
        s.mail(sender, ["BODY=8BITMIME"])
        s.rcpt(rcpt)
        code, text = s.docmd("DATA")
        if code != 354:
            raise RuntimeError(f"DATA: {code} {text}")
        s.send(b"".join(b"." + line if line.startswith(b".") else line for line in letter.splitlines(True)) + (b"" if letter.endswith(b"\r\n") or not letter else b"\r\n") + b".\r\n")
        code, text = s.getreply()
        if code != 250:
            raise RuntimeError(f"after DATA: {code} {text}")
    s.quit()


def port25_send(letters, rcpt):
    s = smtplib.SMTP(HOST, port("smtp", "starttls"), timeout=60)
    for letter in letters:
        s.sendmail("stranger@elsewhere.example", [rcpt], letter)
    s.quit()


def curl_send(letter, sender, password, rcpt, security):
    f = Folder()
    path = f.path + "/letter"
    open(path, "wb").write(letter)
    url = f"smtps://{HOST}:{port('submission', 'tls')}" if security == "tls" else f"smtp://{HOST}:{port('submission', 'starttls')}"
    run(["curl", "-sS", "--fail", "--cacert", CA, "--ssl-reqd", "--user", f"{sender}:{password}", "--mail-from", sender, "--mail-rcpt", rcpt, "--upload-file", path, url])
    f.remove()


def swaks_send(letter, sender, password, rcpt, security):
    f = Folder()
    path = f.path + "/letter"
    open(path, "wb").write(lf(letter))
    tls = ["--tls-on-connect", "--port", str(port("submission", "tls"))] if security == "tls" else ["--tls", "--port", str(port("submission", "starttls"))]
    run(["swaks", "--server", HOST, *tls, "--tls-verify", "--tls-ca-path", CA, "--auth", "PLAIN", "--auth-user", sender, "--auth-password", password, "--from", sender,
         "--to", rcpt, "--data", "@" + path, "--no-data-fixup", "--hide-all"])
    f.remove()


def swaks_to_25(sender, rcpt):
    return run(["swaks", "--server", HOST, "--port", str(port("smtp", "starttls")), "--from", sender, "--to", rcpt, "--quit-after", "RCPT"], ok=(0, 24)).decode()


def msmtp_send(letter, sender, password, rcpt, security):
    f = Folder()
    rc = f.file("msmtprc", f"account a\nhost {HOST}\nport {port('submission', security)}\ntls on\ntls_starttls {'off' if security == 'tls' else 'on'}\ntls_trust_file {CA}\n"
                           f"auth on\nuser {sender}\npassword {password}\nfrom {sender}\nset_from_header off\nset_date_header off\nset_msgid_header off\naccount default : a\n")
    run(["msmtp", "-C", rc, "--", rcpt], stdin=lf(letter))
    f.remove()


def is_open(p):
    with socket.create_connection((HOST, p), timeout=5):
        return True
