// What nodemailer sends by every service, imapflow and node-pop3 find again byte for byte; imapflow's own ways to list, append,
// search, flag, copy, move, delete, idle and resync work. CARD names the server's card.
'use strict';
const fs = require('fs');
const crypto = require('crypto');
const nodemailer = require('nodemailer');
const MailComposer = require('nodemailer/lib/mail-composer');
const { ImapFlow } = require('imapflow');
const Pop3 = require('node-pop3');

const card = JSON.parse(fs.readFileSync(process.env.CARD));
const ca = fs.readFileSync(card.ca);
const [alice, bob] = card.users;
const tls = { ca: [ca], servername: 'localhost' };
let passed = 0, failed = 0;

function check(ok, what) {
    if (ok) passed++;
    else { failed++; console.log('not ok - ' + what); }
    return ok;
}

function service(protocol, security) {
    return card.services.find(s => s.protocol === protocol && s.security === security);
}

async function within(promise, seconds, what) {
    let timer;
    const late = new Promise((_, no) => { timer = setTimeout(() => no(new Error(what + ': not in time')), seconds * 1000); });
    try { return await Promise.race([promise, late]); } finally { clearTimeout(timer); }
}

// --- letters, the same in every run

function bytes(n, seed) {
    const out = [];
    for (let i = 0, have = 0; have < n; i++) {
        const piece = crypto.createHash('sha256').update(seed + i).digest();
        out.push(piece);
        have += piece.length;
    }
    return Buffer.concat(out).subarray(0, n);
}

function letters() {
    const base = { from: alice.address, to: bob.address, date: new Date(Date.UTC(2026, 0, 1)) };
    const all = [
        { subject: 'plain', text: 'One line.\n' },
        { subject: 'Grüße aus München ✉ 漢字', text: 'Ünïcödé text, 漢字, emoji 🎉\n'.repeat(50) },
        { subject: 'dots', text: '.\n..\n.leading\n...\n', textEncoding: '7bit' },
        { subject: 'html', text: 'plain side', html: '<p>the <b>other</b> side</p>' },
        { subject: 'attachments', text: 'two', attachments: [{ filename: 'a.bin', content: bytes(100000, 'a') },
            { filename: 'ünï.txt', content: 'text\n' }] },
        { subject: 'inline', html: '<img src="cid:x">', attachments: [{ filename: 'x.png', cid: 'x', content: bytes(3000, 'x') }] },
        { subject: 'big', text: 'b', attachments: [{ filename: 'big.bin', content: bytes(6000000, 'b') }] },
    ];
    for (let i = 0; i < 20; i++)
        all.push({ subject: 'number ' + i, text: bytes(50 + 400 * i, 'n' + i).toString('base64').replace(/(.{60})/g, '$1\n') });
    return all.map((x, i) => ({ ...base, ...x, messageId: `<${i}.npm@example.test>` }));
}

async function compose(letter) {
    return new MailComposer({ ...letter, newline: '\r\n' }).compile().build();
}

