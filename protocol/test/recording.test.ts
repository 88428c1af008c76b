/** Recordings: what is in them and what never is, that they replay equal, and that whatever is changed in one is found. */
import test from 'ava';
import fc from 'fast-check';
import { toHex, utf8 } from '../bytes.ts';
import type { Input, PlainState, Protocol } from '../contract.ts';
import { drive, type Ports } from '../driver.ts';
import { type AnnexState, annex, makeRecorder, realSuite, replay, type Verdict } from '../index.ts';
import { type Host, interfacesAt, TableTop } from './table-top.ts';

const protocol = annex.protocol as unknown as Protocol;

/** Bytes that are the same in every run of a test. */
function drawer(seed: number): (length: number) => Uint8Array {
  let drawn = 0;
  return (length) => realSuite.derive(utf8(`${seed}`), 'draw', utf8(`${drawn++}`), length);
}

/** What a machine heard, recorded: the core is pure, so hearing it again is the same run. */
function recorded(inputs: readonly Input[], seed = 1): string[] {
  const lines: string[] = [];
  const recorder = makeRecorder({
    protocol: 'annex',
    program: 'test',
    suite: realSuite,
    draw: drawer(seed),
    nowMs: () => 5,
    write: (line) => void lines.push(line),
    failed: (thrown) => {
      throw thrown;
    },
  });
  const { suite, observe } = recorder;
  const driver = drive({ protocol, suite, ports: nowhere, observe });
  for (const input of inputs) driver.input(input);
  recorder.end('closed');
  return [...lines, ''];
}

function replayed(lines: readonly string[], as: Protocol = protocol): Verdict {
  return replay({ lines, protocol: (name) => (name === 'annex' ? as : null) });
}

const nothing = (): void => undefined;
const nowhere: Ports = {
  send: nothing,
  setTimer: nothing,
  cancelTimer: nothing,
  store: nothing,
  discard: nothing,
  provision: nothing,
  unprovision: nothing,
  sign: nothing,
  lookup: nothing,
  notify: nothing,
};

interface Story {
  /** What each heard, from a start to the next. The first is of one who takes part in all of it. */
  readonly runs: readonly (readonly Input[])[];
  /** Everything that must be in no file. */
  readonly secrets: readonly Uint8Array[];
}

const path = '/srv/very-private-place/authorized_keys';

/** Two pair; somebody with another phrase asks as well; one is refused a phrase first, sleeps, fails, and comes again. */
function play({ phrase, other, loses }: { phrase: string; other: string; loses: number }): Story {
  const w = new TableTop(annex.protocol);
  let sent = 0;
  w.fate = () => (loses > 0 && ++sent % loses === 0 ? [] : [1]);
  const alice = w.add({ name: 'alice', address: '10.0.0.1', phrase: null });
  const bob = w.add({ name: 'bob', address: '10.0.0.2', phrase });
  const mallory = w.add({ name: 'mallory', address: '10.0.0.3', phrase: other });
  w.settle(5000);
  const say = (text: string): void =>
    alice.input({ type: 'command', command: { name: 'phrase', phrase: { text, bits: 77 } } });
  say(`${phrase}\u0378`);
  say(other.slice(0, 3));
  alice.input({ type: 'resumed', entropy: drawer(77)(32) });
  bob.faults.set('provision', `EACCES: permission denied, open '${path}'`);
  say(phrase);
  w.settle(20_000);
  bob.faults.clear();
  bob.crash();
  bob.start(phrase);
  w.settle(40_000);
  alice.input({ type: 'interfaces', interfaces: interfacesAt('10.0.0.7') });
  // A new session that has the records of the old one, and no phrase: what it proved it knows again by its bytes.
  for (const [host, other] of [
    [alice, 'bob'],
    [bob, 'alice'],
  ] as const) {
    host.crash();
    host.start(null);
    for (const { from, bytes } of w.sent) if (from === other) host.input(datagram(bytes));
  }
  const runs = [alice, bob, mallory].flatMap(runsOf);
  const entropies = runs.flat().flatMap((input) => ('entropy' in input ? [input.entropy] : []));
  const digests = w.sent.flatMap(
    ({ bytes }) =>
      Buffer.from(bytes)
        .toString('latin1')
        .match(/[0-9a-f]{40}/g) ?? [],
  );
  const texts = [phrase, other, ...digests, path, 'very-private-place'].map(utf8);
  const keys = [annex.phraseKey(phrase), annex.phraseKey(other)];
  const raw = digests.map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')));
  const hashes = w.sent.map(({ bytes }) => realSuite.hash(bytes).slice(0, 16));
  return { runs, secrets: [...entropies, ...texts, ...keys, ...raw, ...hashes] };
}

