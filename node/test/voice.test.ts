/** What people and programs are told: honest about a phrase, and never a stranger's control characters. */
import { PassThrough } from 'node:stream';
import type { ReadStream } from 'node:tty';
import test from 'ava';
import type { Notice, PeerView } from '../../protocol/contract.ts';
import { Complaint } from '../complaint.ts';
import { estimateBits } from '../entropy.ts';
import { offeredDirectory, underTilde } from '../identity.ts';
import { type Circumstances, cloneUrl, type Earlier, elapsed, jsonNarrator, lineNarrator } from '../narrator.ts';
import { durationOf, peerOf } from '../option-values.ts';
import { hearing, noProgress, type Progress, progressAfter, progressText } from '../progress.ts';
import { ask, makeScreen, type Screen } from '../screen.ts';
import { throwAwayHome } from './home.ts';

const circumstances: Circumstances = {
  protocol: 'annex',
  interfaces: () => ['eth0'],
  keyPath: null,
  installsKeys: true,
  alias: () => null,
  startedMs: 0,
};

const none: Earlier = { whole: [], half: [] };

const evil: PeerView = {
  hostName: '\u001b[2Jhost\u202egnp',
  userName: 'al\nice',
  directory: '~/a',
  key: 'ssh-ed25519 AAAA',
  address: '10.0.0.9',
};

function told(notices: readonly Notice[], json: boolean): string {
  let text = '';
  const out = new PassThrough();
  out.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const narrator = json
    ? jsonNarrator((line) => {
        text += `${line}\n`;
      }, circumstances)
    : lineNarrator(makeScreen(out as never, {}), circumstances);
  for (const notice of notices) narrator.notice(notice);
  narrator.result({ outcome: 'failed', exitCode: 1, record: null, detail: 'why' }, none);
  return text;
}

test('nothing of a stranger turns a terminal round, in lines or in JSON', (t) => {
  const notices: Notice[] = [
    { event: 'request', candidate: 'x', peer: evil },
    { event: 'proven', record: 'x', peer: evil },
    { event: 'paired', record: 'x', peer: evil, role: 'initiator' },
    { event: 'half', record: 'x', peer: evil, why: evil.hostName },
    { event: 'choose', candidates: [{ candidate: 'x', peer: evil }] },
    { event: 'address', record: 'x', host: evil.hostName, rung: 'mdns' },
    { event: 'alarm', rule: 'r', detail: evil.hostName },
    { event: 'trouble', what: evil.hostName, reason: evil.userName },
    { event: 'refused', refusal: { fault: 'malformed', rule: evil.hostName, detail: '' }, source: null },
    { event: 'unfinished', record: 'x', peer: evil, step: 'pairing' },
    { event: 'ended', reason: 'storage', detail: evil.hostName },
    { event: 'phraseRefused', rule: 'x', advice: evil.hostName },
  ];
  for (const json of [false, true]) {
    const text = told(notices, json);
    t.notRegex(text.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u);
    t.true(text.split('\n').length >= notices.length);
  }
  for (const line of told(notices, true).trim().split('\n')) t.notThrows(() => void JSON.parse(line));
});

test('what can be copied into a shell holds nothing of a peer that a shell would read', (t) => {
  const bob = { ...evil, userName: 'bob', directory: '~/annex' };
  t.is(cloneUrl(bob, 'bob-host.local'), 'bob@bob-host.local:annex');
  t.is(cloneUrl({ ...bob, directory: '/srv/annex' }, '10.0.0.2'), 'bob@10.0.0.2:/srv/annex');
  for (const odd of ['$(id)', '-oProxyCommand=x', 'a b', 'a;b', '`id`', '']) {
    t.is(cloneUrl({ ...bob, userName: odd }, 'h'), null);
    t.is(cloneUrl({ ...bob, directory: `~/${odd}` }, 'h'), null);
    t.is(cloneUrl(bob, odd), null);
  }
});

