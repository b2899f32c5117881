"""Roundcube, as people use it: PHP's own web server, driven by a browser without a screen. Each step is looked at from outside, by IMAP. Pictures of the
pages are left in SHOTS (build/logs). usage: web.py, beside tests/with_server, by the Python that Debian's selenium belongs to; says what was wrong."""
import imaplib
import os
import socket
import subprocess
import sys
import time
import urllib.request

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

from common import CA, HOST, ROOT, Folder, account, port
from send import context

SHOTS = os.environ.get("SHOTS", os.path.join(ROOT, "build/logs"))
LETTERS = [b"From: Ann Lee <ann@elsewhere.example>\r\nTo: x@example.test\r\nSubject: Lunch on Friday\r\nMessage-ID: <1@web>\r\n\r\nAt noon?\r\n",
           b"From: =?utf-8?q?J=C3=BCrgen?= <jj@elsewhere.example>\r\nTo: x@example.test\r\nSubject: =?utf-8?b?5rWL6K+V6YKu5Lu2?=\r\nMessage-ID: <2@web>\r\nMIME-Version: 1.0\r\n"
           b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n5L2g5aW977yM5LiW55WM\r\n",
           b"From: Bo <bo@elsewhere.example>\r\nTo: x@example.test\r\nSubject: With a picture\r\nMessage-ID: <3@web>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
           b"--b\r\nContent-Type: text/html\r\n\r\n<p>Look at <b>this</b></p>\r\n--b\r\nContent-Type: text/csv\r\nContent-Disposition: attachment; filename*=utf-8''pr%C3%A4zise.csv\r\n\r\na,b\r\n--b--\r\n"]


class Roundcube:
    """Its files, its web server, and what they were told of ours."""

    def __init__(self):
        self.root = subprocess.run([os.path.join(ROOT, "tests/clients/roundcube/unpack")], check=True, stdout=subprocess.PIPE).stdout.decode().strip()
        self.files = f = Folder()
        for d in ("logs", "temp", "config"):
            f.sub(d)
        for name in ("defaults.inc.php", "mimetypes.php"):
            os.symlink(f"{self.root}/etc/roundcube/{name}", f"{f.path}/config/{name}")
        tls = f"['ssl' => ['cafile' => '{CA}', 'verify_peer' => true, 'peer_name' => '{HOST}']]"
        f.file("config/config.inc.php", "<?php\n$config['db_dsnw'] = 'sqlite:///%s/db?mode=0600';\n"
               "$config['imap_host'] = 'ssl://%s:%d';\n$config['imap_conn_options'] = %s;\n$config['smtp_host'] = 'ssl://%s:%d';\n$config['smtp_conn_options'] = %s;\n"
               "$config['smtp_user'] = '%%u';\n$config['smtp_pass'] = '%%p';\n$config['des_key'] = 'of-a-test-of-24-letters!';\n$config['plugins'] = [];\n$config['skin'] = 'elastic';\n"
               "$config['log_dir'] = '%s/logs/';\n$config['temp_dir'] = '%s/temp/';\n$config['imap_debug'] = true;\n$config['language'] = 'en_US';\n$config['draft_autosave'] = 0;\n"
               % (f.path, HOST, port("imap", "tls"), tls, HOST, port("submission", "tls"), tls, f.path, f.path))
        subprocess.run(["php", "-r", f"(new PDO('sqlite:{f.path}/db'))->exec(file_get_contents('{self.root}/usr/share/roundcube/SQL/sqlite.initial.sql'));"], check=True)
        self.server = None

    def start(self):
        """On a port that the system gives; PHP's server tells none, so one is taken and given back just before."""
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            at = s.getsockname()[1]
        env = dict(os.environ, ROUNDCUBE_ROOT=self.root, ROUNDCUBE_CONFIG_DIR=self.files.path + "/config", PHP_CLI_SERVER_WORKERS="4")
        self.server = subprocess.Popen(["php", "-d", f"auto_prepend_file={ROOT}/tests/clients/roundcube/prepend.php", "-d", "display_errors=0", "-S", f"127.0.0.1:{at}",
                                        "-t", self.root + "/var/lib/roundcube"], env=env, start_new_session=True,
                                       stdout=subprocess.DEVNULL, stderr=open(self.files.path + "/logs/php", "wb"))
        self.url = f"http://127.0.0.1:{at}/"
        for _ in range(100):
            try:
                urllib.request.urlopen(self.url, timeout=20).read()
                return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("Roundcube does not answer: " + self.said())

    def said(self):
        logs = self.files.path + "/logs"
        return " ".join(open(f"{logs}/{n}", errors="replace").read()[-1500:] for n in os.listdir(logs) if n in ("errors.log", "errors"))

    def stop(self):
        if self.server:
            os.killpg(self.server.pid, 15)
            self.server.wait()
        self.files.remove()