// Without what a server puts in front: Return-Path, Delivered-To, Received with its lines.
function stripped(raw) {
    return raw.toString('latin1').replace(/^(?:(?:Return-Path|Delivered-To|Received):[^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*)*/, '');
}

// --- sending

function transport(security, user) {
    const s = service('submission', security);
    return nodemailer.createTransport({ host: card.host, port: s.port, secure: security === 'tls', requireTLS: true, tls,
        auth: { user: user.address, pass: user.password }, pool: true, maxConnections: 3 });
}

async function send() {
    const ways = [transport('tls', alice), transport('starttls', alice)], sent = new Map();
    let i = 0;
    for (const letter of letters()) {
        const raw = await compose(letter);
        const info = await within(ways[i++ % 2].sendMail({ envelope: { from: alice.address, to: [bob.address] }, raw }), 60, letter.subject);
        check(info.accepted.length === 1 && info.response.startsWith('250'), `${letter.subject}: ${info.response}`);
        sent.set(letter.messageId, raw.toString('latin1'));
    }
    const many = await Promise.all([...Array(20).keys()].map(n => ways[n % 2].sendMail({ from: alice.address, to: bob.address,
        subject: 'at once', text: 'x', messageId: `<at-once.${n}@example.test>` })));
    check(many.every(x => x.response.startsWith('250')), 'twenty at once');
    ways.forEach(w => w.close());
    return sent;
}

async function refusals() {
    const wrong = nodemailer.createTransport({ host: card.host, port: service('submission', 'tls').port, secure: true, tls,
        auth: { user: alice.address, pass: 'not this' } });
    check(await wrong.verify().then(() => '', e => e.code) === 'EAUTH', 'a wrong password is EAUTH');
    const doubting = nodemailer.createTransport({ host: card.host, port: service('submission', 'tls').port, secure: true,
        auth: { user: alice.address, pass: alice.password } });
    check(await doubting.verify().then(() => '', e => e.code) !== '', 'a certificate of an unknown authority is not trusted');
    const good = transport('tls', alice);
    const said = await good.sendMail({ from: alice.address, to: 'nobody-here@example.test', text: 'x' }).then(() => 0, e => e.responseCode);
    check(said === 550, `an unknown recipient gets 550, not ${said}`);
    const other = await good.sendMail({ from: bob.address, to: bob.address, text: 'x' }).then(() => 0, e => e.responseCode);
    check(other >= 500, `nobody sends as somebody else: ${other}`);
    good.close();
}

// --- IMAP

async function imap(user, security = 'tls', more = {}) {
    const s = service('imap', security);
    const c = new ImapFlow({ host: card.host, port: s.port, secure: security === 'tls', tls, logger: false,
        auth: { user: user.address, pass: user.password }, ...more });
    c.on('error', e => check(false, 'imapflow: ' + e.message));
    await within(c.connect(), 20, 'imapflow connects');
    return c;
}

async function readBack(sent) {
    for (const security of ['tls', 'starttls']) {
        const c = await imap(bob, security), lock = await c.getMailboxLock('INBOX');
        let found = 0;
        for await (const m of c.fetch('1:*', { uid: true, envelope: true, bodyStructure: true, flags: true, source: true, size: true })) {
            check(m.source.length === m.size, `size of ${m.envelope.subject}`);
            const raw = sent.get(m.envelope.messageId);
            if (raw === undefined)
                continue;
            found++;
            check(stripped(m.source) === raw, `${m.envelope.subject} comes as it was sent (${security})`);
            check(m.envelope.from[0].address === alice.address && m.bodyStructure, 'envelope and structure are there');
        }
        check(found === sent.size, `${found} of ${sent.size} letters are there`);
        lock.release();
        await c.logout();
    }
}

async function download() {
    const c = await imap(bob), lock = await c.getMailboxLock('INBOX');
    const [uid] = await c.search({ subject: 'attachments' }, { uid: true });
    const { content, meta } = await c.download(String(uid), '2', { uid: true }), parts = [];
    for await (const chunk of content)
        parts.push(chunk);
    check(Buffer.concat(parts).equals(bytes(100000, 'a')), `an attachment downloads as it was: ${meta.filename}`);
    const both = await c.search({ or: [{ subject: 'dots' }, { subject: 'html' }] });
    check(both.length === 2, `search with OR: ${both}`);
    const german = await c.search({ subject: 'Grüße' });
    check(german.length === 1, `search beyond ASCII: ${german}`);
    lock.release();
    await c.logout();
}

async function mailboxes() {
    const c = await imap(bob);
    const names = (await c.list()).map(x => x.specialUse).filter(Boolean).sort();
    for (const use of ['\\Archive', '\\Drafts', '\\Junk', '\\Sent', '\\Trash'])
        check(names.includes(use), `there is ${use}`);
    check((await c.mailboxCreate('Projekte/Größe')).created, 'a folder with an umlaut is made');
    check((await c.list()).some(x => x.path === 'Projekte/Größe'), 'and listed');
    const raw = await compose(letters()[1]);
    const put = await c.append('Projekte/Größe', raw, ['\\Seen', '$Label1'], new Date(Date.UTC(2025, 5, 6, 7, 8, 9)));
    check(put.uid > 0, 'APPEND tells the uid');
    let lock = await c.getMailboxLock('Projekte/Größe');
    const got = await c.fetchOne(String(put.uid), { source: true, flags: true, internalDate: true }, { uid: true });
    check(got.source.equals(raw), 'what was appended comes back as it was');
    check(got.flags.has('\\Seen') && got.flags.has('$Label1'), 'with its flags');
    check(new Date(got.internalDate).getTime() === Date.UTC(2025, 5, 6, 7, 8, 9), 'and its date');
    check(await c.messageFlagsAdd(String(put.uid), ['\\Flagged'], { uid: true }), 'a flag is set');
    const copied = await c.messageCopy(String(put.uid), 'Archive', { uid: true });
    check(copied.uidMap.size === 1, 'a copy tells its uid');
    const moved = await c.messageMove(String(put.uid), 'Trash', { uid: true });
    check(moved.uidMap.size === 1 && c.mailbox.exists === 0, 'a message is moved away');
    lock.release();
    const status = await c.status('Trash', { messages: true, unseen: true, uidNext: true });
    check(status.messages === 1 && status.unseen === 0, `STATUS: ${JSON.stringify(status)}`);
    lock = await c.getMailboxLock('Trash');
    check(await c.messageDelete('1:*') && c.mailbox.exists === 0, 'and deleted');
    lock.release();
    check((await c.mailboxRename('Projekte/Größe', 'Projekte/Kleine')).newPath === 'Projekte/Kleine', 'the folder is renamed');
    check((await c.mailboxDelete('Projekte/Kleine')).path === 'Projekte/Kleine', 'and removed');
    await c.logout();
}

async function idle() {
    const c = await imap(bob), lock = await c.getMailboxLock('INBOX'), before = c.mailbox.exists;
    const told = new Promise(yes => c.on('exists', yes));
    const idling = c.idle();
    const t = transport('tls', alice);
    await t.sendMail({ from: alice.address, to: bob.address, subject: 'news', text: 'x' });
    const event = await within(told, 20, 'IDLE tells of a letter');
    check(event.count === before + 1, `IDLE tells of one letter more: ${JSON.stringify(event)}`);
    t.close();
    await c.noop();
    await idling;
    lock.release();
    await c.logout();
}

// What happened while a client was away it is told by SELECT alone (QRESYNC), over a compressed connection.
async function resync() {
    const first = await imap(alice, 'tls', { qresync: true });
    check(first.streamer.compress, 'imapflow compresses');
    check(first.enabled.has('QRESYNC') && first.enabled.has('UTF8=ACCEPT'), 'and has enabled what it can');
    await first.mailboxCreate('Sync/Grüße');
    for (let i = 1; i <= 5; i++)
        await first.append('Sync/Grüße', `Subject: number ${i}\r\n\r\nx\r\n`);
    const was = await first.mailboxOpen('Sync/Grüße');
    await first.logout();
    const other = await imap(alice);
    await other.mailboxOpen('Sync/Grüße');
    await other.messageFlagsAdd('2', ['\\Flagged'], { uid: true });
    await other.messageDelete('3', { uid: true });
    await other.append('Sync/Grüße', 'Subject: number 6\r\n\r\nx\r\n');
    const again = await imap(alice, 'tls', { qresync: true }), gone = [], flags = new Map();
    again.on('expunge', e => gone.push(e.uid));
    again.on('flags', e => flags.set(e.uid, [...e.flags].join()));
    const now = await again.mailboxOpen('Sync/Grüße', { changedSince: was.highestModseq, uidValidity: was.uidValidity });
    check(gone.join() === '3', `what is gone: ${gone}`);
    check(flags.get(2) === '\\Flagged' && !flags.has(1) && !flags.has(4), `what has changed: ${JSON.stringify([...flags])}`);
    check(now.exists === 5 && now.highestModseq > was.highestModseq, `${now.exists} messages are left`);
    await other.messageDelete('4', { uid: true });
    await again.noop();
    check(gone.join() === '3,4', `and then: ${gone}`);
    const late = await again.messageFlagsAdd('2', ['\\Seen'], { uid: true, unchangedSince: was.highestModseq });
    const m = await again.fetchOne('2', { flags: true }, { uid: true });
    check(!m.flags.has('\\Seen'), `a change on a change that was not seen is not made: ${late}`);
    await again.mailboxDelete('Sync/Grüße');
    await again.logout();
    await other.logout();
}

// --- POP3

async function pop3(sent) {
    const c = new Pop3({ user: bob.address, password: bob.password, host: card.host, port: service('pop3', 'tls').port, tls: true, tlsOptions: tls,
        servername: 'localhost', timeout: 20000 });
    const list = await within(c.UIDL(), 30, 'node-pop3 connects');
    check(new Set(list.map(x => x[1])).size === list.length, 'each letter has a name of its own');
    let same = 0;
    for (const [number] of list) {
        const raw = await c.RETR(number), id = /^Message-I[Dd]: (<[^>]*>)/m.exec(raw);
        const want = id && sent.get(id[1]);
        if (want !== undefined && want !== null) // node-pop3 leaves doubled dots doubled
            same += stripped(Buffer.from(raw, 'utf8')).trimEnd() === want.replace(/^\./gm, '..').trimEnd() ? 1 : 0;
    }
    check(same === sent.size, `${same} of ${sent.size} letters come by POP3 as they were sent`);
    const top = await c.TOP(list[0][0], 1);
    check(/^Subject:/m.test(top), 'TOP has the header');
    await c.command('DELE', list[0][0]);
    await c.QUIT();
    const again = new Pop3({ user: bob.address, password: bob.password, host: card.host, port: service('pop3', 'tls').port, tls: true, tlsOptions: tls,
        servername: 'localhost', timeout: 20000 });
    check((await again.UIDL()).length === list.length - 1, 'DELE and QUIT delete');
    await again.QUIT();
}

async function main() {
    const late = setTimeout(() => { console.log('not done in five minutes'); process.exit(1); }, 300000);
    let sent = new Map();
    const steps = [['send', async () => { sent = await send(); }], ['refusals', refusals], ['read back', () => readBack(sent)], ['download', download],
        ['mailboxes', mailboxes], ['idle', idle], ['resync', resync], ['pop3', () => pop3(sent)]];
    for (const [name, step] of steps) {
        try { await step(); } catch (e) { check(false, `${name}: ${e.stack} ${e.responseText || ''}`); }
    }
    clearTimeout(late);
    console.log(`${passed} passed, ${failed} failed`);
    process.exit(failed ? 1 : 0);
}

main();
