/** The same scenario and seed are the same run, on any machine; and nothing of the platform has a say in it. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';
import { subjects } from '../protocols.ts';
import { createRecorder } from '../trace/recorder.ts';
import { couple, play } from './play.ts';

const stormy = couple(
  `
adversaries:
  mallory: {on: lan, is: imposter, phrase: a wrong guess, racesAheadMs: 0}
  echo: {on: lan, is: replayer, startsMs: 5000, everyMs: 700, times: 30}
script:
  - {atMs: 2500, host: bob, change: address, to: 10.0.0.99}
  - {when: {host: bob, stores: true}, host: bob, do: crash}
  - {atMs: 20000, host: bob, do: restart}
expect:
  - {paired: [alice, bob]}`,
  '{loss: 3/10, delayMs: 1..40, duplicate: 1/4, reorder: 1/4}',
);

/** Run in a process of its own: prints the hash. */
const runner = `
const { readScenario, runScenario, subjects, vocabulary } = await import(process.argv[1]);
const { scenario } = readScenario(process.argv[2], { file: 'x', name: 'test/test', vocabulary });
process.stdout.write(runScenario(scenario, subjects.get('annex'), 11).hash);
`;

test('two processes run the same scenario and seed: the hashes are equal', async (t) => {
  const sim = fileURLToPath(new URL('../index.js', import.meta.url));
  const once = async (): Promise<string> => {
    const args = ['--input-type=module', '-e', runner, `file://${sim}`, stormy];
    return (await promisify(execFile)(process.execPath, args)).stdout;
  };
  const [first, second] = await Promise.all([once(), once()]);
  t.regex(first, /^[0-9a-f]{16}$/);
  t.is(second, first);
  t.is(play(stormy, { seed: 11 }).hash, first);
});

/**
 * Every machine and every version of Node is held to these. They change when what annex says changes, or what a run is made
 * of: whoever meant that writes the new ones, which a failure prints.
 */
const written: Readonly<Record<number, string>> = {
  1: 'e39882e0e5443995',
  2: 'd9b0d709f01cf2ab',
  3: '02696b670ad12da6',
  4: 'cf9c8b324cebd68f',
  5: 'c59ff00244c6b3b7',
  6: '5923542dbfec1936',
};

test('the hashes of some runs are the ones that are written here', (t) => {
  const seeds = Object.keys(written).map(Number);
  t.deepEqual(Object.fromEntries(seeds.map((seed) => [seed, play(stormy, { seed }).hash])), written);
});

test('another seed is another run', (t) => {
  t.not(play(stormy, { seed: 1 }).hash, play(stormy, { seed: 2 }).hash);
});

test('keeping the trace does not change the run, and its last line carries the hash', (t) => {
  const traced = play(stormy, { trace: true });
  t.is(traced.hash, play(stormy).hash);
  t.is(traced.trace.at(-1)?.['hash'], traced.hash);
});

test('nothing secret is in the trace', (t) => {
  const { trace } = play(stormy, { trace: true });
  const text = JSON.stringify(trace).toLowerCase();
  for (const secret of [
    'hovercraft is',
    'myhovercraftisfullofeels',
    Buffer.from('myhovercraftisfullofeels').toString('hex'),
    'a wrong guess',
  ]) {
    t.false(text.includes(secret), secret);
  }
  t.true(text.includes('pairreq'));
});

test('nothing secret is in the hash: a record with other keys in it gives the same one', (t) => {
  const lp1 = subjects.get('lp1');
  if (lp1 === undefined) throw new Error('no lp1');
  const digestOf = (id: string, pair: string): string => {
    const recorder = createRecorder(lp1.protocol, false);
    const record = { id, protocol: 'lp1', body: { pair } };
    recorder.watch({ type: 'stored', atUs: 1, host: 'alice', record });
    return recorder.digest;
  };
  t.is(digestOf('a', '00'), digestOf('a', '11'));
  t.not(digestOf('a', '00'), digestOf('b', '00'));
});

test.serial('a run asks nothing of the platform: no clock, no chance, no timer', (t) => {
  const poisoned: [object, string][] = [
    [Date, 'now'],
    [Math, 'random'],
    [performance, 'now'],
    [globalThis, 'setTimeout'],
    [globalThis, 'setInterval'],
    [globalThis, 'setImmediate'],
    [globalThis, 'queueMicrotask'],
    [crypto, 'getRandomValues'],
    [crypto, 'randomUUID'],
    ...['log', 'exp', 'pow', 'sin', 'cos', 'tan', 'sqrt', 'cbrt', 'log2', 'log10', 'tanh'].map(
      (name): [object, string] => [Math, name],
    ),
  ];
  const kept = poisoned.map(([owner, name]) => Object.getOwnPropertyDescriptor(owner, name));
  const wanted = play(stormy).hash;
  const used: string[] = [];
  for (const [owner, name] of poisoned) {
    Object.defineProperty(owner, name, {
      configurable: true,
      writable: true,
      value: () => {
        used.push(name);
        throw new Error(`${name} was called in a run`);
      },
    });
  }
  let hash = '';
  try {
    hash = play(stormy).hash;
  } finally {
    poisoned.forEach(([owner, name], index) => {
      const descriptor = kept[index];
      if (descriptor === undefined) Reflect.deleteProperty(owner, name);
      else Object.defineProperty(owner, name, descriptor);
    });
  }
  t.deepEqual(used, []);
  t.is(hash, wanted);
});
