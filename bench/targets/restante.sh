#!/bin/bash
# restante.sh start|stop|wipe RUNDIR      environment: SCHEME=sha512 (default: as a table taken over from Dovecot) or argon2
# The defaults of the program, but for: no limits of what a user sends in an hour, and no brake (the peers have none), ports, plain-text passwords where there is no TLS (as the peers do), the
# system's users as numbers that nobody has.
set -eu
HERE=$(cd "$(dirname "$0")" && pwd)
ACT=$1 RUN=$2
. "$HERE/../peers/common.sh"
PROGRAM=${RESTANTE:-$HERE/../../build/release/restante}
CONF=$RUN/restante.conf

listener() { # name port protocol security
	printf 'listener %s { address 127.0.0.1  port %d  protocol %s  security %s  plaintext_auth yes  max_connections 40000 }\n' "$@"
}

configuration() {
	echo 'host_name "mail.bench.test"'
	echo "data \"$RUN/data\""
	echo "run \"$RUN/run\""
	echo "brake no send_letters_hour 0 send_letters_day 0 send_recipients_hour 0 send_recipients_day 0"
	echo "tls { certificate \"$RUN/tls/cert.pem\"  key \"$RUN/tls/key.pem\" }"
	n=1990000000
	for role in keeper gate box courier resolver control errand; do
		echo "user_$role $n"
		n=$((n + 1))
	done
	listener smtp 3525 smtp starttls
	listener submission 3587 submission starttls
	listener submissions 3465 submission tls
	listener pop3 3110 pop3 starttls
	listener pop3s 3995 pop3 tls
	listener imap 3143 imap starttls
	listener imaps 3993 imap tls
	[ ! -f "$RUN/extra.conf" ] || cat "$RUN/extra.conf"
}

accounts() {
	"$PROGRAM" domain add "$DOMAIN" --config "$CONF" --offline >/dev/null
	if [ "${SCHEME:-sha512}" = argon2 ]; then
		users | while read -r address; do
			"$PROGRAM" account add "$address" --password-stdin --config "$CONF" --offline >/dev/null <<<"$PASS"
		done
	else
		hash=$(openssl passwd -6 -salt restantebench "$PASS")
		users | sed "s#.*#{\"address\":\"&\",\"hash\":\"$hash\"}#" >"$RUN/accounts.jsonl"
		"$PROGRAM" account import "$RUN/accounts.jsonl" --config "$CONF" --offline >/dev/null
	fi
	touch "$RUN/accounts.done"
}

case $ACT in
start)
	mkdir -p "$RUN/data" "$RUN/run"
	chmod 755 "$RUN"
	chmod 711 "$RUN/data"
	make_tls
	raise_limits
	configuration >"$CONF"
	[ -f "$RUN/accounts.done" ] || accounts
	"$PROGRAM" serve --config "$CONF" >>"$RUN/log" 2>&1 </dev/null &
	echo $! >"$RUN/main.pid"
	n=600
	until "$PROGRAM" status --config "$CONF" >/dev/null 2>&1; do
		kill -0 "$(cat "$RUN/main.pid")" 2>/dev/null || { tail -5 "$RUN/log" >&2; exit 1; }
		n=$((n - 1))
		[ "$n" -gt 0 ] || { echo "restante is not ready after 30 s" >&2; exit 1; }
		sleep 0.05
	done
	;;
stop)
	stop_pid "$RUN/main.pid"
	;;
wipe)
	rm -rf "$RUN/data" "$RUN/run" "$RUN/accounts.done" "$RUN/log"
	;;
esac
