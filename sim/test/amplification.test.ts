/** Oracle 9 where it once saw breaks that are none: it holds there, and breaks as soon as somebody says more than he may. */
import test from 'ava';
import type { Effect, Json, StoredRecord } from '../../protocol/contract.ts';
import { readScenarioFiles } from '../cli/files.ts';
import { runScenario, type Scenario, type Subject, subjects } from '../index.ts';
import { amplification } from '../oracles/amplification.ts';
import { lp1Specimens } from '../specimens/lp1.ts';
import { type Flaw, flawed } from '../specimens/specimen.ts';
import { lp1Subject, scenarioOf } from './play.ts';

const catalogue = new Map(readScenarioFiles([]).scenarios.map(({ scenario }) => [scenario.name, scenario]));

function named(name: string): Scenario {
  const scenario = catalogue.get(name);
  if (scenario === undefined) throw new Error(`${name} is not in the catalogue`);
  return scenario;
}

function verdictOn(scenario: Scenario, subject: Subject): string | undefined {
  // Who answers each answer would go on for ever.
  return runScenario(scenario, subject, scenario.seed, { oracles: [amplification], eventsMax: 20_000 }).oracles[0]
    ?.verdict;
}

function specimen(name: string): Subject {
  const found = lp1Specimens(lp1Subject()).find((one) => one.name === name);
  if (found === undefined) throw new Error(`${name} is no specimen`);
  return found.subject;
}

/** Every unicast of an effect list, once more to somewhere else. */
function alsoTo(address: string, port: number): Flaw {
  return {
    act: ({ effects, memory }) => ({
      effects: effects.flatMap((effect): Effect[] =>
        effect.type === 'send' && effect.to !== 'group' && effect.to.port === port
          ? [effect, { ...effect, to: { address, port } }]
          : [effect],
      ),
      memory,
    }),
  };
}

test('a peer that proved itself at a new place is asked at the port of the group there, and nowhere else', (t) => {
  const scenario = named('replay/old-record-new-place');
  t.is(verdictOn(scenario, lp1Subject()), 'pass');
  t.is(verdictOn(scenario, flawed(lp1Subject(), alsoTo('10.0.0.99', 55_557))), 'fail');
});

test('a peer is asked where it was found, in the next life as well; where nobody was found it is not', (t) => {
  const scenario = named('network/asked-where-it-was-found');
  const locate = subjects.get('locate');
  if (locate === undefined) return t.fail();
  t.is(verdictOn(scenario, locate), 'pass');
  const believes = (record: StoredRecord): StoredRecord =>
    record.protocol === 'locate'
      ? { ...record, body: { ...(record.body as { readonly [name: string]: Json }), addresses: ['10.0.0.99'] } }
      : record;
  const told: Flaw = {
    hear: ({ input }) => (input.type === 'start' ? { ...input, records: input.records.map(believes) } : input),
  };
  t.is(verdictOn(scenario, flawed(locate, told)), 'fail');
});

test('a peer that was found is asked at its other addresses, and not at those of others', (t) => {
  const scenario = named('network/name-of-another-interface');
  const locate = subjects.get('locate');
  if (locate === undefined) return t.fail();
  t.is(verdictOn(scenario, locate), 'pass');
  t.is(verdictOn(scenario, flawed(locate, alsoTo('10.0.1.99', 55_557))), 'fail');
  t.is(verdictOn(scenario, flawed(locate, alsoTo('10.0.1.2', 40_001))), 'fail');
});

test('a place that was told of an old record alone is answered as one that proved nothing: a BEACON for each BEACON', (t) => {
  // bob holds a record that alice, who woke without the phrase, has never had; he says READY to her, and she has no cookie to give.
  const scenario = scenarioOf(`
title: READY to a place that is asked for nothing else
protocols: {lp1: pass}
seed: 7041
network: {lan: {delayMs: 1..20, loss: 1/20, duplicate: 8/20, corrupt: 5/20}}
hosts:
  alice: {on: lan, phrase: 73-ladder-acid-hope-rabbit}
  bob: {on: lan, phrase: 73-ladder-acid-hope-rabbit, startsMs: 8000}
script:
  - {when: {host: bob, situation: Crowd}, host: bob, do: restart}
  - {atMs: 1422, host: bob, do: restart}
  - {atMs: 5000, host: alice, do: resume}
expect:
  - {never: authorized, host: alice, key: alice}`);
  t.is(verdictOn(scenario, lp1Subject()), 'pass');
  t.is(verdictOn(scenario, specimen('answers-beacons-at-once')), 'fail');
  t.is(verdictOn(scenario, specimen('answers-fivefold')), 'fail');
});

test('a session that begins anew knows no place of the one before: there, too, a BEACON for each BEACON', (t) => {
  // In carol's second session alice is known at the group's port, so that her own port gets no place there, which it had in the first.
  const scenario = scenarioOf(`
title: places of a session that is over
protocols: {lp1: pass}
seed: 302539
network:
  lan: {loss: 6/20, burst: {starts: 1/20, ends: 1/10, loss: 19/20}, corrupt: 1/20}
hosts:
  alice: {on: lan, phrase: my hovercraft is full of eels, storeMs: 1..5000}
  bob: {on: lan, phrase: my hovercraft is full of eels}
  carol: {on: lan, phrase: my hovercraft is full of eels, startsMs: 3767}
adversaries:
  trudy: {on: lan, is: replayer, startsMs: 18000, times: 21}
script:
  - {atMs: 5269, host: carol, change: clock, byMs: -3600000}
  - {atMs: 13000, host: alice, do: resume}
expect:
  - {never: authorized, host: alice, key: alice}`);
  t.is(verdictOn(scenario, lp1Subject()), 'pass');
  t.is(verdictOn(scenario, specimen('answers-beacons-at-once')), 'fail');
  t.is(verdictOn(scenario, specimen('answers-fivefold')), 'fail');
});

test('whose cookie an answer brings is told by the question, though its first copy gets stuck and another iid asks meanwhile', (t) => {
  // alice's iid arrives changed between bob's answer, which his machine refuses to send, and its repetition.
  const scenario = scenarioOf(`
title: an answer that does not leave, and a changed question
protocols: {lp1: pass}
seed: 42038
network:
  lan: {corrupt: 5/20}
hosts:
  alice: {on: lan, phrase: my hovercraft is full of eels}
  bob: {on: lan, phrase: my hovercraft is full of eels, startsMs: 2000, flaky: {send: 1/3}}
expect:
  - {never: authorized, host: alice, key: alice}`);
  t.is(verdictOn(scenario, lp1Subject()), 'pass');
  t.is(verdictOn(scenario, specimen('answers-fivefold')), 'fail');
});
