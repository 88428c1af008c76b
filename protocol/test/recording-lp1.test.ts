/** Recordings of lp1: they replay equal, and hold nothing that was not on the wire, the phrase and what is made of it least. */
import test from 'ava';
import { concat, toHex, utf8 } from '../bytes.ts';
import type { Input, Protocol } from '../contract.ts';
import { lp1, realSuite, replay, type Verdict } from '../index.ts';
import { generator, generatorString, lvCat } from '../lp1/cpace.ts';
import { settingOf } from '../lp1/keys.ts';
import { read } from '../lp1/messages.ts';
import { checkPhrase, normalise } from '../lp1/phrase.ts';
import { encode } from '../recording/format.ts';
import type { Call } from '../recording/suites.ts';
import { Lan, type LanHost, type Sent } from './lp1-lan.ts';
import { type Run, recorded } from './recorded.ts';

const protocol = lp1.protocol as unknown as Protocol;
const phrase = '73-ladder-acid-hope-rabbit';
const path = '/srv/very-private-place/authorized_keys';

const replayed = (lines: readonly string[]): Verdict =>
  replay({ lines, protocol: (name) => (name === 'lp1' ? protocol : null) });

function runsOf({ inputs }: LanHost): readonly (readonly Input[])[] {
  const starts = inputs.flatMap(({ type }, index) => (type === 'start' ? [index] : []));
  return starts.map((start, number) => inputs.slice(start, starts[number + 1]));
}

/**
 * Two pair; a third has another phrase; one is refused every kind of phrase first, sleeps, and cannot install the other's
 * key at first. Both come again from their records, and one takes it back.
 */
function play(typed: string, bits = 44): { readonly runs: readonly Run[]; readonly sent: readonly Sent[] } {
  const lan = new Lan(realSuite, 3);
  const [alice, bob, mallory] = [lan.add('alice'), lan.add('bob'), lan.add('mallory')];
  alice.start(null);
  const say = (text: string, worth: number): void =>
    alice.command({
      name: 'phrase',
      phrase: { text, bits: worth, accepted: worth < 34 && worth > 22 ? ['weak'] : [] },
    });
  say(`${typed}\u0378`, bits);
  say('abc', bits);
  say('73-ladder-acid-hope', bits);
  say(typed, 3);
  say(typed, 22);
  mallory.start('73-ladder-acid-hope-absent', { bits });
  bob.faults.set('provision', `EACCES: permission denied, open '${path}'`);
  bob.start(typed, { bits, weak: true });
  say(typed, bits);
  alice.input({ type: 'resumed', entropy: realSuite.hash(utf8('slept')).slice(0, 32) });
  lan.pass(20_000);
  bob.faults.clear();
  bob.command({ name: 'nudge' });
  lan.pass(20_000);
  alice.move('10.0.0.77');
  for (const host of [alice, bob]) {
    host.crash();
    host.start(null);
  }
  lan.pass(3000);
  for (const { id } of alice.records.values()) alice.command({ name: 'forget', record: id });
  lan.pass(10_000);
  return {
    runs: [alice, bob, mallory].flatMap(runsOf).map((inputs) => recorded('lp1', protocol, inputs)),
    sent: lan.sent,
  };
}

/** Eight bytes in a row, in hex, of all that is in the file in hex or as text. */
function windowsOf(text: string): ReadonlySet<string> {
  const windows = new Set<string>();
  const add = (hex: string): void => {
    for (let at = 0; at + 16 <= hex.length; at++) windows.add(hex.slice(at, at + 16));
  };
  for (const [run] of text.matchAll(/[0-9a-f]{16,}/g)) add(run);
  for (const [, ascii = ''] of text.matchAll(/"((?:[^"\\]|\\.)*)"/g)) add(toHex(utf8(ascii)));
  return windows;
}

const has = (windows: ReadonlySet<string>, bytes: Uint8Array): boolean => {
  const hex = toHex(bytes);
  for (let at = 0; at + 16 <= hex.length; at += 2) if (windows.has(hex.slice(at, at + 16))) return true;
  return false;
};

/** What nobody but the two may know, of all that was computed: whatever the network did not see, and cannot compute. */
function secretsOf({ calls, inputs }: Run, sent: readonly Sent[]): readonly Uint8Array[] {
  const iidHead = utf8('lanpair/1 iid');
  const cookieKeys = calls.flatMap(({ method, parameters, value }) =>
    method === 'derive' && parameters[1] === 'cookie' && value instanceof Uint8Array ? [toHex(value)] : [],
  );
  const transcript = lvCat(utf8('lanpair/1 TH'));
  const owns = lvCat(utf8('lanpair/1 owns'));
  const isPublic = ({ method, parameters: [first] }: Call): boolean => {
    if (!(first instanceof Uint8Array)) return false;
    if (method === 'hmac') return first.length === 0 || cookieKeys.includes(toHex(first));
    return method === 'hash' && [iidHead, transcript, owns].some((head) => toHex(first).startsWith(toHex(head)));
  };
  const wire = windowsOf(sent.map(({ bytes }) => toHex(bytes)).join(' '));
  const values = calls.flatMap((call) => (call.value instanceof Uint8Array && !isPublic(call) ? [call] : []));
  const kept = values
    // Who the peer is: said to whoever reads the file. Ids of records are names of files. A public key that was never said.
    .filter(({ method, parameters }) => method !== 'open' && method !== 'publicKey' && !endsWithRecord(parameters[2]))
    .flatMap(({ value }) => (value instanceof Uint8Array && !has(wire, value) ? [value] : []))
    .filter(({ length }) => length >= 16);
  const entropies = inputs.flatMap((input) => ('entropy' in input ? [input.entropy] : []));
  const keys = inputs
    .flatMap((input) => (input.type === 'start' ? input.records : []))
    .flatMap(({ body }) => {
      const { finMine, finTheirs, pair } = body as { finMine: string; finTheirs: string; pair: string };
      return [finMine, finTheirs, pair].map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')));
    });
  return [...kept, ...entropies, ...keys, utf8(path), utf8('very-private-place')];
}

