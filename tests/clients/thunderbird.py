#!/usr/bin/env python3
"""Thunderbird without a screen, with a profile as people have it: it sends by 465, reads by 993 and by 995. It is driven from within, by Mozilla's own
protocol for that (Marionette); what it did is looked at from outside. usage: thunderbird.py, beside tests/with_server; says what was wrong."""
import imaplib
import json
import os
import socket
import subprocess
import sys
import time
from urllib.parse import quote

from common import CA, HOST, Folder, account, port
from send import context, smtplib_send

PARTS = ("imap", "pop3")
LETTERS = [b"From: Ann <ann@elsewhere.example>\r\nTo: x@example.test\r\nSubject: Lunch on Friday\r\nMessage-ID: <1@tb>\r\nDate: Mon, 02 Nov 2026 10:00:00 +0000\r\n\r\nAt noon?\r\n",
           b"From: =?utf-8?q?J=C3=BCrgen?= <jj@elsewhere.example>\r\nTo: x@example.test\r\nSubject: =?utf-8?b?5rWL6K+V6YKu5Lu2?=\r\nMessage-ID: <2@tb>\r\nMIME-Version: 1.0\r\n"
           b"Date: Mon, 02 Nov 2026 11:00:00 +0000\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n5L2g5aW977yM5LiW55WM\r\n",
           b"From: Bo <bo@elsewhere.example>\r\nTo: x@example.test\r\nSubject: many lines\r\nMessage-ID: <3@tb>\r\nDate: Mon, 02 Nov 2026 12:00:00 +0000\r\n\r\n"
           + b"".join(b"%d %s\r\n.a dot in front\r\n" % (i, b"word " * 12) for i in range(3000))]

# Runs in front of each script: waiting for what Thunderbird says through listeners.
WORDS = """
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const account = MailServices.accounts.accounts[0], server = account.incomingServer, root = server.rootFolder;
const url = () => { let l; const p = new Promise((yes, no) => { l = { QueryInterface: ChromeUtils.generateQI(["nsIUrlListener"]),
    OnStartRunningUrl() {}, OnStopRunningUrl(u, status) { Components.isSuccessCode(status) ? yes(status) : no(new Error("status " + status.toString(16))); } }; });
    return [l, p]; };
const inbox = () => root.getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox);
const update = async f => { const [l, p] = url(); f.QueryInterface(Ci.nsIMsgImapMailFolder).updateFolderWithListener(null, l); await p; };
const headers = f => [...f.messages];
const sleep = ms => new Promise(y => { const t = Cc["@mozilla.org/timer;1"].createInstance(Ci.nsITimer); t.initWithCallback(() => { void t; y(); }, ms, 0); });
const until = async (what, test) => { for (let i = 0; i < 300; i++) { const r = await test(); if (r) return r; await sleep(100); } throw new Error("waited for: " + what); };
const text = (f, h) => new Promise((yes, no) => { let all = ""; const uri = f.getUriForMsg(h);
    MailServices.messageServiceFromURI(uri).streamMessage(uri, { QueryInterface: ChromeUtils.generateQI(["nsIStreamListener", "nsIRequestObserver"]),
        onStartRequest() {}, onStopRequest(r, s) { Components.isSuccessCode(s) ? yes(all) : no(new Error("stream " + s.toString(16))); },
        onDataAvailable(r, s, o, n) { const b = Cc["@mozilla.org/binaryinputstream;1"].createInstance(Ci.nsIBinaryInputStream); b.setInputStream(s); all += b.readBytes(n); } },
        null, null, false, ""); });
"""


