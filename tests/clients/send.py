"""Programs that send, on every port that takes mail."""
import smtplib
import ssl

from common import CA, HOST, Folder, port, run
from kept import lf


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
        s.send(stuffed(letter))
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


def stuffed(letter):
    """What follows DATA: dots doubled, the last line ended, and the line with the dot."""
    lines = b"".join(b"." + line if line.startswith(b".") else line for line in letter.splitlines(True))
    return lines + (b"" if lines.endswith(b"\r\n") or not lines else b"\r\n") + b".\r\n"


def swaks_send(letter, sender, password, rcpt, security):
    """Without --no-data-fixup swaks would replace words like %DATE%, and add a line at the end."""
    f = Folder()
    path = f.path + "/data"
    open(path, "wb").write(stuffed(letter)[:-2])
    tls = ["--tls-on-connect"] if security == "tls" else ["--tls"]
    run(["swaks", "--server", HOST, "--port", str(port("submission", security)), *tls, "--tls-verify", "--tls-ca-path", CA, "--auth", "PLAIN", "--auth-user", sender,
         "--auth-password", password, "--from", sender, "--to", rcpt, "--data", "@" + path, "--no-data-fixup", "--hide-all"])
    f.remove()


def swaks_to_25(sender, rcpt):
    return run(["swaks", "--server", HOST, "--port", str(port("smtp", "starttls")), "--from", sender, "--to", rcpt, "--quit-after", "RCPT"], ok=(0, 24)).decode()


def msmtp_send(letter, sender, password, rcpt, security):
    f = Folder()
    rc = f.file("msmtprc", f"account a\nhost {HOST}\nport {port('submission', security)}\ntls on\ntls_starttls {'off' if security == 'tls' else 'on'}\ntls_trust_file {CA}\n"
                           f"auth on\nuser {sender}\npassword {password}\nfrom {sender}\nset_from_header off\nset_date_header off\nset_msgid_header off\naccount default : a\n")
    run(["msmtp", "-C", rc, "--", rcpt], stdin=lf(letter))
    f.remove()