const endsWithRecord = (info: unknown): boolean =>
  info instanceof Uint8Array && toHex(info) === toHex(utf8('lanpair/1 record'));

/** All that can be made of a phrase by who has the file, before a secret scalar is needed. */
function guessesOf(typed: string, sent: readonly Sent[]): readonly Uint8Array[] {
  const check = checkPhrase({ text: typed, bits: 44, accepted: ['slip'] });
  if (!check.ok) throw new Error(check.rule);
  const { prs, channel } = check;
  const iids = new Map<string, Uint8Array>();
  for (const { bytes } of sent) {
    const reading = read(bytes);
    if (reading.ok && 'from' in reading.message) iids.set(toHex(reading.message.from), reading.message.from);
  }
  const pairs = [...iids.values()].flatMap((a) => [...iids.values()].map((b) => settingOf(prs, channel, a, b)));
  const made = pairs.flatMap((setting) => [
    realSuite.hash(generatorString(setting)),
    generator(realSuite, setting),
    realSuite.hash(concat(prs, setting.sid)),
  ]);
  const words = normalise(typed).split('-').slice(1).join('-');
  return [...made, realSuite.hash(prs), utf8(typed), utf8(words), utf8(words.replaceAll('-', ' '))];
}

const { runs, sent } = play(phrase);

test('what is recorded replays equal, whatever happened', (t) => {
  const cells = new Set<string>();
  for (const { lines } of runs) {
    const verdict = replayed(lines);
    t.is(verdict.verdict, 'equal', verdict.verdict === 'equal' ? '' : `${verdict.line}: ${verdict.why}`);
    for (const [, event = ''] of lines.join('\n').matchAll(/"cell":\{"event":"(\w+)"/g)) cells.add(event);
  }
  const wanted =
    'phraseUnfit phraseGood resumed provisionFailed provisioned nudge interfaces forget confirmProven confirmEarly refused cancelProven';
  t.deepEqual(
    wanted.split(' ').filter((event) => !cells.has(event)),
    [],
  );
});

test('nothing that the suite computed in secret is in a recording, nor the keys of records, entropy or paths', (t) => {
  let count = 0;
  for (const run of runs) {
    const text = run.lines.join('\n');
    const windows = windowsOf(text);
    const secrets = secretsOf(run, sent);
    count += secrets.length;
    t.deepEqual(secrets.filter((secret) => has(windows, secret)).map(toHex), []);
    for (const secret of secrets) {
      for (const form of ['base64', 'base64url', 'latin1'] as const) {
        const written = Buffer.from(secret).toString(form).replace(/=+$/, '');
        if (written.length >= 12) t.false(text.includes(written), form);
      }
    }
  }
  t.true(count > 100, `${count} secrets`);
});

test('a phrase cannot be tried on the file: what is made of the right one is not in it, and a planted leak is found', (t) => {
  for (const { lines, calls } of runs) {
    const text = lines.join('\n');
    const confirms = (typed: string, file: string): boolean => {
      const windows = windowsOf(file);
      return guessesOf(typed, sent).some((bytes) => has(windows, bytes));
    };
    t.false(confirms(phrase, text));
    t.false(confirms('73-ladder-acid-hope-absent', text));
    for (const { method, value } of calls) {
      if (method !== 'element' || !(value instanceof Uint8Array)) continue;
      const leaking = `${text}\n${encode(['element', value])}`;
      t.not(confirms(phrase, leaking), confirms('73-ladder-acid-hope-absent', leaking));
      break;
    }
    for (const word of ['ladder', 'acid', 'hope', 'rabbit', 'absent']) t.false(text.includes(word), word);
  }
});

test('a phrase of any other shape, and a weak one that was accepted, are told as well', (t) => {
  for (const [typed, bits] of [
    ['seven quiet herons by the lake', 60],
    ['tuesday rain 12', 25.7],
  ] as const) {
    for (const { lines } of play(typed, bits).runs) {
      t.is(replayed(lines).verdict, 'equal');
      for (const word of ['herons', 'tuesday', '25.7']) t.false(lines.join().includes(word));
    }
  }
});
