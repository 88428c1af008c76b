/** Oracles where they once saw breaks that are none: each holds there, and breaks as soon as somebody really does it. */
import test from 'ava';
import { utf8 } from '../../protocol/bytes.ts';
import type { Effect, Grant, Input, Json } from '../../protocol/contract.ts';
import { runScenario, type Subject } from '../index.ts';
import { fairLossPairs } from '../oracles/fair-loss.ts';
import { onePeer } from '../oracles/one-peer.ts';
import type { Finding, Oracle } from '../oracles/oracle.ts';
import { quietEnd } from '../oracles/quiet-end.ts';
import { replayChangesNothing } from '../oracles/replay.ts';
import { strangers } from '../oracles/strangers.ts';
import { traffic } from '../oracles/traffic.ts';
import { flawed } from '../specimens/specimen.ts';
import { Disk } from '../storage.ts';
import { annexSubject, lp1Subject, scenarioOf } from './play.ts';

function judged(oracle: Oracle, text: string, subject: Subject): Finding {
  const scenario = scenarioOf(text);
  const [finding] = runScenario(scenario, subject, scenario.seed, { oracles: [oracle] }).oracles;
  if (finding === undefined) throw new Error('nobody judged');
  return finding;
}

interface Counting {
  readonly heard: number;
  readonly grant: Grant | null;
}

function isDone({ protocol }: Subject, input: Input): boolean {
  return input.type === 'datagram' && protocol.describe(input.bytes).kind === 'DONE';
}

const words = '73-ladder-acid-hope-rabbit';

/** bob's DONE is lost on its way until he is down; then somebody repeats it. */
const lateDone = `
title: a word that was lost comes later
protocols: {lp1: pass}
network: {lan: {delayMs: 1..20}}
hosts:
  alice: {on: lan, phrase: ${words}}
  bob: {on: lan, phrase: ${words}, startsMs: 1000}
adversaries:
  echo: {on: lan, is: replayer, kinds: [DONE], startsMs: 15000, everyMs: 100, times: 8}
script:
  - {drop: DONE, from: bob, to: alice, nth: 1..99}
  - {atMs: 14000, host: bob, do: crash}
expect:
  - {never: authorized, host: alice, key: alice}`;

test('what was lost, and is said again by somebody else, is late: it may complete a pairing', (t) => {
  const { verdict, saw } = judged(replayChangesNothing, lateDone, lp1Subject());
  t.is(verdict, 'pass');
  t.regex(saw, /came late/);
});

test('what comes late and takes something away is a replay all the same', (t) => {
  const subject = lp1Subject();
  // alice alone has repeated her READY so often when she hears it.
  const ends = flawed(subject, {
    hear: ({ input, memory }) =>
      isDone(subject, input) && Number(memory) > 5 ? { type: 'command', command: { name: 'cancel' } } : input,
    act: ({ input, effects, memory }) => ({
      effects,
      memory: Number(memory) + Number(input.type === 'timer' && input.name.startsWith('fin ')),
    }),
  });
  t.is(judged(replayChangesNothing, lateDone, ends).verdict, 'fail');
});

test('what was heard and is heard again changes nothing: who acts on it a second time is convicted', (t) => {
  const subject = lp1Subject();
  const text = lateDone.replace(/ {2}- \{drop.*\n.*crash\}\n/, '').replace('script:\n', '');
  t.is(judged(replayChangesNothing, text, subject).verdict, 'pass');
  const counts = flawed(subject, {
    act({ input, effects, memory }) {
      const { heard, grant } = (memory ?? { heard: 0, grant: null }) as unknown as Counting;
      const given = effects.find(({ type }) => type === 'provision');
      const next: Counting = {
        heard: heard + Number(isDone(subject, input)),
        grant: given?.type === 'provision' ? { ...given.grant } : grant,
      };
      const takes: readonly Effect[] =
        next.heard > 6 && grant !== null ? [{ type: 'unprovision', id: 'too often', grant }] : [];
      return { effects: [...effects, ...takes], memory: next as unknown as Json };
    },
  });
  t.is(judged(replayChangesNothing, text, counts).verdict, 'fail');
});

