/** Each oracle has a specimen that breaks it: planted bugs are convicted by the oracle that is meant for them. */
import test from 'ava';
import { readScenarioFiles } from '../cli/files.ts';
import { oracles, readScenario, runScenario, vocabulary } from '../index.ts';
import { annexSpecimens } from '../specimens/annex.ts';
import { lp1Specimens } from '../specimens/lp1.ts';
import { annexSubject, couple, lp1Subject, play, scenarioOf } from './play.ts';

const sound = annexSubject();
const soundLp1 = lp1Subject();
const specimens = new Map(
  [...annexSpecimens(sound), ...lp1Specimens(soundLp1)].map((specimen) => [specimen.name, specimen]),
);
const catalogue = new Map(readScenarioFiles([]).scenarios.map(({ scenario }) => [scenario.name, scenario]));

/** Where each is convicted: a scenario of the catalogue by name, or one of its own. */
const places: readonly (readonly [specimen: string, scenario: string])[] = [
  ['verify-always-true', 'crypto/imposter-answers-first'],
  ['verify-always-true', 'crypto/imposter-asks-first'],
  ['pair-done-once', 'replay/lost-done'],
  ['stops-at-bad-digest', 'crypto/spoofed-digest'],
  ['one-global-slot', 'replay/old-answer-kills-new-pairing'],
  ['silent-half', 'network/partition-outlasts-window'],
  ['key-in-record', 'fields/phrase-other-case'],
  ['own-transcript', 'replay/start-together'],
  ['takes-everybody', 'crypto/overheard-phrase-crowd'],
  ['no-budget', 'crypto/guesses-used-up'],
  ['believes-any-cancel', 'crypto/forged-cancel'],
  ['any-answer-is-mine', 'replay/old-answer-of-another-partner'],
  ['phrase-in-record', 'replay/start-together'],
  ['key-in-notice', 'replay/start-together'],
  ['answers-fivefold', 'crypto/diverted-source'],
  ['rhythm-of-the-phrase', 'replay/start-together'],
  ['old-words-end-it', 'replay/old-answer-kills-new-pairing'],
];

const chatter = couple(`
adversaries:
  mallory: {on: lan, is: imposter, phrase: a wrong guess, racesAheadMs: 0, everyMs: 5, times: 1500}
expect:
  - {paired: [alice, bob]}`);

const three = `
title: three with one phrase
protocols: {annex: pass}
network: {lan: {}}
hosts:
  alice: {on: lan, phrase: my hovercraft is full of eels}
  bob: {on: lan, phrase: my hovercraft is full of eels, startsMs: 7000}
  carol: {on: lan, phrase: my hovercraft is full of eels, startsMs: 9000}
expect:
  - {never: authorized, host: alice, key: alice}`;

const hasty = couple(
  `
script:
  - {when: {host: bob, authorizes: true}, host: bob, do: crash}
  - {when: {host: bob, authorizes: true}, plusMs: 5000, host: bob, do: restart, phrase: null}
expect:
  - {unpaired: bob}`,
  '{}',
  ', storeMs: 50, provisionMs: 1',
);

const hastyLp1 = couple(
  `
script:
  - {when: {host: bob, authorizes: true}, host: bob, do: crash}
  - {when: {host: bob, authorizes: true}, plusMs: 5000, host: bob, do: restart, phrase: null}
expect:
  - {never: authorized, host: alice, key: alice}`,
  '{}',
  ', storeMs: 50, provisionMs: 1',
).replace('annex: pass', 'lp1: pass');

const lonely = `
title: alone with somebody who guesses
protocols: {lp1: pass}
network: {lan: {}}
hosts:
  alice: {on: lan, phrase: my hovercraft is full of eels}
adversaries:
  mallory: {on: lan, is: imposter, phrase: a wrong guess}
expect:
  - {unpaired: alice}`;

const ofLp1 = (script: string): string =>
  couple(`script:${script}\nexpect:\n  - {never: authorized, host: alice, key: alice}`).replace('annex', 'lp1');

const unconfirmed = ofLp1('\n  - {drop: CONFIRM, from: bob, nth: 1..200}');
const lossyEnd = ofLp1('\n  - {drop: DONE, from: alice, nth: 1..5}\n  - {drop: DONE, from: bob, nth: 1..5}');

const sundered = ofLp1('\n  - {when: {host: alice, authorizes: true}, network: cut, between: alice, and: bob}');

const own: readonly (readonly [specimen: string, text: string])[] = [
  ['last-name-wins', chatter],
  ['grants-everybody', three],
  ['grants-before-storing', hasty],
  ['grants-before-record', hastyLp1],
  ['generator-without-phrase', lonely],
  ['provisions-before-ready', unconfirmed],
  ['done-once', lossyEnd],
  ['mute-half', sundered],
];

for (const [name, text] of [...places, ...own]) {
  test(`${name} is convicted${catalogue.has(text) ? ` by ${text}` : ''}, and the sound one is not`, (t) => {
    const specimen = specimens.get(name);
    const scenario = catalogue.get(text) ?? scenarioOf(text);
    if (specimen === undefined) return t.fail(`no specimen ${name}`);
    const innocent = specimen.subject.name === 'lp1' ? soundLp1 : sound;
    const broken = (subject = innocent): readonly string[] =>
      runScenario(scenario, subject)
        .oracles.filter(({ verdict }) => verdict === 'fail')
        .map((oracle) => oracle.name);
    t.deepEqual(broken(), []);
    t.true(
      broken(specimen.subject).includes(specimen.breaks),
      `${specimen.flaw}: broke ${broken(specimen.subject).join(', ') || 'nothing'}`,
    );
  });
}

test('every oracle has a specimen, and every specimen is convicted somewhere', (t) => {
  const broken = new Set([...specimens.values()].map((specimen) => specimen.breaks));
  t.deepEqual(
    oracles.map((oracle) => oracle.name).filter((name) => !broken.has(name)),
    [],
  );
  const tried = new Set([...places, ...own].map(([name]) => name));
  t.deepEqual(
    [...specimens.keys()].filter((name) => !tried.has(name)),
    [],
  );
});

test('a scenario that states a break passes when that oracle breaks, and fails when it holds', (t) => {
  const specimen = specimens.get('pair-done-once');
  const stated = readScenario(
    couple(
      'script:\n  - {drop: PairDone, from: alice, nth: 1..3}\nexpect:\n  - {never: authorized, host: bob, key: bob}',
    ).replace('annex: pass', 'annex: {breaks: fair-loss}'),
    { file: 'x', name: 'test/breaks', vocabulary },
  );
  if (!stated.ok || specimen === undefined) return t.fail();
  const git = runScenario(stated.scenario, specimen.subject);
  t.deepEqual([git.verdict, git.failures], ['pass', []]);
  const ours = runScenario(stated.scenario, sound);
  t.is(ours.verdict, 'fail');
  t.regex(ours.failures.join(), /oracle fair-loss should break here and does not/);
});

test('a core that throws fails the run, and says what it threw', (t) => {
  const broken = {
    ...sound,
    protocol: {
      ...sound.protocol,
      step: () => {
        throw new TypeError('x of undefined');
      },
    },
  };
  const { verdict, failures } = play(couple('expect:\n  - {unpaired: [alice]}'), { subject: broken });
  t.is(verdict, 'fail');
  t.is(failures[0], 'the core of alice threw: x of undefined');
});