test('a flood of one thing is told at 1, 10, 100 times', (t) => {
  const refused: Notice = {
    event: 'refused',
    refusal: { fault: 'malformed', rule: 'not-text', detail: '' },
    source: null,
  };
  const text = told(
    Array.from({ length: 150 }, () => refused),
    false,
  );
  t.is(text.match(/not-text/g)?.length, 3);
  t.regex(text, /\(100 times\)/);
});

test('lp1: another phrase is told as what it is, and what overtook something else is not told to people', (t) => {
  const { screen, shown } = fakeTerminal();
  const narrator = lineNarrator(screen, { ...circumstances, protocol: 'lp1' });
  const refusal = (rule: string): Notice => ({
    event: 'refused',
    refusal: { fault: 'misbehaved', rule, detail: '' },
    source: { address: '10.0.0.9', port: 1 },
  });
  narrator.notice(refusal('confirm-early'));
  t.is(shown(), '');
  narrator.notice(refusal('tag'));
  t.regex(shown(), /10\.0\.0\.9 has another phrase; is it typed alike on both machines\?/);
  narrator.notice(refusal('share-sig'));
  t.regex(shown(), /a datagram from \S+ was refused \(share-sig\); it changes nothing/);
  screen.close();
});

test('without a terminal there is no colour, no bottom line and no carriage return', (t) => {
  t.notRegex(told([{ event: 'seeking', role: 'listening' }], false).replaceAll('\n', ''), /\p{Cc}/u);
  t.is(elapsed(65_400), '1:05');
});

test('the estimate of a phrase is low, and more words are more bits', (t) => {
  const [one, four, seven] = [
    'hovercraft',
    'crater otter violin maple',
    'crater otter violin maple seventh anchor thirty',
  ];
  t.true(estimateBits(one) <= 22);
  t.is(estimateBits(four), 44);
  t.is(estimateBits(seven), 77);
  t.is(estimateBits('otter otter otter'), 13);
  t.true(estimateBits('password1') < 20);
  t.true(estimateBits('aaaaaaaaaaaaaaaaaaaa') < 10);
  t.true(estimateBits('12345678') < 10);
  t.true(estimateBits('14159265') > 20);
  t.true(estimateBits('x7kq9vtz2m4h') > 50, 'characters in turn are no word');
  t.true(estimateBits('xkqjvhzpwm') > 40);
  t.is(estimateBits('My HOVERCRAFT, is full!'), estimateBits('my hovercraft is full'));
  t.is(estimateBits(''), 0);
});

test('lengths of time, peers and directories are read strictly', async (t) => {
  t.is(durationOf('90s'), 90_000);
  t.is(durationOf('10m'), 600_000);
  t.is(durationOf('24h'), 86_400_000);
  for (const bad of ['', '10', '0s', '25h', '-1m', '1.5h', '1e3s'])
    t.throws(() => durationOf(bad), { instanceOf: Complaint });
  t.deepEqual(peerOf('10.0.0.7', 5), { address: '10.0.0.7', port: 5 });
  t.deepEqual(peerOf('10.0.0.7:99', 5), { address: '10.0.0.7', port: 99 });
  t.deepEqual(peerOf('[fe80::1%eth0]:99', 5), { address: 'fe80::1%eth0', port: 99 });
  t.deepEqual(peerOf('fd00::2', 5), { address: 'fd00::2', port: 5 });
  for (const bad of ['bob', '10.0.0.7:0', '10.0.0.7:70000', '10.0.0', ''])
    t.throws(() => peerOf(bad, 5), { instanceOf: Complaint });
  for (const nobody of ['0.0.0.0', '255.255.255.255', '224.0.0.1', '::', 'ff02::1%eth0', '::ffff:10.0.0.7'])
    t.throws(() => peerOf(nobody, 5), { instanceOf: Complaint, message: /, and no machine's own/ }, nobody);
  t.is(peerOf('127.0.0.1', 5).address, '127.0.0.1', 'two people on one machine');

  t.is(underTilde('/home/a', '/home/a/annex'), '~/annex');
  t.is(underTilde('/home/a', '/home/a'), '~');
  t.is(underTilde('/home/a', '/home/ab/c'), '/home/ab/c');
  const home = await throwAwayHome(t);
  t.deepEqual(offeredDirectory('.', home), { path: home, isRepository: false });
});

function fakeTerminal(): { input: ReadStream; screen: Screen; shown: () => string; modes: boolean[] } {
  let text = '';
  const modes: boolean[] = [];
  const out = Object.assign(new PassThrough(), { isTTY: true });
  out.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (mode: boolean) => modes.push(mode) });
  const screen = makeScreen(out as never, { NO_COLOR: '1' });
  return { input: input as never, screen, shown: () => text, modes };
}