class Thunderbird:
    def __init__(self, kind, user, word):
        self.profile = f = Folder()
        subprocess.run(["certutil", "-N", "-d", "sql:" + f.path, "--empty-password"], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["certutil", "-A", "-d", "sql:" + f.path, "-n", "ca", "-t", "C,,", "-i", CA], check=True)
        f.file("user.js", "".join(f"user_pref({json.dumps(k)}, {json.dumps(v)});\n" for k, v in self.prefs(kind, user).items()))
        env = {k: v for k, v in os.environ.items() if "proxy" not in k.lower()}
        self.log = open(f.path + "/said", "wb")
        self.process = subprocess.Popen(["thunderbird", "--headless", "--no-remote", "--marionette", "--remote-allow-system-access", "--profile", f.path],
                                        stdout=self.log, stderr=self.log, env=dict(env, HOME=f.path, MOZ_CRASHREPORTER_DISABLE="1"), start_new_session=True)
        try:
            self.connect()
        except Exception:
            self.stop()
            raise
        scheme = {"imap": "imap", "pop3": "mailbox"}[kind]
        for at in (f"{scheme}://{HOST}", f"smtp://{HOST}"):
            self.run("""const i = Cc["@mozilla.org/login-manager/loginInfo;1"].createInstance(Ci.nsILoginInfo);
                        i.init(args[0], null, args[0], args[1], args[2], "", ""); await Services.logins.addLoginAsync(i);""", at, user, word)

    @staticmethod
    def prefs(kind, user):
        me, out = "mail.identity.id1.", "mail.smtpserver.smtp1."
        p = {"marionette.port": 0, "app.update.enabled": False, "datareporting.policy.dataSubmissionEnabled": False, "mail.provider.suppress_dialog_on_startup": True,
             "mail.spotlight.firstRunDone": True, "mailnews.start_page.enabled": False, "mail.shell.checkDefaultClient": False, "network.proxy.type": 0,
             "network.captive-portal-service.enabled": False, "network.connectivity-service.enabled": False, "mail.winsearch.firstRunDone": True, "extensions.update.enabled": False,
             "mail.accountmanager.accounts": "account1,account2", "mail.accountmanager.defaultaccount": "account1", "mail.accountmanager.localfoldersserver": "server2",
             "mail.account.account1.server": "server1", "mail.account.account1.identities": "id1", "mail.account.account2.server": "server2",
             "mail.server.server1.type": kind, "mail.server.server1.hostname": HOST, "mail.server.server1.port": port(kind, "tls"), "mail.server.server1.socketType": 3,
             "mail.server.server1.authMethod": 3, "mail.server.server1.userName": user, "mail.server.server1.name": user, "mail.server.server1.login_at_startup": False,
             "mail.server.server1.check_new_mail": False, "mail.server.server1.leave_on_server": True,
             "mail.server.server2.type": "none", "mail.server.server2.hostname": "Local Folders", "mail.server.server2.userName": "nobody", "mail.server.server2.name": "Local Folders",
             me + "useremail": user, me + "fullName": "A Person", me + "smtpServer": "smtp1", me + "valid": True, me + "fcc": kind == "imap",
             "mail.smtpservers": "smtp1", "mail.smtp.defaultserver": "smtp1", out + "hostname": HOST, out + "port": port("submission", "tls"), out + "try_ssl": 3,
             out + "authMethod": 3, out + "username": user}
        if kind == "imap":
            p[me + "fcc_folder"] = f"imap://{quote(user, safe='')}@{HOST}/Sent"
        return p

    def connect(self):
        at = os.path.join(self.profile.path, "MarionetteActivePort")
        for _ in range(600):
            if os.path.exists(at) and open(at).read().strip():
                break
            if self.process.poll() is not None:
                raise RuntimeError("Thunderbird ended: " + self.said())
            time.sleep(0.1)
        self.socket = socket.create_connection(("127.0.0.1", int(open(at).read())), timeout=120)
        self.number = 0
        self.read()
        self.ask("WebDriver:NewSession", {"capabilities": {"alwaysMatch": {"timeouts": {"script": 90000}}}})
        self.ask("Marionette:SetContext", {"value": "chrome"})

    def read(self):
        size = b""
        while not size.endswith(b":"):
            size += self.socket.recv(1) or self.gone()
        data = b""
        while len(data) < int(size[:-1]):
            data += self.socket.recv(int(size[:-1]) - len(data)) or self.gone()
        return json.loads(data)

    def gone(self):
        raise RuntimeError("Thunderbird hung up: " + self.said())

    def ask(self, name, params):
        self.number += 1
        text = json.dumps([0, self.number, name, params]).encode()
        self.socket.sendall(b"%d:%s" % (len(text), text))
        _, _, error, result = self.read()
        if error:
            raise RuntimeError(f"{error.get('error')}: {error.get('message')}")
        return result

    def run(self, script, *args):
        """A script within it, that may await."""
        done = self.ask("WebDriver:ExecuteAsyncScript", {"script": "const args = [...arguments], done = args.pop(); (async () => {" + WORDS + script
                        + "})().then(v => done({ value: v === undefined ? null : v }), e => done({ error: String(e) + ' ' + (e.stack || '') }));", "args": list(args), "newSandbox": True})["value"]
        if "error" in done:
            raise RuntimeError(done["error"][:600])
        return done["value"]

    def said(self):
        return open(self.profile.path + "/said", errors="replace").read()[-800:]

    def stop(self):
        try:
            os.killpg(self.process.pid, 15)
            self.process.wait(30)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        self.log.close()
        self.profile.remove()


