/**
 * Every cell of lp1's table, met: recorded conversations give the inputs, and a bounded walk gives each of them to every
 * kind of state that they lead to.
 *
 * Who takes part has the same entropy in every run, so what was said in one is valid in all others: a CANCEL of the run in
 * which bob cancels is a good one in the run in which he does not.
 */
import { utf8 } from '../bytes.ts';
import type { Input, Suite } from '../contract.ts';
import { protocol } from '../lp1/index.ts';
import { signingOf } from '../lp1/keys.ts';
import { describe, writeBeacon, writeHint } from '../lp1/messages.ts';
import type { Lp1State } from '../lp1/state.ts';
import { Lan, type LanHost } from './lp1-lan.ts';
import { canonical } from './plain.ts';

export const walkPhrase = '73-ladder-acid-hope-rabbit';
const other = '73-wrong-wrong-wrong-wrong';

interface Cast {
  readonly lan: Lan;
  readonly alice: LanHost;
  readonly bob: LanHost;
  readonly carol: LanHost;
  readonly mallory: LanHost;
}

/** What happens in one run, besides what the protocol does by itself. */
type Plot = (cast: Cast) => void;

const nobody: Plot = () => {};
const at =
  (ms: number, act: Plot): Plot =>
  (cast) =>
    cast.lan.later(ms, () => act(cast));

const plots: readonly (readonly Plot[])[] = [
  [nobody],
  // A guesser is there from the beginning, and overhears carol's phrase when all is done.
  [({ mallory }) => mallory.start(other)],
  [({ carol }) => carol.start(walkPhrase), at(2000, ({ alice }) => alice.command(chooseFirst(alice)))],
  [({ carol }) => carol.start(walkPhrase), at(2000, ({ bob }) => bob.command(chooseFirst(bob)))],
  [at(1200, ({ carol }) => carol.start(walkPhrase)), at(3000, ({ alice }) => alice.command(chooseFirst(alice)))],
  ...[900, 1040, 1070, 1100, 1300, 1500].map((ms) => [at(ms, ({ bob }) => bob.command({ name: 'cancel' }))]),
  [({ bob }) => void bob.faults.set('provision', 'full')],
  [({ bob }) => void bob.faults.set('store', 'full')],
  ...[300, 1050, 1090, 1400].map((ms) => [
    at(ms, ({ bob }) => {
      bob.crash();
      bob.start(walkPhrase);
    }),
  ]),
  [
    at(20_000, ({ alice, bob }) => {
      for (const host of [alice, bob]) host.crash();
      bob.loseDisk();
      for (const host of [alice, bob]) host.start(walkPhrase);
    }),
  ],
  // A fourth one proves the phrase while alice is choosing.
  [({ carol }) => carol.start(walkPhrase), at(2000, ({ mallory }) => mallory.start(walkPhrase))],
  // carol's CONFIRM comes when all is over: bob was quicker.
  [
    ({ lan, carol }) => {
      lan.filter = ({ from, bytes }) => from !== 'carol' || lan.now > 20_000 || describe(bytes).kind !== 'CONFIRM';
      carol.start(walkPhrase);
    },
  ],
  // One with alice's own ssh key.
  [({ lan }) => lan.add('copy', { key: 'alice' }).start(walkPhrase)],
  // bob chooses carol, of whom alice hears nothing, before alice's second is over.
  [
    ({ lan, carol }) => {
      lan.filter = ({ from }, to) => from !== 'carol' || to.name !== 'alice';
      carol.start(walkPhrase);
    },
    at(800, ({ bob }) => bob.command(choiceOf(bob, 'carol'))),
  ],
  // bob starts again while alice's slow disk writes; and cancels.
  ...[false, true].map((cancels) => [
    ({ alice }: Cast) => {
      alice.storeMs = 3000;
    },
    at(1075, ({ bob }) => {
      bob.crash();
      bob.start(walkPhrase);
    }),
    at(2000, ({ bob }) => cancels && bob.command({ name: 'cancel' })),
  ]),
  [
    at(1090, ({ bob }) => {
      bob.crash();
      bob.start(walkPhrase);
    }),
    at(1500, ({ bob }) => bob.command({ name: 'cancel' })),
  ],
  ...[1065, 1080, 1100, 1400].map((ms) => [
    at(ms, ({ alice }) => {
      alice.crash();
      alice.start(walkPhrase);
    }),
  ]),
  [at(20_000, ({ bob }) => bob.command({ name: 'forget', record: bob.state.current ?? '' }))],
  [at(20_000, ({ alice }) => alice.command({ name: 'forget', record: alice.state.current ?? '' }))],
];