test('a terminal gets bold names; NO_COLOR, a pipe and a dumb terminal get plain ones', (t) => {
  const shown = (isTTY: boolean, environment: NodeJS.ProcessEnv): string => {
    const screen = makeScreen(Object.assign(new PassThrough(), { isTTY }) as never, environment);
    screen.close();
    return screen.strong('bob');
  };
  t.is(shown(true, { TERM: 'xterm' }), '\u001b[1mbob\u001b[22m');
  t.is(shown(true, { TERM: 'xterm', NO_COLOR: '' }), '\u001b[1mbob\u001b[22m');
  for (const plain of [shown(true, { NO_COLOR: '1' }), shown(false, {}), shown(true, { TERM: 'dumb' })])
    t.is(plain, 'bob');
});

test('a phrase typed at a terminal is never shown, can be corrected, and the terminal is given back', async (t) => {
  const { input, screen, shown, modes } = fakeTerminal();
  const asked = ask(screen, input, { prompt: 'Phrase: ', isHidden: true, onInterrupt: () => t.fail() });
  input.push('wrong\u0015otterx\u007f violé\u001b[A');
  input.push('\u001b[D');
  screen.line('somebody asks');
  input.push('\b\u00e9\r');
  t.is(await asked.answer, 'otter violé');
  screen.close();
  t.notRegex(shown(), /otter|wrong|viol/);
  t.regex(shown(), /Phrase: .*somebody asks\n.*Phrase: /s);
  t.deepEqual(modes, [true, false]);
});

test('Ctrl-C at the prompt interrupts, Ctrl-D closes, a choice is shown as it is typed', async (t) => {
  const { input, screen, shown } = fakeTerminal();
  let interrupts = 0;
  const question = { prompt: 'Number: ', isHidden: false, onInterrupt: () => interrupts++ };
  const first = ask(screen, input, question);
  input.push('12');
  input.push('\u0003');
  input.push('\r');
  t.is(await first.answer, '12');
  t.is(interrupts, 1);
  t.regex(shown(), /Number: 12/);
  const second = ask(screen, input, question);
  input.push('\u0004');
  t.is(await second.answer, null);
  screen.close();
});

test('what is too long for a line shows its end, so that it can be redrawn, and hides nothing', async (t) => {
  const { input, screen, shown } = fakeTerminal();
  const asked = ask(screen, input, { prompt: 'phrase: ', isHidden: false, onInterrupt: () => t.fail() });
  input.push(`${'otter '.repeat(20)}\u202eviolin`);
  const last = shown().split('\r\u001b[2K').at(-1) ?? '';
  t.is(last.length, 79);
  t.true(last.startsWith('…') && last.endsWith('otter \\u{202e}violin'), last);
  input.push('\r');
  t.is(await asked.answer, `${'otter '.repeat(20)}\u202eviolin`);
  screen.close();
});

test('cancelled in time: nothing is left. Ended before that: the last word does not claim it', (t) => {
  const last = (outcome: 'cancelled' | 'interrupted', detail: string, earlier: Earlier = none): string => {
    const { screen, shown } = fakeTerminal();
    lineNarrator(screen, circumstances).result({ outcome, exitCode: 130, record: null, detail }, earlier);
    screen.close();
    return shown();
  };
  t.regex(last('cancelled', ''), /Nothing is left behind/);
  t.regex(last('interrupted', 'It took too long.'), /It took too long\.\n.*lanpair peers/);
  t.notRegex(last('interrupted', 'It took too long.'), /Nothing is left/);
  const half = last('cancelled', '', { whole: [], half: [{ record: 'x', peer: evil, why: 'it is silent' }] });
  t.regex(
    half,
    /Half paired with .*: it is silent\n.*Nothing new is left behind\.\n.*Next, for what is half: .* forget x/s,
  );
  const whole = last('cancelled', '', { whole: [{ record: 'y', peer: evil }], half: [] }).replace(/\s+/g, ' ');
  t.regex(whole, /Nothing new is left behind\..*, which was half, is whole on both sides\. Next, .* peers show y/s);
  t.notRegex(half + whole, /Nothing is left/);
});

