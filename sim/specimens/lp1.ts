/** Flawed variants of lp1: one for each claim of PROTOCOL.md §2.8. Most were found in a draft of it, or in other programs. */
import { fromHex, toHex } from '../../protocol/bytes.ts';
import type { Effect, Input, Notice, PlainState, Suite } from '../../protocol/contract.ts';
import { confirmTag, sealIdentity } from '../../protocol/lp1/keys.ts';
import { confirmBody, read, writeConfirm } from '../../protocol/lp1/messages.ts';
import { keysOf, type Lp1State } from '../../protocol/lp1/state.ts';
import type { Subject } from '../subject.ts';
import { type Flaw, flawed, type Specimen } from './specimen.ts';

/** The specimens of lp1, on the sound subject. */
export function lp1Specimens(sound: Subject): readonly Specimen[] {
  return specimens.map(({ flaw, name, breaks, bends, suite }) => {
    const bent = bends === undefined ? sound : flawed(sound, bends);
    return { name, flaw, breaks, subject: suite === undefined ? bent : { ...bent, suite: suite(sound.suite) } };
  });
}

const specimens: readonly {
  readonly name: string;
  readonly flaw: string;
  readonly breaks: string;
  readonly bends?: Flaw;
  readonly suite?: (sound: Suite) => Suite;
}[] = [
  {
    name: 'generator-without-phrase',
    flaw: 'the generator does not depend on the phrase, so that everybody arrives at the same keys',
    breaks: 'proof',
    suite: (sound) => ({ ...sound, group: { ...sound.group, element: () => sound.group.element(new Uint8Array(64)) } }),
  },
  {
    name: 'provisions-before-ready',
    flaw: "installs the peer's key as soon as the own record is stored, whether or not the peer has one",
    breaks: 'proof',
    bends: {
      act({ input, state, effects, memory }) {
        const stored = input.type === 'outcome' && input.outcome.of === 'store' && input.outcome.ok;
        const bond = lp1Of(state).bonds.find(({ record }) => record === lp1Of(state).current);
        if (!stored || bond?.step !== 'stored') return { effects, memory };
        const grant = { record: bond.record, key: bond.peer.sshKey };
        return { effects: [...effects, { type: 'provision', id: `bent ${bond.record}`, grant }], memory };
      },
    },
  },
  {
    name: 'own-transcript',
    flaw: 'its record holds a transcript hash of what it said itself, not of what both saw',
    breaks: 'agreement',
    bends: {
      act: ({ effects, memory, suite, state }) => ({
        effects: effects.map((effect) => {
          const body = effect.type === 'store' ? effect.record.body : null;
          if (effect.type !== 'store' || body === null || typeof body !== 'object' || Array.isArray(body))
            return effect;
          const th = toHex(suite.hash(lp1Of(state).iid));
          return { ...effect, record: { ...effect.record, body: { ...Object.fromEntries(Object.entries(body)), th } } };
        }),
        memory,
      }),
    },
  },
  {
    name: 'takes-everybody',
    flaw: 'gives a key to each machine that proves the phrase, and asks nobody which',
    breaks: 'one-peer',
    bends: {
      act: ({ effects, memory }) => ({ effects: [...effects, ...grants(effects)], memory }),
    },
  },
  {
    name: 'no-budget',
    flaw: 'lets strangers guess for as long as they like',
    breaks: 'guesses',
    bends: {
      hear: ({ input }) =>
        input.type === 'start' && input.phrase !== null ? { ...input, phrase: { ...input.phrase, bits: 44 } } : input,
    },
  },
  {
    name: 'believes-any-cancel',
    flaw: 'a CANCEL ends the session, whoever sent it',
    breaks: 'strangers',
    bends: {
      hear({ input, state }) {
        const message = messageIn(input);
        const mine = message?.kind === 'CANCEL' && toHex(message.to) === toHex(lp1Of(state).iid);
        return mine ? { type: 'command', command: { name: 'cancel' } } : input;
      },
    },
  },
  {
    name: 'works-when-it-is-quiet',
    flaw: 'puts work off by a second whenever a datagram comes, so that strangers decide when it works',
    breaks: 'strangers',
    bends: {
      act({ input, state, effects, memory }) {
        const busy = input.type === 'datagram' && lp1Of(state).open.units === 0;
        const later: Effect = { type: 'setTimer', name: 'units', minMs: 1000, maxMs: 1000 };
        return { effects: busy ? [...effects, later] : effects, memory };
      },
    },
  },
  {
    name: 'done-once',
    flaw: 'DONE is sent once and never again',
    breaks: 'fair-loss',
    bends: {
      act({ effects, memory }) {
        const isDone = (effect: Effect): boolean => effect.type === 'send' && kindOf(effect.bytes) === 'DONE';
        if (memory === true) return { effects: effects.filter((effect) => !isDone(effect)), memory };
        const first = effects.findIndex(isDone);
        return {
          effects: effects.filter((effect, index) => index === first || !isDone(effect)),
          memory: first >= 0,
        };
      },
    },
  },
  {
    name: 'mute-half',
    flaw: 'never says that a pairing is half done or unfinished',
    breaks: 'quiet-end',
    bends: {
      act: ({ effects, memory }) => ({
        effects: effects.filter(
          (effect) =>
            effect.type !== 'notify' || (effect.notice.event !== 'half' && effect.notice.event !== 'unfinished'),
        ),
        memory,
      }),
    },
  },
  {
    name: 'phrase-in-record',
    flaw: 'stores what the phrase became, so as to go on after a crash without asking',
    breaks: 'secrets',
    bends: {
      act: ({ state, effects, memory }) => ({
        effects: effects.map((effect) => {
          const { prs } = lp1Of(state).secrets;
          if (effect.type !== 'store' || prs === null) return effect;
          return { ...effect, record: { ...effect.record, body: { body: effect.record.body, prs: toHex(prs) } } };
        }),
        memory,
      }),
    },
  },
  {
    name: 'key-in-notice',
    flaw: 'prints the key of a candidate, to help with debugging',
    breaks: 'secrets',
    bends: {
      act({ state, effects, memory }) {
        const [entry] = lp1Of(state).secrets.candidates;
        if (entry === undefined || memory === 'said') return { effects, memory };
        const notice: Notice = { event: 'trouble', what: 'debug', reason: toHex(entry.keys.mine.box) };
        return { effects: [...effects, { type: 'notify', notice }], memory: 'said' };
      },
    },
  },
  {
    name: 'seals-anew',
    flaw: 'seals its identity anew for each CONFIRM, with how often it has said it, under the one key and nonce',
    breaks: 'secrets',
    bends: {
      act({ state, effects, memory, suite }) {
        let said = typeof memory === 'number' ? memory : 0;
        const anew = (effect: Effect): Effect =>
          effect.type === 'send' && kindOf(effect.bytes) === 'CONFIRM'
            ? { ...effect, bytes: sealedAnew(effect.bytes, lp1Of(state), suite, said++) }
            : effect;
        return { effects: effects.map(anew), memory: said };
      },
    },
  },
  {
    name: 'answers-fivefold',
    flaw: 'answers every BEACON five times, so that one of them surely arrives, whoever may have sent it',
    breaks: 'amplification',
    bends: {
      act({ input, effects, memory }) {
        if (messageIn(input)?.kind !== 'BEACON') return { effects, memory };
        const sends = effects.filter(({ type }) => type === 'send');
        return { effects: [...effects, ...sends, ...sends, ...sends, ...sends], memory };
      },
    },
  },
  {
    name: 'answers-over-again',
    flaw: 'answers a READY at once, although it has just said its own there',
    breaks: 'amplification',
    bends: againAtOnce('READY'),
  },
  {
    name: 'answers-beacons-at-once',
    flaw: 'answers each BEACON of the schedule at once, although it has just said its own there',
    breaks: 'amplification',
    bends: againAtOnce('BEACON'),
  },
  {
    name: 'knocks-next-door',
    flaw: 'answers not only who spoke but the next port as well, where a NAT may have moved him',
    breaks: 'amplification',
    bends: {
      act: ({ effects, memory }) => ({
        effects: effects.flatMap((effect): Effect[] =>
          effect.type === 'send' && effect.to !== 'group'
            ? [effect, { ...effect, to: { ...effect.to, port: effect.to.port + 1 } }]
            : [effect],
        ),
        memory,
      }),
    },
  },
  {
    name: 'shouts',
    flaw: 'says each multicast six times, against loss',
    breaks: 'amplification',
    bends: {
      act: ({ effects, memory }) => ({
        effects: effects.flatMap((effect) =>
          effect.type === 'send' && effect.to === 'group' ? Array.from({ length: 6 }, () => effect) : [effect],
        ),
        memory,
      }),
    },
  },
  {
    name: 'grants-before-record',
    flaw: 'installs the key at the proof, before any record of it is on the disk',
    breaks: 'crash',
    bends: {
      act: ({ effects, memory }) => ({
        effects: [...grants(effects).filter(({ type }) => type === 'provision'), ...effects],
        memory,
      }),
    },
  },
  {
    name: 'rhythm-of-the-phrase',
    flaw: 'the time of its BEACONs depends on the phrase',
    breaks: 'traffic',
    bends: {
      act: ({ state, effects, memory }) => ({
        effects: effects.map((effect) => {
          const sum = lp1Of(state).secrets.prs?.reduce((total, byte) => (total * 31 + byte) % 97, 0) ?? 0;
          if (effect.type !== 'setTimer' || effect.name !== 'beacon') return effect;
          return { ...effect, minMs: effect.minMs + sum, maxMs: effect.maxMs + sum };
        }),
        memory,
      }),
    },
  },
  {
    name: 'old-words-end-it',
    flaw: 'READY, DONE or CANCEL of another conversation, an old one for instance, is taken for the end of this one',
    breaks: 'replay',
    bends: {
      hear: ({ input, memory }) => (memory === 'deaf' && input.type !== 'start' ? null : input),
      act({ input, effects, memory }) {
        const kind = messageIn(input)?.kind;
        const ends = kind === 'READY' || kind === 'DONE' || kind === 'CANCEL';
        const strange = effects.some(
          (effect) =>
            effect.type === 'notify' &&
            effect.notice.event === 'refused' &&
            ['fin', 'not-for-us'].includes(effect.notice.refusal.rule),
        );
        return { effects, memory: ends && strange ? 'deaf' : memory };
      },
    },
  },
];