/** alice restarts when she says paired, and an old DONE of bob's makes her say so before carol is there. */
const restarts = `
title: a replay moves a restart to another time
protocols: {lp1: pass}
network: {lan: {}}
hosts:
  alice: {on: lan, phrase: ${words}}
  bob: {on: lan, phrase: ${words}}
  carol: {on: lan, phrase: this parrot is no more, startsMs: 56000}
adversaries:
  echo: {on: lan, is: replayer, kinds: [READY, DONE], startsMs: 40000, times: 4}
script:
  - {when: {host: alice, notice: paired}, host: alice, do: crash}
  - {atMs: 30000, host: bob, do: crash}
  - {atMs: 35000, host: alice, do: restart, phrase: this parrot is no more}
  - {when: {host: alice, notice: paired, nth: 2}, host: alice, do: restart}
expect:
  - {never: authorized, host: alice, key: alice}`;

test('what befalls a machine at a moment does so at the same time in the run that is compared', (t) => {
  const subject = lp1Subject();
  for (const oracle of [strangers, replayChangesNothing])
    t.is(judged(oracle, restarts, subject).verdict, 'pass', oracle.name);
  // With another act at that moment she is there for carol. Only in her second life does a DONE come before any other word.
  const other = restarts.replace('nth: 2}, host: alice, do: restart', 'nth: 2}, host: bob, do: crash');
  const ends = flawed(subject, {
    hear: ({ state, input }) =>
      isDone(subject, input) && state.situation === 'Seeking'
        ? { type: 'command', command: { name: 'cancel' } }
        : input,
  });
  for (const oracle of [strangers, replayChangesNothing])
    t.is(judged(oracle, other, ends).verdict, 'fail', oracle.name);
});

test('the order in which records are read is not the order of their ids, which the phrase decides', (t) => {
  const text = restarts.replace(/adversaries:\n.*\n/, '').replace(', startsMs: 56000', '');
  for (const seed of [1, 2, 3, 4, 5, 6]) {
    const scenario = { ...scenarioOf(text), seed };
    const [finding] = runScenario(scenario, lp1Subject(), seed, { oracles: [traffic] }).oracles;
    t.is(finding?.verdict, 'pass', `seed ${seed}: ${finding?.why ?? ''}`);
  }
});

test('a pair is no couple with a third who once had the phrase, nor when one forgets the other', (t) => {
  const couples = (script: string): Finding =>
    judged(
      fairLossPairs,
      `
title: three, of whom two have one phrase in the end
protocols: {lp1: pass}
network: {lan: {}}
hosts:
  alice: {on: lan, phrase: ${words}}
  bob: {on: lan, phrase: ${words}, startsMs: 1000}
  carol: {on: lan, phrase: this parrot is no more}
script:
  - ${script}
expect:
  - {never: authorized, host: alice, key: alice}`,
      lp1Subject(),
    );
  t.is(couples('{atMs: 90000, host: carol, do: restart}').verdict, 'pass');
  t.is(couples(`{atMs: 90000, host: carol, do: restart, phrase: ${words}}`).verdict, 'inconclusive');
  t.is(couples('{atMs: 90000, host: alice, forgets: bob}').verdict, 'inconclusive');
  const back = '{atMs: 200, host: carol, do: restart, phrase: "73-ladder-acid-hope-rabbit"}';
  t.is(couples(`${back}\n  - {atMs: 300, host: carol, do: restart}`).verdict, 'inconclusive');
});

test('a disk that is restored has heard what its backup had heard, and an empty one nothing', (t) => {
  const disk = new Disk();
  t.true(disk.hears(utf8('before')));
  t.false(disk.hears(utf8('before')));
  disk.backup();
  t.true(disk.hears(utf8('after')));
  disk.replace('restored');
  t.false(disk.hears(utf8('before')));
  t.true(disk.hears(utf8('after')));
  disk.replace('wiped');
  t.true(disk.hears(utf8('before')));
});

test('who is paired, and takes it back when the other cancels, holds nothing; with the key still in he does', (t) => {
  const text = `
title: alice cancels before she hears that bob is done
protocols: {lp1: pass}
network: {lan: {delayMs: 1..20}}
hosts:
  alice: {on: lan, phrase: ${words}}
  bob: {on: lan, phrase: ${words}, startsMs: 1000}
script:
  - {drop: DONE, from: bob, to: alice, nth: 1..99}
  - {when: {host: bob, notice: paired}, plusMs: 200, host: alice, do: cancel}
expect:
  - {never: authorized, host: alice, key: alice}`;
  const subject = lp1Subject();
  t.is(judged(quietEnd, text, subject).verdict, 'inconclusive');
  const keeps = flawed(subject, {
    act: ({ effects, memory }) => ({ effects: effects.filter(({ type }) => type !== 'unprovision'), memory }),
  });
  t.is(judged(quietEnd, text, keeps).verdict, 'fail');
});