test('after a while of nothing each interface says what it hears', (t) => {
  const interfaces = ['eth0', 'wlan0', 'tun0'].map((name, i) => ({
    name,
    addresses: [{ family: 4 as const, address: `10.0.${i}.1`, prefix: 24 }],
  }));
  const heard = new Map([
    ['eth0', new Set(['10.0.0.1', '10.0.0.7', '10.0.0.8'])],
    ['wlan0', new Set(['10.0.1.1'])],
    ['tun1', new Set(['fe80::2%tun1', '10.0.9.2'])],
  ]);
  t.regex(
    hearing(interfaces, heard),
    /eth0 hears 2 other machines; wlan0 hears nobody else; tun0 hears nothing, not even itself\./,
  );
  t.regex(hearing(interfaces, heard), /\nNext: lanpair doctor, .*or lanpair pair --peer ADDRESS on both$/);
  // A machine has an address of each family.
  t.regex(hearing([{ name: 'tun1', addresses: [] }], heard), /tun1 hears 1 other machine\./);
});

test('while nothing happens one line says what was heard, what is missing, and what to try', (t) => {
  const eth0 = { name: 'eth0', addresses: [{ family: 4, address: '10.0.0.1', prefix: 24 }] } as const;
  const on = (...addresses: string[]): ReadonlyMap<string, ReadonlySet<string>> =>
    new Map([['eth0', new Set(addresses)]]);
  const refused = (rule: string, address: string): Notice => ({
    event: 'refused',
    refusal: { fault: 'misbehaved', rule, detail: '' },
    source: { address, port: 1 },
  });
  const cases: readonly (readonly [readonly Notice[], ReadonlyMap<string, ReadonlySet<string>>, number, string])[] = [
    [[], on('10.0.0.1'), 3000, 'waiting for the other machine'],
    [[], on('10.0.0.1'), 11_000, 'nobody heard; phrase typed there?'],
    [[], on(), 11_000, 'we hear nothing; try lanpair doctor'],
    [[], on('10.0.0.1', '10.0.0.2'), 3000, 'heard 1 machine, no proof yet'],
    [[], on('10.0.0.2', '10.0.0.3', 'fe80::2%eth0'), 90_000, 'heard 2 machines, no proof yet'],
    [[{ event: 'others', count: 1 }], on('10.0.0.2'), 3000, '1 device is on another channel'],
    [[{ event: 'others', count: 16 }], on('10.0.0.2'), 3000, '16 devices are on other channels'],
    [[refused('tag', '10.0.0.2')], on('10.0.0.2'), 3000, '10.0.0.2 has another phrase'],
    [[refused('tag', 'fe80::1234:5678:9abc:def0%eth0')], on(), 3000, 'a machine has another phrase'],
    [[refused('fields', '10.0.0.2')], on('10.0.0.1'), 3000, 'waiting for the other machine'],
    [
      [refused('tag', '10.0.0.2'), { event: 'proven', record: 'x', peer: evil }],
      on(),
      3000,
      'proven; its last word is missing',
    ],
  ];
  for (const [notices, heard, ms, text] of cases) {
    const progress = notices.reduce<Progress>(progressAfter, noProgress);
    t.is(progressText(progress, { interfaces: [eth0], heard, ms }), text);
    // Six for the time, and two spaces; one for the cursor.
    t.true(`123:45  ${text} (Enter: ask again, Ctrl-C: end)`.length < 80);
  }
});