function choiceOf(host: LanHost, name: string): Extract<Input, { type: 'command' }>['command'] {
  const last = host.said('choose').at(-1);
  const found = last?.event === 'choose' ? last.candidates.find(({ peer }) => peer.userName === name) : undefined;
  return { name: 'choose', candidate: found?.candidate ?? '' };
}

function chooseFirst(host: LanHost): Extract<Input, { type: 'command' }>['command'] {
  const last = host.said('choose').at(-1);
  const first = last?.event === 'choose' ? last.candidates[0] : undefined;
  return { name: 'choose', candidate: first?.candidate ?? '' };
}

export interface Walk {
  /** One of each kind, in the order in which they were met. */
  readonly states: readonly Lp1State[];
  readonly letters: readonly Input[];
  readonly cells: ReadonlySet<string>;
  readonly steps: number;
}

/** All of alice's states and inputs in all plots, then every letter in every kind of state, up to so many of each situation. */
export function walk(suite: Suite, kindsMax: number): Walk {
  const states = new Map<string, Lp1State>();
  const letters = new Map<string, Input>();
  const cells = new Set<string>();
  const frontier: Lp1State[] = [];
  let steps = 0;
  const room = new Map<string, number>();
  const keep = (state: Lp1State): void => {
    const kind = kindOf(state);
    if (states.has(kind)) return;
    states.set(kind, state);
    frontier.push(state);
  };
  const meet = (state: Lp1State): void => {
    const left = room.get(state.situation) ?? kindsMax;
    if (left === 0 || states.has(kindOf(state))) return;
    room.set(state.situation, left - 1);
    keep(state);
  };
  for (const plot of plots) play(suite, plot, keep, (input) => letters.set(canonical(input), input));
  for (const input of strangers(suite)) letters.set(canonical(input), input);
  // Every start with the records that were held then, once more without a phrase.
  const starts = [...letters.values()].flatMap((input) =>
    input.type === 'start' ? [input, { ...input, phrase: null }] : [],
  );
  const fixed = [...letters.values()].filter(({ type }) => type !== 'start');
  const take = (state: Lp1State, input: Input): void => {
    const [next, , { situation, event }] = protocol.step(state, input, suite);
    cells.add(`${situation}/${event}`);
    steps++;
    if (next !== state) meet(next);
  };
  for (const input of starts) take(protocol.initial(), input);
  for (let i = 0; i < frontier.length; i++) {
    const state = frontier[i];
    if (state === undefined || state.situation === 'Idle') continue;
    for (const input of fixed) take(state, input);
    for (const input of openTo(state)) take(state, input);
  }
  return { states: [...states.values()], letters: fixed, cells, steps };
}

/** What makes two states differ in what they may do next; counters and addresses do not count. */
function kindOf(state: Lp1State): string {
  const { situation, current, bonds, candidates, secrets, queue, working, told } = state;
  return canonical([
    situation,
    bonds.map(({ record, step, heard, known, old, given }) => [record === current, step, heard, known, old, given]),
    candidates.map(({ iid, sources, verified, confirm, proof, dead }) => [
      iid,
      sources.map(({ pending, heard, share }) => [pending !== null, heard !== null, share !== null]),
      verified !== null,
      confirm !== null,
      proof !== null,
      dead,
    ]),
    [
      secrets.entropy !== null,
      secrets.prs !== null,
      secrets.watch.map(({ iid }) => iid),
      queue.length,
      working,
      told.length,
    ],
  ]);
}

function play(
  suite: Suite,
  plot: readonly Plot[],
  meet: (state: Lp1State) => void,
  hear: (input: Input) => void,
): void {
  const lan = new Lan(suite, 7);
  const [alice, bob, carol, mallory] = [lan.add('alice'), lan.add('bob'), lan.add('carol'), lan.add('mallory')];
  alice.watch = meet;
  alice.start(walkPhrase);
  bob.start(walkPhrase);
  for (const act of plot) act({ lan, alice, bob, carol, mallory });
  lan.pass(60_000);
  for (const input of alice.inputs) hear(input);
}