class Person:
    """Somebody before the browser."""

    def __init__(self, url):
        o = Options()
        self.profile = Folder()
        for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1400,900", "--no-proxy-server", f"--user-data-dir={self.profile.path}"):
            o.add_argument(word)
        o.binary_location = "/usr/bin/chromium"
        self.d = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=o)
        self.d.set_page_load_timeout(120)
        self.url = url

    def until(self, what, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                got = what()
                if got:
                    return got
            except Exception as e:  # a page in the middle of being made
                got = e
            time.sleep(0.2)
        raise RuntimeError(f"did not come: {got!r:.300}")

    def find(self, css):
        return self.until(lambda: next((e for e in self.d.find_elements("css selector", css) if e.is_displayed()), None))

    def do(self, *words):
        """What a button of the page does: Roundcube's own command."""
        return self.d.execute_script("return rcmail.command.apply(rcmail, arguments)", *words)

    def shot(self, name):
        os.makedirs(SHOTS, exist_ok=True)
        self.d.save_screenshot(f"{SHOTS}/roundcube-{name}.png")

    def subjects(self):
        return [e.text for e in self.d.find_elements("css selector", "#messagelist tbody tr span.subject a") if e.is_displayed()]

    def sees(self, want):
        self.until(lambda: sorted(self.subjects()) == sorted(want))

    def pick(self, subject):
        row = self.until(lambda: next(r for r in self.d.find_elements("css selector", "#messagelist tbody tr") if subject in r.text))
        self.d.execute_script("rcmail.message_list.select(arguments[0].uid)", row)

    def close(self):
        self.d.quit()
        self.profile.remove()


def outside(user, word):
    c = imaplib.IMAP4_SSL(HOST, port("imap", "tls"), ssl_context=context())
    c.login(user, word)
    return c


def messages(c, folder):
    """{subject as it was sent: flags} of a folder."""
    c.select(folder, readonly=True)
    out = {}
    for n in c.search(None, "ALL")[1][0].split():
        got = c.fetch(n, "(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1]
        out[got[0][1].decode().strip()] = b" ".join(g if isinstance(g, bytes) else g[0] for g in got)
    c.unselect()
    return out


def uses(person, c, user, word):
    """What a person does on a day; returns what was wrong, or nothing."""
    p = person
    p.d.get(p.url)
    p.find("#rcmloginuser").send_keys(user)
    p.find("#rcmloginpwd").send_keys(word)
    p.find("#rcmloginsubmit").click()
    p.sees(["Lunch on Friday", "测试邮件", "With a picture"])
    p.shot("list")

    p.pick("测试邮件")  # shown beside the list, with its text decoded, and seen
    p.until(lambda: "你好，世界" in frame(p, "#messagecontframe"))
    p.shot("letter")
    p.until(lambda: "\\Seen" in messages(c, "INBOX")["Subject: =?utf-8?b?5rWL6K+V6YKu5Lu2?="].decode())
    p.do("mark", "flagged")
    p.until(lambda: "\\Flagged" in messages(c, "INBOX")["Subject: =?utf-8?b?5rWL6K+V6YKu5Lu2?="].decode())

    p.pick("With a picture")
    p.until(lambda: "präzise.csv" in frame(p, "#messagecontframe"))
    p.do("move", "Archive")
    p.until(lambda: "Subject: With a picture" in messages(c, "Archive"))
    p.sees(["Lunch on Friday", "测试邮件"])

    p.d.execute_script("document.querySelector('#mailsearchform').value = '测试'; rcmail.command('search')")
    p.sees(["测试邮件"])
    p.shot("search")
    p.do("reset-search")
    p.sees(["Lunch on Friday", "测试邮件"])

    p.pick("Lunch on Friday")
    p.do("delete")
    p.until(lambda: "Subject: Lunch on Friday" in messages(c, "Trash"))

    p.d.get(p.url + "?_task=mail&_action=compose")
    box = p.find("#compose_to input, #_to")
    box.send_keys(user + ",")
    p.find("#compose-subject").send_keys("Written in the browser")
    p.find("#composebody").send_keys("With words: Grüße.")
    p.shot("write")
    p.find("button.send").click()
    p.until(lambda: "Subject: Written in the browser" in messages(c, "Sent"))
    p.until(lambda: "Subject: Written in the browser" in messages(c, "INBOX"))
    p.d.get(p.url + "?_task=mail&_mbox=INBOX")
    p.sees(["Written in the browser", "测试邮件"])
    p.shot("sent")
    return ""


def frame(p, css):
    """The text of a frame; the driver looks at the page itself again behind it."""
    p.d.switch_to.frame(p.d.find_element("css selector", css))
    try:
        return p.d.find_element("css selector", "body").text
    finally:
        p.d.switch_to.default_content()


def roundcube(user, word):
    server = Roundcube()
    c = outside(user, word)
    for letter in LETTERS:
        c.append("INBOX", None, None, letter)
    person = None
    try:
        server.start()
        person = Person(server.url)
        problem = uses(person, c, user, word)
    except Exception as e:
        if person:
            person.shot("failed")
        problem = f"{type(e).__name__}: {e}; Roundcube: {server.said()}"
    if person:
        person.close()
    server.stop()
    c.logout()
    return problem


if __name__ == "__main__":
    wrong = roundcube(*account("web"))
    print(wrong)
    sys.exit(1 if wrong else 0)
