/** `lanpair sim replay`: a run of the simulator, recorded as a real one is, through the sound core and through flawed ones. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { drive, type Ports } from '../../protocol/driver.ts';
import { type Input, makeRecorder, realSuite, replay } from '../../protocol/index.ts';
import { annexSpecimens } from '../specimens/annex.ts';
import { annexSubject, couple, play } from './play.ts';

const program = fileURLToPath(new URL('../../cli.js', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'lanpair-replay-'));
test.after.always(() => rmSync(directory, { recursive: true, force: true }));

const subject = annexSubject();

/** What one host of a run hears, recorded. The first PairDone is lost, so that one is asked for again. */
function recordingOf(name: string): readonly string[] {
  const inputs: Input[] = [];
  play(couple('script:\n  - {drop: PairDone, from: alice, nth: 1}\nexpect:\n  - {paired: [alice, bob]}'), {
    watch: (event) => {
      if (event.type === 'step' && event.host === name) inputs.push(event.input);
    },
  });
  const lines: string[] = [];
  const recorder = makeRecorder({
    protocol: 'annex',
    program: 'test',
    suite: realSuite,
    draw: (length) => new Uint8Array(length).fill(lines.length),
    nowMs: () => 1000 * lines.length,
    write: (line) => void lines.push(line),
    failed: (thrown) => {
      throw thrown;
    },
  });
  const nowhere = new Proxy({}, { get: () => () => undefined }) as Ports;
  const { suite, observe } = recorder;
  const driver = drive({ protocol: subject.protocol, suite, ports: nowhere, observe });
  for (const input of inputs) driver.input(input);
  recorder.end('closed');
  return [...lines, ''];
}

const recordings = ['alice', 'bob'].map(recordingOf);
const [alice = []] = recordings;

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function sim(...parameters: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, 'sim', 'replay', ...parameters], { cwd: directory }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}

function file(name: string, lines: readonly string[]): string {
  writeFileSync(join(directory, name), lines.join('\n'));
  return name;
}

test('flawed cores do not come out as the sound one that was recorded', (t) => {
  const differ = annexSpecimens(subject)
    .filter(({ subject: { protocol } }) =>
      recordings.some((lines) => replay({ lines, protocol: () => protocol }).verdict === 'different'),
    )
    .map(({ name }) => name);
  for (const lines of recordings) t.is(replay({ lines, protocol: () => subject.protocol }).verdict, 'equal');
  // Whoever sends PairDone once alone is the one whose flaw this run shows; one that shows in no run of these is no find.
  t.true(differ.includes('pair-done-once'), differ.join());
  t.true(differ.length < annexSpecimens(subject).length, differ.join());
});

test('it tells the story, says that all came again, and where it did not', async (t) => {
  const good = await sim(file('good.ndjson', alice));
  t.deepEqual([good.code, good.err], [0, '']);
  t.regex(good.out, /this machine, Seeking, has waited \(ask\): now Requesting/);
  t.regex(good.out, /sends PairReq to everybody/);
  t.regex(good.out, /\ngood\.ndjson: \d+ steps, and the core does the same again\n$/);
  t.deepEqual(await sim('good.ndjson', '--no-story'), {
    code: 0,
    out: good.out.split('\n').slice(-2).join('\n'),
    err: '',
  });
  const at = alice.findIndex((line) => line.includes('"name":"ask","type":"timer"'));
  const changed = alice.with(at, (alice[at] ?? '').replace('"minMs":1950', '"minMs":1951'));
  const bad = await sim(file('bad.ndjson', changed), '--json');
  t.is(bad.code, 1);
  t.like(JSON.parse(bad.out), { file: 'bad.ndjson', verdict: 'different', steps: at - 1, line: at + 1 });
  t.regex((await sim('bad.ndjson')).out, new RegExp(`\\nDIFFERENT  bad\\.ndjson:${at + 1}: effect \\d+ was .*1951`));
});

test('what is cut off, damaged, too large or not there is said with what to do next', async (t) => {
  const cut = await sim(file('cut.ndjson', [...alice.slice(0, 3), (alice[3] ?? '').slice(0, 40)]));
  t.is(cut.code, 2);
  t.regex(cut.out, /CUT OFF {2}cut\.ndjson:4: .*\n2 steps before it came out the same\.\n$/);
  const other = await sim(file('other.ndjson', ['{"sweep":{}}', '']));
  t.is(other.code, 65);
  t.regex(other.out, /UNREADABLE {2}other\.ndjson:1: this is no recording of lanpair\n.*Next: /);
  const trace = await sim(file('trace.ndjson', ['{"trace":"lanpair","version":1}', '']));
  t.deepEqual([trace.code, trace.out], [65, '']);
  t.regex(trace.err, /trace\.ndjson is the trace of a simulated run.*\nOpen it in the page that lanpair report writes/);
  const evil = await sim(file('evil.ndjson', [(alice[0] ?? '').replace('"annex"', '"\\u001b[2Jx"'), '']));
  t.is(evil.code, 65);
  t.false(evil.out.includes('\u001b'));
  truncateSync(join(directory, file('large.ndjson', [])), 65 * 1024 * 1024);
  for (const [name, code] of [
    ['large.ndjson', 65],
    ['absent.ndjson', 66],
    ['.', 66],
  ] as const) {
    const ended = await sim(name);
    t.deepEqual([ended.code, ended.out], [code, ''], name);
    t.regex(ended.err, /Name a file that lanpair wrote with --record\./);
  }
});