/** What a person, the machine and strangers may do at any time. */
function strangers(suite: Suite): readonly Input[] {
  const source = { address: '10.0.0.99', port: 40_001 };
  const stranger = suite.hash(utf8('a stranger')).slice(0, 16);
  const lan = new Lan(suite, 7);
  const alice = lan.add('alice');
  alice.start(walkPhrase);
  const { iid } = alice.state;
  const datagram = (bytes: Uint8Array): Input => ({ type: 'datagram', bytes, source, interface: 'eth0', via: 'group' });
  const cookie = new Uint8Array(8);
  const command = (given: Extract<Input, { type: 'command' }>['command']): Input => ({
    type: 'command',
    command: given,
  });
  return [
    datagram(new Uint8Array(3)),
    datagram(writeBeacon({ from: stranger, channel: '73', cookie: null, returned: null })),
    datagram(writeBeacon({ from: stranger, channel: '73', cookie, returned: null })),
    datagram(writeBeacon({ from: stranger, channel: '73', cookie, returned: cookie })),
    datagram(writeBeacon({ from: stranger, channel: '', cookie: null, returned: null })),
    datagram(writeBeacon({ from: stranger, channel: '', cookie, returned: null })),
    datagram(writeBeacon({ from: stranger, channel: '74', cookie: null, returned: null })),
    datagram(writeHint({ from: stranger, to: iid, versions: [2] })),
    ...[
      'beacon',
      'echo',
      'work',
      'crowd',
      'window',
      'linger',
      'units',
      'keys',
      'multicast',
      'calm',
      'rest',
      'never',
    ].map((name): Input => ({ type: 'timer', name })),
    command({ name: 'phrase', phrase: { text: walkPhrase, bits: 44 } }),
    command({ name: 'phrase', phrase: { text: 'short', bits: 44 } }),
    command({ name: 'choose', candidate: 'nobody' }),
    command({ name: 'forget', record: 'nothing' }),
    ...(['cancel', 'nudge', 'grant'] as const).map((name) => command({ name })),
    command({ name: 'find', record: 'nothing' }),
    { type: 'interfaces', interfaces: [{ name: 'eth1', addresses: [{ family: 4, address: '10.0.1.9', prefix: 24 }] }] },
    { type: 'resumed', entropy: new Uint8Array(32) },
    { type: 'outcome', outcome: { of: 'send', ok: false, interface: 'eth0', reason: 'ENETDOWN' } },
    { type: 'outcome', outcome: { of: 'sign', id: 'possession/of-another-session', ok: false, reason: 'no agent' } },
    { type: 'outcome', outcome: { of: 'store', id: 'old/keep', ok: false, reason: 'the disk is full' } },
  ];
}

/** What may happen in this very state: each outcome, good or bad, of all that may have been asked for; choices. */
function openTo({ bonds, candidates, iid }: Lp1State): readonly Input[] {
  const signing = { of: 'sign', id: signingOf(iid) } as const;
  const outcome = (of: 'store' | 'provision' | 'unprovision', id: string): readonly Input[] => [
    { type: 'outcome', outcome: { of, id, ok: true } },
    { type: 'outcome', outcome: { of, id, ok: false, reason: 'the disk is full' } },
  ];
  return [
    { type: 'outcome', outcome: { ...signing, ok: false, reason: 'no agent' } },
    { type: 'outcome', outcome: { ...signing, ok: true, signature: new Uint8Array(3) } },
    ...bonds.flatMap(({ record }): readonly Input[] => [
      ...outcome('store', `${record}/commit`),
      ...outcome('store', `${record}/keep`),
      ...outcome('provision', `${record}/provision`),
      ...outcome('unprovision', `${record}/unprovision`),
      { type: 'timer', name: `fin ${record}` },
      { type: 'command', command: { name: 'forget', record } },
    ]),
    ...candidates.flatMap(({ iid }): readonly Input[] => [
      { type: 'timer', name: `say ${iid}` },
      { type: 'command', command: { name: 'choose', candidate: iid } },
    ]),
  ];
}