SEND = """
const fields = Cc["@mozilla.org/messengercompose/composefields;1"].createInstance(Ci.nsIMsgCompFields);
fields.from = args[0]; fields.to = args[0]; fields.subject = args[1]; fields.bcc = args[3];
const send = Cc["@mozilla.org/messengercompose/send;1"].createInstance(Ci.nsIMsgSend);
await new Promise((yes, no) => {
    const listener = { QueryInterface: ChromeUtils.generateQI(["nsIMsgSendListener", "nsIMsgCopyServiceListener"]), onStartSending() {}, onProgress() {}, onSendProgress() {}, onStatus() {},
        onSendNotPerformed() { no(new Error("not sent")); }, onGetDraftFolderURI() {}, onTransportSecurityError(id, status) { no(new Error("TLS " + status)); },
        onStopSending(id, status) { if (!Components.isSuccessCode(status)) no(new Error("sending: " + status.toString(16))); else if (!args[4]) yes(); },
        onStartCopy() {}, setMessageKey() {}, getMessageId() { return null; },
        onStopCopy(status) { Components.isSuccessCode(status) ? yes() : no(new Error("copy to Sent: " + status.toString(16))); } };
    send.createAndSendMessage(null, account.defaultIdentity, account.key, fields, false, false, Ci.nsIMsgCompDeliverMode.Now, null, "text/plain", args[2],
                              null, null, listener, "", "", Ci.nsIMsgCompType.New).catch(no);
});
"""


def box(user, word, name, *keys):
    c = imaplib.IMAP4_SSL(HOST, port("imap", "tls"), ssl_context=context())
    c.login(user, word)
    try:
        if c.select(name, readonly=True)[0] != "OK":
            return None
        return [c.fetch(n, "(BODY.PEEK[])")[1][0][1] for n in c.search(None, *(keys or ("ALL",)))[1][0].split()]
    finally:
        c.logout()


def need(ok, what):
    if not ok:
        raise RuntimeError(what)


def body(raw):
    return raw.split(b"\r\n\r\n", 1)[1]


