/** Recordings of `locate`: they replay equal, several lives in one file, and hold no key nor what could be said with one. */
import test from 'ava';
import { toHex, utf8 } from '../bytes.ts';
import type { Input } from '../contract.ts';
import { locate, type Protocol, realSuite, replay, type Verdict } from '../index.ts';
import { Machine, type Pair, paired } from './locate-lan.ts';
import { Lan } from './lp1-lan.ts';
import { type Run, recorded } from './recorded.ts';

const protocol = locate.protocol as unknown as Protocol;
const path = '/srv/very-private-place/authorized_keys';

const replayed = (lines: readonly string[]): Verdict => replay({ lines, protocol: () => protocol });

/**
 * One looks for the other, names and all; half a pairing heals, at the second try; both move, sleep and begin anew; one takes the
 * pairing back. Two others, of another pairing, are on the same network all the time.
 */
function play(): readonly Run[] {
  const lan = new Lan(realSuite, 5);
  const pair: Pair = paired(lan, { bob: { step: 'stored', heard: 'nothing' } });
  const others = paired(new Lan(realSuite, 11));
  const strangers = [others.alice, others.bob].map(
    (machine, i) =>
      new Machine(lan, `stranger${i}`, `10.0.0.${20 + i}`, { records: machine.records, keys: machine.keys }),
  );
  const heard = new Map<string, Input[]>();
  for (const machine of [pair.alice, pair.bob]) {
    const inputs: Input[] = [];
    heard.set(machine.name, inputs);
    machine.watch = (_, __, input) => void inputs.push(input);
  }
  const { alice, bob } = pair;
  for (const machine of [alice, bob, ...strangers]) machine.start();
  bob.faults.set('provision', `EACCES: permission denied, open '${path}'`);
  alice.names.set('bob.local', [bob.address]);
  alice.find();
  for (const machine of strangers) machine.find();
  lan.pass(20_000);
  bob.faults.clear();
  bob.command({ name: 'nudge' });
  lan.pass(20_000);
  bob.move('10.0.0.77');
  lan.pass(5000);
  alice.input({ type: 'resumed', entropy: realSuite.hash(utf8('slept')).slice(0, 32) });
  for (const machine of [alice, bob]) {
    machine.crash();
    machine.start();
  }
  alice.find();
  for (const machine of strangers) machine.find();
  lan.pass(10_000);
  alice.command({ name: 'forget', record: alice.record });
  lan.pass(10_000);
  return [...heard.values()].map((inputs) => recorded('locate', protocol, inputs));
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

/** Keys, entropy, and of each mac what nobody said: all of it where a stranger's datagram was tried. */
function secretsOf({ calls, inputs }: Run): readonly Uint8Array[] {
  const wire = windowsOf(inputs.flatMap((input) => (input.type === 'datagram' ? [toHex(input.bytes)] : [])).join(' '));
  const own = new Set(
    calls.flatMap(({ method, parameters: [, what], value }) =>
      method === 'derive' && what !== 'resumed' && value instanceof Uint8Array ? [toHex(value)] : [],
    ),
  );
  const made = calls.flatMap(({ method, parameters: [, second], value }) => {
    if (!(value instanceof Uint8Array)) return [];
    if (method === 'expand') return [value];
    if (method === 'derive') return second === 'resumed' ? [value] : [];
    if (method !== 'hmac' || !(second instanceof Uint8Array)) return [];
    const said = own.has(toHex(second.subarray(1))) || has(wire, value.subarray(0, 8));
    return said ? [value.subarray(8)] : [value];
  });
  const entropies = inputs.flatMap((input) => ('entropy' in input ? [input.entropy] : []));
  const keys = inputs
    .flatMap((input) => (input.type === 'start' ? input.records : []))
    .filter((record) => record.protocol === 'lp1')
    .flatMap(({ body }) => {
      const { finMine, finTheirs, pair } = body as { finMine: string; finTheirs: string; pair: string };
      return [finMine, finTheirs, pair].map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')));
    });
  return [...made, ...entropies, ...keys, utf8(path), utf8('very-private-place')];
}

const runs = play();

test('what is recorded replays equal, whatever happened, in all lives of the program', (t) => {
  const cells = new Set<string>();
  for (const { lines } of runs) {
    const verdict = replayed(lines);
    t.is(verdict.verdict, 'equal', verdict.verdict === 'equal' ? '' : `${verdict.line}: ${verdict.why}`);
    t.is(lines.filter((line) => line.includes('"type":"start"')).length, 2);
    for (const [, event = ''] of lines.join('\n').matchAll(/"cell":\{"event":"(\w+)"/g)) cells.add(event);
  }
  const wanted =
    'begin find whereFresh whereMoved hereProven stranger resumed provisionFailed provisioned nudge forget';
  t.deepEqual(
    wanted.split(' ').filter((event) => !cells.has(event)),
    [],
    [...cells].join(' '),
  );
});

test('no key of a pairing is in a recording, nor what was made with one and not said, nor entropy and paths', (t) => {
  let count = 0;
  for (const run of runs) {
    const windows = windowsOf(run.lines.join('\n'));
    const secrets = secretsOf(run);
    count += secrets.length;

    t.deepEqual(secrets.filter((secret) => has(windows, secret)).map(toHex), []);
    const [leaked = new Uint8Array(0)] = secrets;
    t.true(has(windowsOf(`${run.lines.join('\n')}\n"${toHex(leaked)}"`), leaked), 'a planted leak is found');
  }
  t.true(count > 50, `${count} secrets`);
});

test('a changed word of a second life is found, and so is a start that an other conversation never has', (t) => {
  const lines = runs[0]?.lines ?? [];
  const second = lines.findLastIndex((line) => line.includes('"type":"start"'));
  const at = lines.findIndex((line, index) => index > second && line.includes('"type":"send"'));
  const changed = lines.with(at, (lines[at] ?? '').replace('"type":"send"', '"type":"sent"'));
  t.like(replayed(changed), { verdict: 'different', line: at + 1 });
  t.like(replayed(lines.toSpliced(1, 1)), { verdict: 'unreadable', line: 2 });
});
