/** Each oracle has a specimen that breaks it: planted bugs are convicted by the oracle that is meant for them. */
import test from 'ava';
import { readScenarioFiles } from '../cli/files.ts';
import { type OracleResult, oracles, readScenario, runScenario, vocabulary } from '../index.ts';
import { annexSpecimens } from '../specimens/annex.ts';
import { lp1Specimens } from '../specimens/lp1.ts';
import { annexSubject, couple, lp1Subject, play, scenarioOf } from './play.ts';

const sound = annexSubject();
const soundLp1 = lp1Subject();
const specimens = new Map(
  [...annexSpecimens(sound), ...lp1Specimens(soundLp1)].map((specimen) => [specimen.name, specimen]),
);
const catalogue = new Map(readScenarioFiles([]).scenarios.map(({ scenario }) => [scenario.name, scenario]));

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

/**
 * Which planted bug convicts: the claim of PROTOCOL.md §2.8, the specimen, what the oracle then says, and where: a scenario
 * of the catalogue by name, or one of the above.
 */
const convictions: readonly (readonly [claim: number, specimen: string, why: RegExp, where: string])[] = [
  [1, 'verify-always-true', /authorised the key of mallory, who never had its phrase/, 'crypto/imposter-answers-first'],
  [1, 'verify-always-true', /authorised the key of mallory, who never had its phrase/, 'crypto/imposter-asks-first'],
  [1, 'generator-without-phrase', /authorised the key of mallory, who never had its phrase/, lonely],
  [1, 'provisions-before-ready', /authorised the key of \w+, who has no record of it/, unconfirmed],
  [2, 'last-name-wins', /with the key of bob under the name mallory/, chatter],
  [2, 'own-transcript', /hold records of one pairing that disagree/, 'replay/start-together'],
  [2, 'any-answer-is-mine', /bob is paired with carol, and carol with alice/, 'replay/old-answer-of-another-partner'],
  [3, 'grants-everybody', /took bob and carol in one session/, three],
  [3, 'takes-everybody', /took (mallory and bob|bob and mallory) in one session/, 'crypto/overheard-phrase-crowd'],
  [4, 'no-budget', /K for 5 who did not prove the phrase; its budget is 4/, 'crypto/guesses-used-up'],
  [5, 'believes-any-cancel', /without the strangers paired with bob/, 'crypto/forged-cancel'],
  [5, 'works-when-it-is-quiet', /later than alone; 3700 ms are allowed/, 'crypto/flood-of-shares'],
  [6, 'pair-done-once', /not paired/, 'replay/lost-done'],
  [6, 'stops-at-bad-digest', /not paired/, 'crypto/spoofed-digest'],
  [6, 'done-once', /not paired/, lossyEnd],
  [7, 'silent-half', /holds the key of (alice|bob),.* nobody says so/, 'network/partition-outlasts-window'],
  [7, 'mute-half', /holds the key of (alice|bob),.* nobody says so/, sundered],
  [8, 'key-in-record', /a phrase's key in hex out in a store/, 'fields/phrase-other-case'],
  [8, 'phrase-in-record', /a phrase's key in hex out in a store/, 'replay/start-together'],
  [8, 'key-in-notice', /a key \(lanpair\/1 box \w+\) in hex out in a notify/, 'replay/start-together'],
  [8, 'seals-anew', /seals two texts under one key and nonce/, 'replay/start-together'],
  [9, 'answers-fivefold', /384 B to a source that returned no cookie and sent 96 B/, 'crypto/diverted-source'],
  [9, 'answers-over-again', /says READY again to one peer after \d+ of 200 ms/, 'replay/start-together'],
  [
    9,
    'answers-beacons-at-once',
    /says BEACON again to one peer after \d+ of 200 ms/,
    'network/every-message-five-times',
  ],
  [9, 'knocks-next-door', /to a place that it has not heard of/, 'replay/start-together'],
  [9, 'shouts', /more multicasts than its budget/, 'replay/start-together'],
  [10, 'grants-before-storing', /a line in authorized_keys that no record knows of/, hasty],
  [10, 'grants-before-record', /a line in authorized_keys that no record knows of/, hastyLp1],
  [10, 'takes-everybody', /two lines of one key in authorized_keys/, 'crypto/overheard-phrase-crowd'],
  [11, 'rhythm-of-the-phrase', /became .* with another phrase/, 'replay/start-together'],
  [12, 'one-global-slot', /without the replays paired with bob and carol/, 'replay/old-answer-kills-new-pairing'],
  [12, 'old-words-end-it', /without the replays paired with bob and carol/, 'replay/old-answer-kills-new-pairing'],
];

for (const [claim, name, why, where] of convictions) {
  const at = catalogue.has(where) ? ` by ${where}` : '';
  test(`claim ${claim}: ${name} is convicted${at}, and the sound one is not`, (t) => {
    const specimen = specimens.get(name);
    const scenario = catalogue.get(where) ?? scenarioOf(where);
    if (specimen === undefined) return t.fail(`no specimen ${name}`);
    const innocent = specimen.subject.name === 'lp1' ? soundLp1 : sound;
    const broken = (subject = innocent): readonly OracleResult[] =>
      runScenario(scenario, subject).oracles.filter(({ verdict }) => verdict === 'fail');
    t.deepEqual(broken(), []);
    const verdict = broken(specimen.subject).find(({ number }) => number === claim);
    t.regex(verdict?.why ?? 'nothing', why, specimen.flaw);
  });
}

test('every claim has a specimen of lp1 that breaks it, and every specimen is convicted of what it breaks', (t) => {
  const rows = convictions.map(([claim, name]) => ({ claim, specimen: specimens.get(name) }));
  const ofLp1 = rows.filter(({ specimen }) => specimen?.subject.name === 'lp1').map(({ claim }) => claim);
  t.deepEqual(
    oracles.map(({ number }) => number).filter((number) => !ofLp1.includes(number)),
    [],
  );
  t.is(oracles.length, 12);
  for (const specimen of specimens.values()) {
    const claim = oracles.find(({ name }) => name === specimen.breaks)?.number;
    t.true(
      rows.some((row) => row.specimen === specimen && row.claim === claim),
      specimen.name,
    );
  }
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