function runsOf({ inputs }: Host<AnnexState>): readonly (readonly Input[])[] {
  const starts = inputs.flatMap(({ type }, index) => (type === 'start' ? [index] : []));
  return starts.map((start, number) => inputs.slice(start, starts[number + 1]));
}

function datagram(bytes: Uint8Array): Input {
  return { type: 'datagram', bytes, source: { address: '10.0.0.2', port: 40000 }, interface: 'eth0', via: 'group' };
}

/** As it could stand in a file. */
function writings(secret: Uint8Array): readonly string[] {
  const buffer = Buffer.from(secret);
  return [buffer.toString('latin1'), toHex(secret), buffer.toString('base64'), buffer.toString('base64url')].map(
    (text) => text.replace(/=+$/, ''),
  );
}

const words = fc.stringMatching(/^[a-z]{9,14} [a-z]{9,14} [a-z0-9]{4,9}$/);

test('no phrase, key, digest, entropy or path is in a recording in any writing, and it replays equal', (t) => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(words, words, fc.integer({ min: 0, max: 5 }), (phrase, other, loses) => {
      const { runs, secrets } = play({ phrase, other, loses });
      for (const inputs of runs) {
        const lines = recorded(inputs);
        const text = lines.join('\n');
        const found = secrets.flatMap(writings).filter((writing) => text.includes(writing));
        if (found.length > 0) throw new Error(`in the file: ${found.join()}`);
        const verdict = replayed(lines);
        if (verdict.verdict !== 'equal') throw new Error(`${verdict.line}: ${verdict.why}`);
        for (const [, event = ''] of text.matchAll(/"cell":\{"event":"(\w+)"/g)) seen.add(event);
      }
    }),
    { numRuns: 12, includeErrorInReport: true },
  );
  // What the story is there for did happen.
  const wanted = 'phraseUnfit resumed grantFailed ackProven ackAgain interfaces requestUnproven requestAgain refused';
  t.deepEqual(
    wanted.split(' ').filter((event) => !seen.has(event)),
    [],
  );
});

test('the search for secrets finds what is not replaced', (t) => {
  const { runs, secrets } = play({ phrase: 'anchorage violinist 73ab', other: 'somebody elsewhere 99', loses: 0 });
  const plain = JSON.stringify(
    runs[0]?.map((input) => (input.type === 'datagram' ? Buffer.from(input.bytes).toString('latin1') : input)),
  );
  t.true(secrets.flatMap(writings).some((writing) => plain.includes(writing)));
});

const inputs = play({ phrase: 'anchorage violinist 73ab', other: 'somebody elsewhere 99', loses: 0 }).runs[0] ?? [];
const whole = recorded(inputs);

test('two recordings of one run replace its secrets by different ones', (t) => {
  t.not(recorded(inputs, 2).join(), whole.join());
  t.is(recorded(inputs, 1).join(), whole.join());
});

