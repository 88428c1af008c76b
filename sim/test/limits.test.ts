/** Known limits of sweeps: each explains a break, and not the break beside it that looks like it. */
import test from 'ava';
import type { Break } from '../oracles/oracle.ts';
import type { RawScenario } from '../scenario/raw.ts';
import { runCase, sweepEventsMax } from '../sweep/block.ts';
import { limitOf, limits } from '../sweep/limits.ts';
import { tallyOf } from '../sweep/tally.ts';
import { annexSubject } from './play.ts';

const eels = 'my hovercraft is full of eels';

/** alice and bob with one phrase; carol with it too, or with her own. */
function raw(
  carol: string,
  script: NonNullable<RawScenario['script']> = [],
  more: Partial<RawScenario> = {},
): RawScenario {
  return {
    title: 'three',
    protocols: { annex: 'pass', lp1: 'pass' },
    network: { lan: {} },
    hosts: {
      alice: { on: 'lan', phrase: eels },
      bob: { on: 'lan', phrase: eels },
      carol: { on: 'lan', phrase: carol },
    },
    script,
    expect: [{ never: 'authorized', host: 'alice', key: 'alice' }],
    ...more,
  };
}

const three = raw(eels);
const two = raw('a phrase of her own');

const insider = raw('x', [], { adversaries: { mallory: { on: 'lan', is: 'cloner', claims: 'bob', phrase: eels } } });
const outsider = raw('x', [], { adversaries: { mallory: { on: 'lan', is: 'cloner', claims: 'bob', phrase: 'y' } } });

function broken(hosts: readonly string[], facts: Break['facts'] = {}): Break {
  return { text: '', hosts, facts };
}

const atMs = 9;
const down = { host: 'bob', do: 'crash', atMs } as const;
const up = { host: 'bob', do: 'restart', atMs: 99 } as const;
const again = { host: 'alice', do: 'restart', atMs } as const;
const moved = { host: 'bob', change: 'address', to: '10.0.0.9', atMs } as const;
const cancelled = { host: 'alice', do: 'cancel', atMs } as const;