/** Stores and installs whoever is proven in these effects, under a record of its own. */
function grants(effects: readonly Effect[]): readonly Effect[] {
  return effects.flatMap((effect): Effect[] => {
    if (effect.type !== 'notify' || effect.notice.event !== 'proven') return [];
    const { record: id, peer } = effect.notice;
    const record = `${id.slice(8)}${id.slice(0, 8)}`;
    return [
      { type: 'store', id: `bent ${record}`, record: { id: record, protocol: 'lp1', body: null } },
      { type: 'provision', id: `bent ${record}`, grant: { record, key: peer.key } },
    ];
  });
}

/**
 * Says again what it said of a kind, when that kind comes and the sound protocol keeps its 200 ms. What is answered for what it
 * is comes once for each time that the sound one says it: two of them would talk for ever, and a run would be nothing but that.
 */
function againAtOnce(kind: string): Flaw {
  return {
    act({ input, effects, memory }) {
      const said = effects.find(
        (effect) => effect.type === 'send' && effect.to !== 'group' && kindOf(effect.bytes) === kind,
      );
      const last = typeof memory === 'string' ? memory : null;
      if (said?.type === 'send') return { effects, memory: toHex(said.bytes) };
      const heard = messageIn(input);
      // A BEACON that answers one is none of the schedule.
      const asks = heard?.kind === kind && (heard.kind !== 'BEACON' || heard.cookie === null);
      if (!asks || input.type !== 'datagram' || last === null) return { effects, memory };
      const again: Effect = {
        type: 'send',
        bytes: fromHex(last),
        interface: input.interface,
        from: input.via,
        to: input.source,
      };
      return { effects: [...effects, again], memory: kind === 'BEACON' ? memory : null };
    },
  };
}