test('a changed line is found, by its number', (t) => {
  const changes: readonly (readonly [string, RegExp, string])[] = [
    ['an effect', /"minMs":\d+/, '"minMs":1'],
    ['a datagram', /PairReq/, 'PairAck'],
    ['a cell', /"cell":\{"event":"\w+"/, '"cell":{"event":"nothing"'],
    ['what was heard', /"name":"repeat","type":"timer"/, '"name":"window","type":"timer"'],
  ];
  for (const [what, pattern, other] of changes) {
    const index = whole.findIndex((line, at) => at > 2 && pattern.test(line) && line.replace(pattern, other) !== line);
    t.true(index > 0, what);
    const verdict = replayed(whole.with(index, (whole[index] ?? '').replace(pattern, other)));
    t.is(verdict.verdict, 'different', what);
    if (verdict.verdict === 'different') t.deepEqual([verdict.line, verdict.program], [index + 1, 'test'], what);
  }
  const command = whole.findIndex((line) => line.includes('"event":"phraseGiven"'));
  const without = whole.toSpliced(command, 1).with(-2, `{"end":"closed","steps":${whole.length - 4}}`);
  t.is(replayed(without).verdict, 'different');
});

test('a file that is damaged, newer, of something else or cut off is said to be, by its line', (t) => {
  const said = (lines: readonly string[]): string => {
    const verdict = replayed(lines);
    return verdict.verdict === 'equal' ? 'equal' : `${verdict.verdict} ${verdict.line}: ${verdict.why}`;
  };
  const head = whole[0] ?? '';
  t.is(said(whole), 'equal');
  t.is(said(['']), 'unreadable 1: this is no recording of lanpair');
  t.is(said(['{"scenario": 1}']), 'unreadable 1: this is no recording of lanpair');
  t.regex(
    said(whole.with(0, head.replace('"version":1', '"version":2'))),
    /^unreadable 1: a recording of version 2, by a newer/,
  );
  t.regex(
    said(whole.with(0, head.replace('"version":1', '"version":"1"'))),
    /^unreadable 1: the recording has no version/,
  );
  t.regex(
    said(whole.with(0, head.replace('"protocol":"annex"', '"protocol":"nobody"'))),
    /^unreadable 1: nobody here knows/,
  );
  t.regex(
    said(whole.with(0, head.replace('"program":"test"', '"program":4'))),
    /^unreadable 1: the head .* is damaged/,
  );
  t.regex(said(whole.with(3, '{"input":')), /^unreadable 4: no JSON/);
  t.regex(
    said(whole.with(3, (whole[3] ?? '').replace('"answers":[', '"answers":[["quack",null],'))),
    /^unreadable 4: answers is not/,
  );
  t.regex(
    said(whole.map((line) => line.replace('"type":"command"', '"type":"toString"'))),
    /^unreadable \d+: input is not/,
  );
  t.regex(said(whole.toSpliced(1, 0, whole[1] ?? '')), /^unreadable 3: start is the first input/);
  t.regex(said(whole.toSpliced(1, 1)), /^unreadable 2: start is the first input/);
  t.regex(said([...whole.slice(0, -2), '']), /^cutOff \d+: there is no last line/);
  t.regex(said([...whole.slice(0, 4), (whole[4] ?? '').slice(0, 30)]), /^cutOff 5: no JSON: .* cut off in its middle/);
  t.regex(said([...whole.slice(0, -1), whole[2] ?? '', '']), /^unreadable \d+: something follows the last line/);
  t.regex(said(whole.toSpliced(-3, 1)), /^(unreadable|different) \d+/);
  t.regex(said(whole.with(-2, '{"end":"closed","steps":-1}')), /^unreadable \d+: a last line that is damaged/);
});

test('whatever a recording is turned into, reading it never throws', (t) => {
  const text = whole.join('\n');
  fc.assert(
    fc.property(fc.nat(text.length), fc.nat(40), fc.string({ maxLength: 6 }), (at, length, put) => {
      const { verdict } = replayed((text.slice(0, at) + put + text.slice(at + length)).split('\n'));
      return ['equal', 'different', 'cutOff', 'unreadable'].includes(verdict);
    }),
    { numRuns: 200 },
  );
  t.pass();
});

test('a core that computes or does something else is found', (t) => {
  const bent = (step: Protocol['step']): Protocol => ({ ...protocol, step });
  const lazy = bent((state, input, suite) => {
    const [next, effects, cell] = protocol.step(state, input, suite);
    return [next, effects.filter(({ type }) => type !== 'provision'), cell];
  });
  const curious = bent((state, input, suite) => {
    if (input.type === 'datagram') suite.hash(input.bytes);
    return protocol.step(state, input, suite);
  });
  const broken = bent((state: PlainState, input, suite) => {
    if (input.type === 'datagram') throw new Error('planted');
    return protocol.step(state, input, suite);
  });
  t.like(replayed(whole), { verdict: 'equal', steps: inputs.length, end: 'closed' });
  for (const [core, why] of [
    [lazy, /^effect \d+ was .*"type":"provision".*, and is /],
    [curious, /^the core asks for hash, and the recording has |asks for/],
    [broken, /^the core throws: planted/],
  ] as const) {
    const verdict = replayed(whole, core);
    t.is(verdict.verdict, 'different');
    if (verdict.verdict === 'different') t.regex(verdict.why, why);
  }
});

test('a recorder that cannot write ends by itself, once, and the run goes on', (t) => {
  let failures = 0;
  let lines = 0;
  const recorder = makeRecorder({
    protocol: 'annex',
    program: 'test',
    suite: realSuite,
    draw: drawer(1),
    nowMs: () => 0,
    write() {
      if (++lines > 3) throw new Error('ENOSPC');
    },
    failed: () => void failures++,
  });
  const effects: string[] = [];
  const driver = drive({
    protocol,
    suite: recorder.suite,
    ports: { ...nowhere, provision: () => void effects.push('provision') },
    observe: recorder.observe,
  });
  for (const input of inputs) driver.input(input);
  recorder.end('closed');
  t.deepEqual([failures, lines], [1, 4]);
  t.true(effects.length > 0);
});

test('a protocol whose secrets nobody knows is not recorded', (t) => {
  const nothing = (): never => {
    throw new Error('not even asked');
  };
  const options = { program: 'test', suite: realSuite, draw: nothing, nowMs: nothing, write: nothing, failed: nothing };
  t.throws(() => makeRecorder({ protocol: 'nobody', ...options }), { instanceOf: RangeError });
});