def imap(t, user, word):
    got = t.run("""await update(inbox()); await until("three letters", () => headers(inbox()).length == 3);
                   return Promise.all(headers(inbox()).map(async h => [h.mime2DecodedSubject, h.mime2DecodedAuthor, await text(inbox(), h)]));""")
    need(sorted(g[0] for g in got) == sorted(["Lunch on Friday", "\u6d4b\u8bd5\u90ae\u4ef6", "many lines"]), f"subjects {[g[0] for g in got]}")
    need(any("J\u00fcrgen" in g[1] for g in got), f"authors {[g[1] for g in got]}")
    for g in got:
        raw = g[2].encode("latin-1").replace(b"\r\n", b"\n")
        need(any(raw.endswith(w.replace(b"\r\n", b"\n")) for w in LETTERS), f"a letter is read otherwise: {raw[-200:]!r}")
    t.run("""const h = headers(inbox()).find(h => h.subject == "Lunch on Friday"); inbox().markMessagesRead([h], true); inbox().markMessagesFlagged([h], true); await update(inbox());""")
    wait(lambda: box(user, word, "INBOX", "SEEN", "FLAGGED") and len(box(user, word, "INBOX", "SEEN")) == 1, "its flags arrive")
    t.run("""root.createSubfolder("Caf\u00e9 & more", null); const f = await until("the folder", () => root.containsChildNamed("Caf\u00e9 & more") && root.getChildNamed("Caf\u00e9 & more"));
             const h = headers(inbox()).find(h => h.subject == "many lines");
             await new Promise((yes, no) => MailServices.copy.copyMessages(inbox(), [h], f, true, { QueryInterface: ChromeUtils.generateQI(["nsIMsgCopyServiceListener"]), onStartCopy() {},
                 onProgress() {}, setMessageKey() {}, getMessageId() { return null; }, onStopCopy(s) { Components.isSuccessCode(s) ? yes() : no(new Error("move " + s.toString(16))); } }, null, false));""")
    wait(lambda: len(box(user, word, '"Caf&AOk- &- more"') or []) == 1 and len(box(user, word, "INBOX", "UNDELETED")) == 2, "it moves a letter into a new folder")
    t.run("""const h = headers(inbox()).find(h => h.subject == "Lunch on Friday"); inbox().deleteMessages([h], null, false, false, null, false);""")
    wait(lambda: any(b"Lunch" in x for x in box(user, word, "Trash") or []), "it puts a letter into Trash")
    t.run(SEND, user, "sent by 465 \u00e4", "J\u00f6rg says\r\n.a dot\r\n", "", True)
    wait(lambda: box(user, word, "INBOX", "SUBJECT", '"sent by 465"') and len(box(user, word, "Sent") or []) == 1, "it sends by 465, and keeps a copy in Sent")
    told = t.run("""await update(inbox()); await until("the new letter", () => headers(inbox()).some(h => h.mime2DecodedSubject.startsWith("sent by 465")));
                    return headers(inbox()).map(h => h.mime2DecodedSubject);""")
    need("sent by 465 \u00e4" in told, f"it sees what came: {told}")


def pop3(t, user, word):
    fetch = """const [l, p] = url(); MailServices.pop3.GetNewMail(null, l, inbox(), server.QueryInterface(Ci.nsIPop3IncomingServer)); await p;
               return Promise.all(headers(inbox()).map(async h => [h.mime2DecodedSubject, await text(inbox(), h)]));"""
    got = t.run(fetch)
    need(len(got) == 3, f"{len(got)} letters by 995")
    for g in got:
        raw = g[1].encode("latin-1").replace(b"\r\n", b"\n")
        need(any(raw.rstrip(b"\n").endswith(w.replace(b"\r\n", b"\n").rstrip(b"\n")) for w in LETTERS), f"a letter is read otherwise: {raw[-200:]!r}")
    need(len(t.run(fetch)) == 3, "letters left on the server are fetched once only")
    t.run(SEND, user, "by a user of POP3", "Hello\r\n", "", False)
    wait(lambda: len(box(user, word, "INBOX")) == 4, "it sends by 465")
    need(len(t.run(fetch)) == 4, "the new letter alone is fetched")
    t.run("""server.setBoolValue("leave_on_server", false);""")
    smtplib_send([b"Subject: the last\r\n\r\nx\r\n"], user, word, user)
    need(len(t.run(fetch)) == 5, "the last letter is fetched")
    wait(lambda: not any(b"the last" in x for x in box(user, word, "INBOX")), "what is not to be left on the server is deleted")


def wait(test, what):
    for _ in range(150):
        if test():
            return
        time.sleep(0.2)
    raise RuntimeError(what)


def main():
    for part in sys.argv[1:] or PARTS:
        user, word = account("tb")
        smtplib_send(LETTERS, user, word, user)
        t = None
        try:
            t = Thunderbird(part, user, word)
            {"imap": imap, "pop3": pop3}[part](t, user, word)
        except Exception as e:
            print(f"{part}: {type(e).__name__}: {e}")
            return 1
        finally:
            if t:
                t.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
