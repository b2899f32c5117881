"""Mail servers of other makes as peers: each takes mail for domains of its own into maildirs, and relays what the test gives it. Their configuration is written
here, whole; none of it is the package's."""
import os

from hosts import Host, v4, v6
import serve

MAIL = 1990100000  # who owns the mail
PLAYERS = ["bob", "carl"]
WIDE, LATER = "j\u00f6rg", "later"  # at Postfix: bob once more, and one whom it takes and passes on to the test's port 26


class Make:
    """domains: for which it takes mail, of PLAYERS only; cert, key: files; what came is in `letters(user)`."""

    package, users, own = None, (), ()
    takes_tls = True
    players = PLAYERS

    def __init__(self, net, n, resolver, domains, cert, key, name=None, settings=""):
        self.name = name or self.package
        self.host = Host(net, self.name, n, self.package, self.users, resolver, self.own)
        self.domains, self.settings = domains, settings
        self.mail = self.host.folder("mail", MAIL)
        for user in self.players:
            for part in ("", "/new", "/cur", "/tmp"):
                self.host.folder(f"mail/{user}{part}", MAIL)
        self.cert, self.key = (self.copy(x, mode) for x, mode in ((cert, 0o644), (key, 0o600)))

    def copy(self, path, mode):
        with open(path) as f:
            return self.host.write(os.path.basename(path), f.read(), mode)

    def letters(self, user="bob"):
        """Their bytes, with the line ends that they had."""
        new = os.path.join(self.mail, user, "new")
        out = []
        for name in sorted(os.listdir(new)):
            with open(os.path.join(new, name), "rb") as f:
                out.append(f.read().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
        return out

    def letter(self, mark, user="bob", seconds=20):
        """The first one that holds these bytes, when it is there."""
        return serve.wait_for(lambda: next((x for x in self.letters(user) if mark in x), None), seconds)


class Postfix(Make):
    package = "postfix"
    users = (("postfix", 1990100001), ("postdrop", 1990100002))
    main = """compatibility_level = 3.6
queue_directory = {dir}/spool
data_directory = {dir}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
meta_directory = /etc/postfix
shlib_directory = /usr/lib/postfix
mail_owner = postfix
setgid_group = postdrop
myhostname = {name}.example
mydestination =
inet_interfaces = all
inet_protocols = all
mynetworks = 192.0.2.1/32
maillog_file = {dir}/maillog
maillog_file_prefixes = {dir}
virtual_mailbox_domains = {domains}
virtual_mailbox_maps = texthash:{dir}/boxes
virtual_mailbox_base = {mail}
virtual_minimum_uid = 100
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{uid}
transport_maps = texthash:{dir}/transport
local_recipient_maps =
alias_maps =
alias_database =
smtpd_peername_lookup = no
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
smtpd_recipient_restrictions =
smtpd_client_restrictions =
smtpd_tls_cert_file = {cert}
smtpd_tls_key_file = {key}
smtpd_tls_security_level = may
smtp_tls_security_level = dane
smtp_dns_support_level = dnssec
smtp_tls_CAfile =
smtp_tls_loglevel = 1
smtp_host_lookup = dns
smtputf8_enable = yes
minimal_backoff_time = 2s
maximal_backoff_time = 4s
queue_run_delay = 2s
{settings}
"""
    master = """smtp inet n - n - 20 smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 2 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""

    more_services = ""  # lines of master.cf

    def start(self):
        h = self.host
        h.folder("spool")
        h.folder("data", self.users[0][1])
        h.write("boxes", "".join(f"{u}@{d} {u.replace(WIDE, 'bob')}/\n" for d in self.domains for u in PLAYERS + [WIDE, LATER]))
        h.write("transport", "".join(f"{LATER}@{d} smtp:[{v4(1)}]:26\n" for d in self.domains))
        h.write("conf/main.cf", self.main.format(dir=h.dir, name=self.name, domains=" ".join(self.domains), mail=self.mail, uid=MAIL, cert=self.cert, key=self.key,
                                                 settings=self.settings))
        h.write("conf/master.cf", self.master + self.more_services)
        h.start("/usr/sbin/postfix", "-c", f"{h.dir}/conf", "start-fg")


class Exim(Make):
    package = "exim"
    users = (("Debian-exim", 1990100003), ("maildrop", MAIL))
    own = ("/run",)
    conf = """primary_hostname = {name}.example
spool_directory = {dir}/spool
log_file_path = {dir}/%slog
domainlist ours = {domains}
acl_smtp_rcpt = rcpt
acl_smtp_data = accept
host_lookup =
rfc1413_query_timeout = 0s
tls_advertise_hosts = *
tls_certificate = {cert}
tls_privatekey = {key}
dsn_advertise_hosts = *
chunking_advertise_hosts = *
smtp_accept_max = 50
qualify_domain = {name}.example
keep_environment =
accept_8bitmime = true
log_selector = +tls_cipher +tls_peerdn
begin acl
rcpt:
  accept hosts = 192.0.2.1 : 2001\\:db8\\:\\:1
  require domains = +ours
  require verify = recipient
  accept
begin routers
local:
  driver = accept
  domains = +ours
  local_parts = {players}
  transport = drop
remote:
  driver = dnslookup
  domains = ! +ours
  transport = smtp
  no_more
begin transports
smtp:
  driver = smtp
  hosts_try_dane =
  connect_timeout = 3s
drop:
  driver = appendfile
  directory = {mail}/$local_part_data
  maildir_format
  user = maildrop
  group = maildrop
  mode = 0644
begin retry
* * F,1h,5s
"""

    def start(self):
        h = self.host
        h.folder("spool", self.users[0][1])
        os.chown(self.key, self.users[0][1], self.users[0][1])
        os.chown(h.dir, self.users[0][1], self.users[0][1])
        text = self.conf.format(dir=h.dir, name=self.name, domains=" : ".join(self.domains), players=" : ".join(PLAYERS), mail=self.mail, cert=self.cert, key=self.key)
        h.write("etc/exim4/exim4.conf", text)
        h.start("/usr/sbin/exim4", "-bdf", "-q2s")


class OpenSmtpd(Make):
    takes_tls = False  # it offers STARTTLS, but every handshake fails: Debian's 6.8.0p2 and OpenSSL 3 with a key in another process
    package = "opensmtpd"
    users = (("opensmtpd", 1990100004), ("opensmtpq", 1990100005), ("maildrop", MAIL))
    own = ("/run", "/var/spool", "/var/lib")
    conf = """pki here cert "{cert}"
pki here key "{key}"
table ours {{ {domains} }}
table who {{ {who} }}
table boxes {{ {boxes} }}
table friends {{ 192.0.2.1, 2001:db8::1, 127.0.0.1 }}
listen on {v4} port 25 tls pki here hostname {name}.example
listen on {v6} port 25 tls pki here hostname {name}.example
action "drop" maildir "{mail}/%{{user.username}}" userbase <boxes>
action "out" relay helo {name}.example
match from any for domain <ours> rcpt-to <who> action "drop"
match from src <friends> for any action "out"
match from local for any action "out"
"""
    def start(self):
        h = self.host
        for path in ("/var/spool/smtpd", "/var/lib/opensmtpd/empty"):
            h.run("mkdir", "-p", path)
        h.run("chmod", "711", "/var/spool/smtpd")
        quoted = lambda words: ", ".join(f'"{x}"' for x in words)
        text = self.conf.format(v4=v4(h.n), v6=v6(h.n), name=self.name, domains=quoted(self.domains), mail=self.mail, cert=self.cert, key=self.key,
                                who=quoted(f"{u}@{d}" for u in PLAYERS for d in self.domains),
                                boxes=", ".join(f'"{u}" = "{MAIL}:{MAIL}:{self.mail}/{u}"' for u in PLAYERS))
        h.start("/usr/sbin/smtpd", "-d", "-f", h.write("smtpd.conf", text))


class Dovecot(Make):
    """LMTP on port 24, and under TLS from the first byte on 2424; passwords for others at the socket `sasl`. `users` by the box that each has: {name: fields of userdb}."""

    package = "dovecot"
    users = (("dovecot", 1990100006), ("dovenull", 1990100007), ("maildrop", MAIL))
    conf = """base_dir = {dir}/run
state_dir = {dir}/state
log_path = {dir}/maillog
protocols = lmtp
hostname = {name}.example
postmaster_address = postmaster@{domain}
ssl = yes
ssl_cert = <{cert}
ssl_key = <{key}
auth_mechanisms = plain login
mail_home = {mail}/%n
mail_location = maildir:~/
mail_plugins = quota
first_valid_uid = 100
lmtp_save_to_detail_mailbox = no
protocol lmtp {{
  mail_plugins = quota
}}
plugin {{
  quota = count:box
  quota_vsizes = yes
}}
passdb {{
  driver = passwd-file
  args = username_format=%Ln {dir}/players
}}
userdb {{
  driver = passwd-file
  args = username_format=%Ln {dir}/players
  default_fields = uid={uid} gid={uid}
}}
service lmtp {{
  inet_listener lmtp {{
    port = 24
  }}
  inet_listener lmtps {{
    port = 2424
    ssl = yes
  }}
}}
service auth {{
  unix_listener {dir}/sasl {{
    mode = 0666
  }}
}}
{settings}
"""

    def tell(self, players):
        """players: {name: (password, fields of userdb)}; it holds from the next question on."""
        self.host.write("players", "".join(f"{name}:{{PLAIN}}{password}::::::{fields}\n" for name, (password, fields) in players.items()))

    def start(self):
        h = self.host
        conf = h.write("dovecot.conf", self.conf.format(dir=h.dir, name=self.name, domain=self.domains[0], cert=self.cert, key=self.key, mail=self.mail, uid=MAIL, settings=self.settings))
        self.program = h.start("/usr/sbin/dovecot", "-F", "-c", conf)

    def stop(self):
        self.host.run("/usr/bin/doveadm", "-c", f"{self.host.dir}/dovecot.conf", "stop")
        self.program.wait()

    def in_mailbox(self, user):
        """The letters of a user, whatever kind his mailbox is of, as Dovecot has them."""
        out = self.host.run("/usr/bin/doveadm", "-c", f"{self.host.dir}/dovecot.conf", "-f", "flow", "fetch", "-u", f"{user}@{self.domains[0]}", "text", "mailbox", "INBOX")
        return out.replace("\n", "\r\n").encode()