/** What is explained, by the first words of the reason; null: a find. */
const table: readonly (readonly [
  protocol: string,
  oracle: string,
  broken: Break,
  raw: RawScenario,
  why: string | null,
])[] = [
  ['annex', 'agreement', broken(['carol', 'bob', 'alice']), three, 'a PairDone does not say for whom it is: of three'],
  ['annex', 'agreement', broken(['carol', 'bob', 'alice']), two, null],
  ['annex', 'agreement', broken([]), three, null],
  ['lp1', 'agreement', broken(['carol', 'bob', 'alice']), three, null],

  [
    'annex',
    'quiet-end',
    broken(['bob', 'alice'], { paired: ['bob'], others: ['carol'], repeats: [] }),
    three,
    'a PairDone does not say for whom it is: who',
  ],
  // alice is with nobody: then it was no third one's PairDone.
  ['annex', 'quiet-end', broken(['bob', 'alice'], { paired: ['bob'], others: [], repeats: [] }), three, null],
  ['annex', 'quiet-end', broken(['bob', 'alice'], { paired: ['bob'], others: ['carol'], repeats: [] }), two, null],

  [
    'annex',
    'one-peer',
    broken(['alice', 'bob', 'carol'], { atOnce: 1, paired: ['carol'] }),
    three,
    'an answer to our own request',
  ],
  ['annex', 'one-peer', broken(['alice', 'bob', 'carol'], { atOnce: 2, paired: ['carol'] }), three, null],
  ['annex', 'one-peer', broken(['alice', 'bob', 'carol'], { atOnce: 1, paired: ['bob', 'carol'] }), three, null],
  ['annex', 'one-peer', broken(['alice', 'bob', 'carol'], { atOnce: 1, paired: [] }), two, null],
  ['lp1', 'one-peer', broken(['alice', 'bob', 'carol'], { atOnce: 1, paired: [] }), three, null],

  ['annex', 'replay', broken(['alice', 'bob'], { repeats: ['PairReq bob'] }), two, 'nothing in a request tells'],
  ['annex', 'replay', broken(['alice'], { repeats: ['PairReq bob'] }), two, 'nothing in a request tells'],
  // Another datagram was repeated, and to somebody with whom the two have nothing to do.
  ['annex', 'replay', broken(['alice', 'bob'], { repeats: ['PairDone bob'] }), two, null],
  ['annex', 'replay', broken(['alice', 'bob'], { repeats: ['PairReq carol'] }), two, null],
  [
    'annex',
    'quiet-end',
    broken(['alice', 'bob'], { paired: [], others: [], repeats: ['PairReq bob'] }),
    two,
    'nothing in a request tells',
  ],
  ['annex', 'quiet-end', broken(['alice', 'bob'], { paired: [], others: [], repeats: [] }), two, null],
  ['lp1', 'replay', broken(['alice', 'bob'], { repeats: ['PairReq bob'] }), two, null],

  ['annex', 'replay', broken(['bob', 'alice'], { answered: ['PairAck alice'], more: 1 }), two, 'who is done answers'],
  // He lost something by it, or another one was answered, or with something else.
  ['annex', 'replay', broken(['bob', 'alice'], { answered: ['PairAck alice'], more: 0 }), two, null],
  ['annex', 'replay', broken(['bob', 'alice'], { answered: ['PairAck carol'], more: 1 }), two, null],
  ['annex', 'replay', broken(['bob', 'alice'], { answered: ['PairDone alice'], more: 1 }), two, null],
  ['lp1', 'replay', broken(['bob', 'alice'], { answered: ['PairAck alice'], more: 1 }), two, null],

  [
    'annex',
    'quiet-end',
    broken(['alice', 'bob'], { paired: ['alice'], sayers: ['mallory'] }),
    insider,
    'a digest proves',
  ],
  // bob himself has said it, or nobody, or one without the phrase; or the two have each other.
  ['annex', 'quiet-end', broken(['alice', 'bob'], { paired: ['alice'], sayers: ['mallory', 'bob'] }), insider, null],
  ['annex', 'quiet-end', broken(['alice', 'bob'], { paired: ['alice'], sayers: [] }), insider, null],
  ['annex', 'quiet-end', broken(['alice', 'bob'], { paired: ['alice'], sayers: ['mallory'] }), outsider, null],
  ['annex', 'quiet-end', broken(['alice', 'bob'], { paired: ['alice', 'bob'], sayers: ['mallory'] }), insider, null],
  ['lp1', 'quiet-end', broken(['alice', 'bob'], { paired: ['alice'], sayers: ['mallory'] }), insider, null],

  [
    'annex',
    'quiet-end',
    broken(['alice', 'bob'], { paired: ['bob'], others: [], repeats: [] }),
    raw('x', [cancelled]),
    'nothing is said of a cancel',
  ],
  [
    'annex',
    'quiet-end',
    broken(['alice', 'bob'], { paired: ['bob'], others: [], repeats: [] }),
    raw('x', [{ host: 'alice', forgets: 'bob', atMs }]),
    'nothing is said of a cancel',
  ],
  // Who is paired has cancelled, or nobody is paired.
  [
    'annex',
    'quiet-end',
    broken(['alice', 'bob'], { paired: ['alice'], others: [], repeats: [] }),
    raw('x', [cancelled]),
    null,
  ],
  [
    'annex',
    'quiet-end',
    broken(['alice', 'bob'], { paired: [], others: [], repeats: [] }),
    raw('x', [cancelled]),
    null,
  ],
  [
    'lp1',
    'quiet-end',
    broken(['alice', 'bob'], { paired: ['bob'], others: [], repeats: [] }),
    raw('x', [cancelled]),
    null,
  ],

  ['lp1', 'replay', broken(['bob', 'alice'], { repeats: [], down: ['bob'] }), two, 'a host that is down in the end'],
  ['lp1', 'strangers', broken(['alice', 'bob'], { down: ['bob'] }), two, 'a host that is down in the end'],
  ['lp1', 'strangers', broken(['alice'], { down: ['bob'] }), two, 'a host that is down in the end'],
  // A script that crashes him is not enough: he may be up again.
  ['lp1', 'strangers', broken(['bob'], { down: [] }), raw('x', [down]), null],
  // carol has nothing to do with who is down, and alice lost more than him.
  ['lp1', 'strangers', broken(['carol'], { down: ['bob'] }), two, null],
  ['lp1', 'strangers', broken(['alice', 'bob', 'carol'], { down: ['bob'] }), two, null],
  ['lp1', 'agreement', broken(['bob', 'alice'], { down: ['bob'] }), two, null],

  ['lp1', 'strangers', broken(['alice']), raw('x', [cancelled]), 'whether the word of a failure'],
  ['lp1', 'strangers', broken(['carol']), raw('x', [cancelled]), null],
  ['lp1', 'fair-loss', broken(['alice', 'bob'], { paired: [], half: [] }), raw('x', [cancelled]), null],

  [
    'annex',
    'fair-loss',
    broken(['alice', 'bob'], { paired: [], half: [] }),
    raw('x', [moved, down]),
    'who is done, or back',
  ],
  ['annex', 'fair-loss', broken(['alice', 'bob'], { paired: [], half: [] }), raw('x', [moved]), null],
  ['annex', 'fair-loss', broken(['alice', 'bob'], { paired: [], half: [] }), raw('x', [down]), null],
  ['annex', 'fair-loss', broken(['alice', 'carol'], { paired: [], half: [] }), raw('x', [moved, down]), null],
  [
    'annex',
    'fair-loss',
    broken(['alice', 'bob'], { paired: [], half: [] }),
    raw('x', [moved, { atMs, network: 'cut', between: 'carol', and: 'dave' }]),
    null,
  ],

  [
    'annex',
    'replay',
    broken(['alice', 'bob'], { repeats: ['PairAck bob'] }),
    raw('x', [moved, down]),
    'who is done, or back',
  ],
  // Nobody acted on a repeated PairAck, or nobody moved.
  ['annex', 'replay', broken(['alice', 'bob'], { repeats: ['PairAck carol'] }), raw('x', [moved, down]), null],
  ['annex', 'replay', broken(['alice', 'bob'], { repeats: ['PairAck bob'] }), raw('x', [down]), null],

  ['lp1', 'replay', broken(['alice', 'a stranger']), insider, 'an adversary who knows the phrase'],
  // What another host has is no affair of the adversary, and one without the phrase has nothing to say.
  ['lp1', 'replay', broken(['alice', 'a stranger', 'bob']), insider, null],
  ['lp1', 'replay', broken(['alice', 'a stranger']), outsider, null],
  ['lp1', 'replay', broken(['alice', 'bob']), raw('x', [{ host: 'alice', forgets: 'bob', atMs }]), 'whether the word'],

  [
    'lp1',
    'fair-loss',
    broken(['alice', 'bob'], { paired: [], half: ['alice'] }),
    raw('x', [{ host: 'alice', do: 'resume', atMs }, down]),
    'who sleeps with a record',
  ],
  [
    'lp1',
    'strangers',
    broken(['bob', 'alice'], { half: ['alice'] }),
    raw('x', [{ host: 'alice', do: 'resume', atMs }, down, up]),
    'who sleeps with a record',
  ],
  [
    'lp1',
    'strangers',
    broken(['bob', 'alice'], { half: [] }),
    raw('x', [{ host: 'alice', do: 'resume', atMs }, down, up]),
    null,
  ],
  [
    'lp1',
    'fair-loss',
    broken(['alice', 'bob'], { paired: [], half: ['alice'] }),
    raw('x', [
      { host: 'alice', do: 'resume', atMs },
      { host: 'bob', do: 'resume', atMs },
    ]),
    'who sleeps with a record',
  ],
  // Who woke is not the one that is half.
  [
    'lp1',
    'fair-loss',
    broken(['alice', 'bob'], { paired: [], half: ['bob'] }),
    raw('x', [{ host: 'alice', do: 'resume', atMs }, down]),
    null,
  ],
  [
    'lp1',
    'fair-loss',
    broken(['alice', 'bob'], { paired: [], half: [] }),
    raw('x', [{ host: 'alice', do: 'resume', atMs }, down]),
    null,
  ],
  [
    'lp1',
    'fair-loss',
    broken(['alice', 'bob'], { paired: [], half: ['alice'] }),
    raw('x', [{ host: 'alice', do: 'resume', atMs }]),
    null,
  ],

  [
    'lp1',
    'fair-loss',
    broken(['alice', 'bob'], { paired: [], half: ['bob'], earlier: ['alice'] }),
    two,
    'who types another',
  ],
  ['lp1', 'fair-loss', broken(['alice', 'bob'], { paired: [], half: ['bob'], earlier: [] }), two, null],
  ['lp1', 'fair-loss', broken(['alice', 'bob'], { paired: ['bob'], half: [], earlier: ['alice'] }), two, null],
  ['annex', 'fair-loss', broken(['alice', 'bob'], { paired: [], half: [], earlier: ['alice'] }), two, null],

  ['lp1', 'strangers', broken(['alice', 'bob', 'carol']), three, 'of three with one phrase'],
  ['lp1', 'strangers', broken(['alice', 'bob', 'dave']), three, null],
  ['lp1', 'strangers', broken(['alice', 'bob', 'a stranger']), insider, 'of two and an adversary'],
  ['lp1', 'strangers', broken(['alice', 'bob', 'a stranger']), outsider, null],
  ['annex', 'replay', broken(['alice', 'a stranger', 'bob']), insider, 'of two and an adversary'],
  ['annex', 'replay', broken(['alice', 'a stranger', 'bob']), outsider, null],

  [
    'lp1',
    'strangers',
    broken(['bob', 'alice'], { repeats: ['DONE alice'], half: [] }),
    raw('x', [{ ...up, wiped: true }]),
    'who comes back without his disk',
  ],
  // His disk is there, or nobody acted on a word of his that was repeated, or it is another pair.
  ['lp1', 'strangers', broken(['bob', 'alice'], { repeats: ['DONE alice'], half: [] }), raw('x', [up]), null],
  [
    'lp1',
    'strangers',
    broken(['bob', 'alice'], { repeats: ['SHARE alice', 'DONE bob'], half: [] }),
    raw('x', [{ ...up, wiped: true }]),
    null,
  ],
  [
    'lp1',
    'replay',
    broken(['bob', 'carol'], { repeats: ['DONE carol'], half: [] }),
    raw('x', [{ ...up, wiped: true }]),
    null,
  ],

  [
    'lp1',
    'replay',
    broken(['bob', 'alice'], { repeats: ['CONFIRM bob'], half: ['bob'] }),
    raw('x', [{ ...up, phrase: null }, again]),
    'who starts again without the phrase',
  ],
  // He typed it again, or alice is in her first life, or the proof was no repeated one, or he is not left with half.
  ['lp1', 'replay', broken(['bob', 'alice'], { repeats: ['CONFIRM bob'], half: ['bob'] }), raw('x', [up, again]), null],
  [
    'lp1',
    'replay',
    broken(['bob', 'alice'], { repeats: ['CONFIRM bob'], half: ['bob'] }),
    raw('x', [{ ...up, phrase: null }]),
    null,
  ],
  [
    'lp1',
    'replay',
    broken(['bob', 'alice'], { repeats: ['CONFIRM alice'], half: ['bob'] }),
    raw('x', [{ ...up, phrase: null }, again]),
    null,
  ],
  [
    'lp1',
    'replay',
    broken(['bob', 'alice'], { repeats: ['CONFIRM bob'], half: [] }),
    raw('x', [{ ...up, phrase: null }, again]),
    null,
  ],
  ['lp1', 'strangers', broken(['alice', 'bob']), two, null],
];

