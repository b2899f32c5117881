"""Programs that fetch mail: each gives all letters of an account's INBOX, with LF line ends unless it keeps the bytes."""
import imaplib
import os
import poplib
import pty
import select
import signal
import time

from common import CA, HOST, Folder, maildir, port, run
from send import context

imaplib._MAXLINE = poplib._MAXLINE = 1 << 22


def py_imaplib(user, password, security="tls"):
    if security == "tls":
        c = imaplib.IMAP4_SSL(HOST, port("imap", "tls"), ssl_context=context())
    else:
        c = imaplib.IMAP4(HOST, port("imap", "starttls"))
        c.starttls(context())
    c.login(user, password)
    c.select("INBOX", readonly=True)
    out = []
    for number in c.search(None, "ALL")[1][0].split():
        out.append(c.fetch(number, "(BODY.PEEK[])")[1][0][1])
    c.logout()
    return out


def py_poplib(user, password, security="tls"):
    if security == "tls":
        c = poplib.POP3_SSL(HOST, port("pop3", "tls"), context=context())
    else:
        c = poplib.POP3(HOST, port("pop3", "starttls"))
        c.stls(context())
    c.user(user)
    c.pass_(password)
    out = [b"".join(line + b"\r\n" for line in c.retr(i)[1]) for i in range(1, c.stat()[0] + 1)]
    c.quit()
    return out


def curl(user, password, protocol, count):
    """One run for all letters: curl reuses its connection."""
    f = Folder()
    urls = {"imaps": f"imaps://{HOST}:{port('imap', 'tls')}/INBOX;MAILINDEX=", "imap": f"imap://{HOST}:{port('imap', 'starttls')}/INBOX;MAILINDEX=",
            "pop3s": f"pop3s://{HOST}:{port('pop3', 'tls')}/", "pop3": f"pop3://{HOST}:{port('pop3', 'starttls')}/"}
    run(["curl", "-sS", "--fail", "--cacert", CA, "--ssl-reqd", "--user", f"{user}:{password}", f"{urls[protocol]}[1-{count}]", "-o", f.path + "/#1.eml"], timeout=300)
    out = [open(os.path.join(f.path, n), "rb").read() for n in os.listdir(f.path)]
    f.remove()
    return out


def mpop(user, password):
    f = Folder()
    for d in ("cur", "new", "tmp"):
        f.sub("box/" + d)
    rc = f.file("mpoprc", f"account a\nhost {HOST}\nport {port('pop3', 'tls')}\nuser {user}\npassword {password}\nauth on\ntls on\ntls_starttls off\ntls_trust_file {CA}\n"
                          f"keep on\nreceived_header off\nuidls_file {f.path}/uidls\ndelivery maildir {f.path}/box\naccount default : a\n")
    run(["mpop", "-q", "-C", rc], timeout=300)
    out = list(maildir(f.path + "/box").values())
    again = run(["mpop", "-C", rc], timeout=300).decode()  # UIDL: nothing is new the second time
    f.remove()
    return out, again


def mpop_is_new(said):
    """Whether mpop's report tells of letters that it had not seen before."""
    return not any(words in said.lower() for words in ("new: no messages", "new: 0", "no new", "0 messages"))


def mbsync_rc(f, user, password, name, extra=""):
    f.sub(name)
    return f.file(name + ".rc", f"IMAPAccount a\nHost {HOST}\nPort {port('imap', 'tls')}\nUser {user}\nPass {password}\nSSLType IMAPS\nCertificateFile {CA}\n\n"
                                f"IMAPStore far\nAccount a\n\nMaildirStore near\nPath {f.path}/{name}/\nInbox {f.path}/{name}/INBOX\nSubFolders Verbatim\n\n"
                                f"Channel all\nFar :far:\nNear :near:\nPatterns *\nCreate Both\nExpunge Both\nSync All\nSyncState *\n{extra}")


def mbsync(rc):
    return run(["mbsync", "-q", "-c", rc, "all"], timeout=300)


