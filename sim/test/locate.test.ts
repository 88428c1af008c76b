/** `locate` in the simulator: its scenarios with many seeds, and that they convict one that forgets what it answered. */
import test from 'ava';
import type { Input, PlainState, Protocol } from '../../protocol/contract.ts';
import { locate } from '../../protocol/index.ts';
import { readScenarioFiles } from '../cli/files.ts';
import { type RunResult, runScenario, type Subject, subjects } from '../index.ts';

const scenarios = readScenarioFiles([]).scenarios.filter(({ scenario }) => scenario.protocols['locate'] !== undefined);

function subject(): Subject {
  const found = subjects.get('locate');
  if (found === undefined) throw new Error('locate is not there');
  return found;
}

/** locate with another ear: what it hears is changed before it hears it. */
function hearing(name: string, change: (input: Input) => Input): Subject {
  const { protocol } = locate;
  const flawed: Protocol = {
    ...(protocol as unknown as Protocol),
    name,
    step: (state: PlainState, input, suite) => (protocol as unknown as Protocol).step(state, change(input), suite),
  };
  return { ...subject(), protocol: flawed };
}

function run(name: string, who: Subject, seed?: number): RunResult {
  const found = scenarios.find(({ scenario }) => scenario.name === name);
  if (found === undefined) throw new Error(`no scenario ${name}`);
  return runScenario(found.scenario, who, seed);
}

test('each of its scenarios comes out as stated with twenty other seeds, with both suites', (t) => {
  t.true(scenarios.length >= 8);
  for (const { scenario } of scenarios) {
    for (let seed = 1; seed <= 20; seed++) {
      const { failures, verdict } = runScenario(scenario, subject(), seed);
      t.deepEqual([verdict, ...failures], ['pass'], `${scenario.name}, seed ${seed}`);
    }
    for (const suite of subject().suites) {
      t.deepEqual(runScenario(scenario, { ...subject(), suite }).failures, [], `${scenario.name}, ${suite.name}`);
    }
  }
});

test('one that forgets which epochs it has heard answers a recording after a restart, and is convicted', (t) => {
  const forgetful = hearing('forgetful', (input) =>
    input.type === 'start' ? { ...input, records: input.records.filter(({ protocol }) => protocol === 'lp1') } : input,
  );
  for (const name of ['replay/where-after-a-restart', 'network/where-from-another-address']) {
    const { failures } = run(name, forgetful);
    t.true(
      failures.some((text) => text.includes('sends HERE')),
      `${name}: ${failures.join('; ')}`,
    );
  }
});

test('one that never hears an answer finds nobody: the scenarios ask for a proof', (t) => {
  const deaf = hearing('deaf', (input) =>
    input.type === 'datagram' && input.bytes[3] === 9 ? { ...input, bytes: new Uint8Array(4) } : input,
  );
  for (const name of ['network/moved-and-found-again', 'network/peer-is-off', 'replay/epochs-from-a-backup'])
    t.is(run(name, deaf).verdict, 'fail', name);
});

test('the same seed is the same run; disks before the run do not depend on it', (t) => {
  const [a, b] = [1, 1].map((seed) => run('replay/half-heals-at-the-next-contact', subject(), seed).hash);
  t.is(a, b);
  t.not(run('replay/half-heals-at-the-next-contact', subject(), 2).hash, a);
});