test('a phrase that is typed while another one is in use is not typed', (t) => {
  const text = `
title: alice looks for bob and types the phrase that she has with carol
protocols: {lp1: pass}
network: {lan: {delayMs: 1..20}}
hosts:
  alice: {on: lan, phrase: ${words}}
  carol: {on: lan, phrase: my hovercraft is full of eels}
script:
  - {atMs: 2000, host: alice, types: my hovercraft is full of eels}
expect:
  - {never: authorized, host: alice, key: alice}`;
  t.is(judged(fairLossPairs, text, lp1Subject()).verdict, 'inconclusive');
  // annex takes the other phrase, and then the two are a couple.
  t.is(
    judged(fairLossPairs, text.replace('lp1', 'annex').replace(words, 'no phrase of theirs'), annexSubject()).verdict,
    'pass',
  );
});

test('what a break of one session says of itself is of that session: nothing that was let in before or after it', (t) => {
  const text = `
title: dave takes bob back for carol; when he has come back, bob is let in again, and carol still is
protocols: {annex: pass}
seed: 1698202
network: {lan: {}}
hosts:
  bob: {on: lan, phrase: my hovercraft is full of eels, startsMs: 10000}
  carol: {on: lan, phrase: my hovercraft is full of eels}
  dave: {on: lan, phrase: my hovercraft is full of eels}
script:
  - {drop: PairDone, from: bob, to: dave, nth: 1, while: {host: dave, situation: Answering}}
  - {when: {host: dave, notice: proven}, host: dave, do: crash}
  - {when: {host: dave, notice: proven}, plusMs: 12000, host: dave, do: restart}
  - {when: {host: dave, authorizes: true, nth: 2}, plusMs: 2000, host: dave, do: restart}
  - {delay: PairReq, from: carol, to: dave, nth: 1, byMs: 800}
expect:
  - {never: authorized, host: bob, key: bob}`;
  const { breaks } = judged(onePeer, text, annexSubject());
  t.deepEqual(breaks, [
    {
      text: 'dave took bob and carol in one session',
      hosts: ['dave', 'bob', 'carol'],
      facts: { atOnce: 1, paired: ['carol'] },
    },
  ]);
});

test('a network that is cut after it was healed is no fair one, unless it is healed again', (t) => {
  const text = (...more: string[]) => `
title: the cut comes when the heal is over
protocols: {lp1: pass}
network: {lan: {delayMs: 1..20}}
hosts:
  alice: {on: lan, phrase: ${words}}
  bob: {on: lan, phrase: ${words}, startsMs: 5000}
script:
  - {when: {host: alice, situation: Crowd}, network: cut, between: alice, and: bob}
  - {atMs: 4000, network: heal}
${more.map((line) => `  - ${line}`).join('\n')}
expect:
  - {never: authorized, host: alice, key: alice}`;
  const never = judged(fairLossPairs, text(), lp1Subject());
  t.is(never.verdict, 'inconclusive');
  const again = judged(fairLossPairs, text('{atMs: 60000, network: heal}'), lp1Subject());
  t.is(again.verdict, 'pass');
  const tooLate = judged(fairLossPairs, text('{atMs: 400000, network: heal}'), lp1Subject());
  t.is(tooLate.verdict, 'inconclusive');
});

test('who pairs with another one in a later life, under a phrase that both had in an earlier one, took one in each', (t) => {
  const text = `
title: three with one phrase; carol pairs with one of them, starts again, and pairs with the other
protocols: {annex: pass}
network: {lan: {}}
hosts:
  alice: {on: lan, phrase: my hovercraft is full of eels}
  bob: {on: lan, phrase: my hovercraft is full of eels, startsMs: 90000}
  carol: {on: lan, phrase: my hovercraft is full of eels, startsMs: 1000}
script:
  - {atMs: 60000, host: alice, do: crash}
  - {atMs: 91000, host: carol, do: restart}
expect:
  - {paired: [bob, carol]}`;
  const both = judged(onePeer, text, annexSubject());
  t.is(both.verdict, 'pass', both.why ?? '');
});