for (const [index, [protocol, oracle, one, scenario, why]] of table.entries())
  test(`${index + 1}: ${protocol} ${oracle} of ${one.hosts.join(' and ')} is ${why === null ? 'a find' : `known: ${why}`}`, (t) => {
    const limit = limitOf(protocol, oracle, one, scenario);
    if (why === null) t.is(limit?.why, undefined);
    else t.true(limit?.why.startsWith(why), limit?.why);
  });

test('each limit explains something here, and something that looks like it is a find', (t) => {
  const used = new Set(table.map(([protocol, oracle, one, scenario]) => limitOf(protocol, oracle, one, scenario)));
  for (const limit of limits) t.true(used.has(limit), limit.why);
});

test('a run is no find only if each of its breaks is explained', (t) => {
  const result = runCase({ raw: three, name: 'test/three', seed: 1 }, annexSubject());
  const nowhere = { cells: {}, threw: [] };
  const tally = tallyOf(result, nowhere, three, sweepEventsMax);
  t.deepEqual(tally.found, {});
  t.deepEqual(Object.values(tally.limits), [1, 1]);
  const dave = broken(['carol', 'bob', 'dave']);
  const more = result.oracles.map((one) =>
    one.breaks === undefined ? one : { ...one, breaks: [...one.breaks, dave] },
  );
  t.is(Object.keys(tallyOf({ ...result, oracles: more }, nowhere, three, sweepEventsMax).found).length, 1);
});

test('what an insider says is his, whoever brings it first', (t) => {
  const clone = { on: 'lan', is: 'cloner', phrase: eels, claims: 'bob', says: { hostName: 'bob' }, asksAfterMs: 1000 };
  const passedOn: RawScenario = {
    ...raw('x', [{ delay: 'PairReq', from: 'mallory', to: 'alice', nth: 1, byMs: 8 }]),
    hosts: { alice: { on: 'lan', phrase: eels }, bob: { on: 'lan', phrase: eels } },
    adversaries: { mallory: { ...clone, times: 3 }, trudy: { on: 'lan', is: 'reflector', times: 1 } },
  };
  const result = runCase({ raw: passedOn, name: 'test/insider', seed: 1 }, annexSubject());
  t.deepEqual(
    result.oracles.flatMap(({ name, verdict }) => (verdict === 'fail' ? [name] : [])),
    ['quiet-end'],
  );
  const tally = tallyOf(result, { cells: {}, threw: [] }, passedOn, sweepEventsMax);
  t.deepEqual(tally.found, {});
  t.true(Object.keys(tally.limits)[0]?.includes('an insider says that it is his'));
});