def offlineimap_rc(f, user, password, name):
    f.sub(name)
    return f.file(name + ".rc", f"[general]\naccounts = a\nmetadata = {f.path}/{name}.meta\nui = quiet\n[Account a]\nlocalrepository = l\nremoterepository = r\n"
                                f"[Repository l]\ntype = Maildir\nlocalfolders = {f.path}/{name}\n"
                                f"[Repository r]\ntype = IMAP\nremotehost = {HOST}\nremoteport = {port('imap', 'tls')}\nremoteuser = {user}\nremotepass = {password}\nssl = yes\nsslcacertfile = {CA}\n")


def offlineimap(rc):
    env = dict(os.environ, PATH="/usr/bin:/bin")  # Debian's Python
    return run(["/usr/bin/offlineimap", "-o", "-c", rc], timeout=400, env=env)


def fetchmail(user, password, protocol):
    f = Folder()
    f.sub("out")
    mda = f.file("mda", f"#!/bin/sh\nexec cat > \"$(mktemp {f.path}/out/XXXXXXXX)\"\n", 0o700)
    p = port("imap", "tls") if protocol == "imap" else port("pop3", "tls")
    rc = f.file("rc", f"set invisible\nset no bouncemail\npoll {HOST} protocol {protocol} port {p} no dns username \"{user}\" password \"{password}\" is \"x\" here\n"
                      f"ssl sslcertck sslcertfile \"{CA}\" keep fetchall no rewrite pass8bits mda \"{mda}\"\n")
    run(["fetchmail", "-s", "--nosyslog", "-f", rc, "--pidfile", f.path + "/pid", "--idfile", f.path + "/ids"], timeout=300, ok=(0, 1), env=dict(os.environ, FETCHMAILHOME=f.path))
    out = [open(os.path.join(f.path, "out", n), "rb").read() for n in os.listdir(f.path + "/out")]
    f.remove()
    return out


def fetchmail_uidl(user, password):
    """Fetches with UIDL and leaves the letters there: how many came at first, and how many the second time."""
    f, came = Folder(), []
    f.sub("out")
    mda = f.file("mda", f"#!/bin/sh\nexec cat > \"$(mktemp {f.path}/out/XXXXXXXX)\"\n", 0o700)
    rc = f.file("rc", f"set invisible\nset no bouncemail\npoll {HOST} protocol pop3 port {port('pop3', 'tls')} uidl no dns username \"{user}\" password \"{password}\" is \"x\" here\n"
                      f"ssl sslcertck sslcertfile \"{CA}\" keep no rewrite pass8bits mda \"{mda}\"\n")
    for _ in range(2):
        run(["fetchmail", "-s", "--nosyslog", "-f", rc, "--pidfile", f.path + "/pid", "--idfile", f.path + "/ids"], timeout=300, ok=(0, 1), env=dict(os.environ, FETCHMAILHOME=f.path))
        came.append(len(os.listdir(f.path + "/out")))
    f.remove()
    return came[0], came[1] - came[0]


def getmail(user, password, protocol):
    """All letters, and what it says the second time. As root it delivers by a program only."""
    f = Folder()
    f.sub("out")
    mda = f.file("mda", f"#!/bin/sh\nexec cat > \"$(mktemp {f.path}/out/XXXXXXXX)\"\n", 0o700)
    kind = "SimpleIMAPSSLRetriever" if protocol == "imap" else "SimplePOP3SSLRetriever"
    rc = f.file("rc", f"[retriever]\ntype = {kind}\nserver = {HOST}\nport = {port(protocol, 'tls')}\nusername = {user}\npassword = {password}\nca_certs = {CA}\n"
                      f"[destination]\ntype = MDA_external\npath = {mda}\nallow_root_commands = true\nunixfrom = false\n"
                      f"[options]\nread_all = false\ndelete = false\ndelivered_to = false\nreceived = false\nverbose = 1\n")
    env = dict(os.environ, PATH="/usr/bin:/bin")  # Debian's Python
    run(["getmail", "--getmaildir", f.path, "--rcfile", rc], timeout=300, env=env)
    again = run(["getmail", "--getmaildir", f.path, "--rcfile", rc], timeout=300, env=env)  # what it has seen it does not fetch again
    out = [open(os.path.join(f.path, "out", n), "rb").read() for n in os.listdir(f.path + "/out")]
    f.remove()
    return out, again.decode()


