# Mail::IMAPClient at work: puts every letter of the INBOX on standard output, each behind its length; dies when a call does not do what it says.
# usage: imapclient.pl HOST PORT CA USER, the password on standard input
use strict;
use warnings;
use Mail::IMAPClient;

my ($host, $port, $ca, $user) = @ARGV;
chomp(my $password = <STDIN>);
my $c = Mail::IMAPClient->new(Server => $host, Port => $port, User => $user, Password => $password, Uid => 1, Peek => 1, Maxcommandlength => 8000,
    Ssl => [SSL_ca_file => $ca, SSL_verify_mode => 1, SSL_verifycn_scheme => 'imap', SSL_verifycn_name => $host]) or die "no connection: $@";

sub must { my ($got, $what) = @_; die "$what: " . ($c->LastError // '') . "\n" unless $got; return $got; }

$c->select('INBOX') or die 'select: ' . $c->LastError;
binmode STDOUT;
my @uids = $c->messages;
for my $uid (@uids) {
    my $letter = must($c->message_string($uid), "message_string $uid");
    print length($letter), "\n", $letter;
}

# a mailbox of its own: copied to, sorted, threaded, flagged, moved, renamed, removed
my @few = @uids[0 .. 9];
must($c->create('Perl/one'), 'create');
must($c->subscribe('Perl/one'), 'subscribe');
must($c->copy('Perl/one', @few), 'copy');
must($c->select('Perl/one'), 'select');
my @there = $c->messages;
must(@there == 10, 'ten were copied');
must(join(' ', sort { $a <=> $b } $c->sort('REVERSE SIZE', 'UTF-8', 'ALL')) eq join(' ', @there), 'sort');
must($c->thread('REFERENCES', 'UTF-8', 'ALL'), 'thread');
must($c->set_flag('Flagged', $there[3]), 'set_flag');
must($c->set_flag('$Forwarded', $there[3]), 'a keyword');
must(join(' ', $c->search('FLAGGED')) eq $there[3], 'flagged');
must(join(' ', $c->search('KEYWORD', '$Forwarded')) eq $there[3], 'search');
my $mime = must($c->get_bodystructure($there[2]), 'bodystructure');
must($c->get_envelope($there[2]), 'envelope');
must($c->fetch_hash('FLAGS', 'RFC822.SIZE', 'INTERNALDATE')->{$there[3]}{FLAGS} =~ /\\Flagged/, 'fetch_hash');
must($c->delete_message($there[0]), 'delete_message');
must($c->expunge, 'expunge');
must($c->message_count == 9, 'nine are left');
must($c->move('Archive', $there[1]), 'move');
my $new = must($c->append_string('Perl/one', "Subject: by Perl\r\n\r\nx\r\n", '\\Seen'), 'append');
must(scalar(grep { $_ eq $new } $c->search('SEEN')) == 1, 'it is seen');
must($c->idle, 'idle');
must($c->done, 'done');
must($c->close, 'close');
must($c->rename('Perl/one', 'Perl/two'), 'rename');
must($c->exists('Perl/two'), 'exists');
must($c->delete('Perl/two'), 'delete');
must(!$c->exists('Perl/two'), 'gone');
must($c->logout, 'logout');