/** This CONFIRM with a count in the last byte of its identity's padding. Of a peer whose keys are gone it stays as it was. */
function sealedAnew(bytes: Uint8Array, state: Lp1State, suite: Suite, count: number): Uint8Array {
  const reading = read(bytes);
  const confirm = reading.ok && reading.message.kind === 'CONFIRM' ? reading.message : null;
  const keys = confirm === null ? undefined : keysOf(state, toHex(confirm.to))?.mine;
  if (confirm === null || keys === undefined) return bytes;
  const identity = state.identity.with(-1, count & 0xff);
  const bent = { ...confirm, box: sealIdentity(suite, keys.box, identity, confirm.from, confirm.to) };
  return writeConfirm({ ...bent, tag: confirmTag(suite, keys.mac, confirmBody(bent)) });
}

/** A specimen is made of lp1: its plain state is lp1's. */
function lp1Of(state: PlainState): Lp1State {
  return state as Lp1State;
}

function messageIn(input: Input): Extract<ReturnType<typeof read>, { ok: true }>['message'] | null {
  const reading = input.type === 'datagram' ? read(input.bytes) : null;
  return reading?.ok === true ? reading.message : null;
}

function kindOf(bytes: Uint8Array): string {
  const reading = read(bytes);
  return reading.ok ? reading.message.kind : 'foreign';
}