def perl_imapclient(user, password):
    """Each letter by Mail::IMAPClient, behind its length; and what else that program found wrong, as an error."""
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "imapclient.pl")
    rest, out = run(["perl", script, HOST, str(port("imap", "tls")), CA, user], stdin=password.encode() + b"\n", timeout=300), []
    while rest:
        size, _, rest = rest.partition(b"\n")
        out.append(rest[:int(size)])
        rest = rest[int(size):]
    return out


def mutt(user, password, program="mutt"):
    """Copies the INBOX to a local folder by keystrokes, on a terminal of its own: the letters and the last of the screen."""
    f = Folder()
    for d in ("cur", "new", "tmp"):
        f.sub("copy/" + d)
    rc = f.file("muttrc", f"set folder=\"{f.path}\"\nset ssl_ca_certificates_file=\"{CA}\"\nset certificate_file=\"{f.path}/accepted\"\nset ssl_starttls=yes\n"
                          f"set ssl_force_tls=yes\nset imap_user=\"{user}\"\nset imap_pass=\"{password}\"\nset mbox_type=Maildir\nset confirmappend=no\n"
                          f"set confirmcreate=no\nset quit=yes\nset move=no\nset header_cache=\"\"\nset message_cachedir=\"\"\nset wait_key=no\nset delete=no\nset sleep_time=0\n"
                          f"set imap_peek=yes\nunset mark_old\nunset record\npush \"<tag-pattern>~A<enter><tag-prefix><copy-message>=copy<enter><quit>\"\n")
    seen = on_terminal([program, "-n", "-F", rc, "-f", f"imaps://{HOST}:{port('imap', 'tls')}/INBOX"])
    out = list(maildir(f.path + "/copy").values())
    f.remove()
    return out, seen


def imapfilter(user, password, script):
    """Runs a script in its language, where `box` is the account."""
    f = Folder()
    rc = f.file("config.lua", f"options.timeout = 60\noptions.create = true\noptions.subscribe = true\nbox = IMAP {{ server = '{HOST}', port = {port('imap', 'tls')},\n"
                              f"  username = '{user}', password = '{password}', ssl = 'auto' }}\n{script}\n")
    said = run(["imapfilter", "-c", rc, "-t", CA], timeout=120, env=dict(os.environ, HOME=f.path))
    f.remove()
    return said


def alpine(user, password, keys):
    """Opens the INBOX and presses these keys; what was on the screen last. It takes its authorities from the library's own place."""
    f = Folder()
    rc = f.file("pinerc", f"inbox-path={{{HOST}:{port('imap', 'tls')}/ssl/user={user}}}INBOX\nfolder-collections=Mail {{{HOST}:{port('imap', 'tls')}/ssl/user={user}}}[]\n"
                          f"personal-name=Somebody\nuser-domain=example.test\nfeature-list=quit-without-confirm,expunge-without-confirm,enable-full-header-cmd,enable-flag-cmd\n"
                          f"last-version-used=99.99\nprinter=attached-to-ansi\n")
    seen = on_terminal(["env", f"SSL_CERT_FILE={CA}", f"HOME={f.path}", "alpine", "-p", rc, "-P", "/dev/null", "-I", ",".join(keys)], 60, [(b"ENTER PASSWORD", password.encode() + b"\r"), (b"PRESERVE PASSWORD", b"n")])
    f.remove()
    return seen


def on_terminal(words, seconds=120, answers=()):
    """Runs a program on a terminal of its own until it ends, or asks for a key that nobody will press; what it showed last. answers: pairs of what it asks
    in capitals and what is typed then, once."""
    pid, fd = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm"
        os.execvp(words[0], words)
    end, seen = time.monotonic() + seconds, b""
    while time.monotonic() < end and b"Press any key" not in seen and b"(r)eject" not in seen:
        try:
            if select.select([fd], [], [], 0.5)[0]:
                seen = (seen + os.read(fd, 65536))[-4096:]
            if answers and answers[0][0] in seen.upper():
                os.write(fd, answers[0][1])
                answers = answers[1:]
        except OSError:  # it has ended
            break
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        pass
    os.close(fd)
    os.waitpid(pid, 0)
    return seen
