/** Flawed variants of annex: most are what git-annex, or the seed's first sketch, really did. */
import { toHex } from '../../protocol/bytes.ts';
import type { Effect, Json, Notice, PlainState } from '../../protocol/contract.ts';
import { annex, type Message } from '../../protocol/index.ts';
import type { Subject } from '../subject.ts';
import { type Flaw, flawed, type Specimen } from './specimen.ts';

/** The specimens of annex, on the sound subject. */
export function annexSpecimens(sound: Subject): readonly Specimen[] {
  return specimens.map(({ flaw, name, breaks, bends }) => ({ name, flaw, breaks, subject: flawed(sound, bends) }));
}

const specimens: readonly {
  readonly name: string;
  readonly flaw: string;
  readonly breaks: string;
  readonly bends: Flaw;
}[] = [
  {
    name: 'verify-always-true',
    flaw: 'every digest is taken for right',
    breaks: 'proof',
    bends: {
      hear({ input, state }) {
        const key = keyOf(state);
        const message = input.type === 'datagram' ? messageIn(input.bytes) : null;
        if (input.type !== 'datagram' || key === null || message === null) return input;
        return { ...input, bytes: annex.write(annex.sign(message, key)) };
      },
    },
  },
  {
    name: 'pair-done-once',
    flaw: 'PairDone is sent once and never again, as git-annex does',
    breaks: 'fair-loss',
    bends: {
      act({ effects, memory }) {
        const isDone = (effect: Effect): boolean =>
          effect.type === 'send' && messageIn(effect.bytes)?.stage === 'PairDone';
        if (memory === true) return { effects: effects.filter((effect) => !isDone(effect)), memory };
        return { effects, memory: effects.some(isDone) };
      },
    },
  },
  {
    name: 'stops-at-bad-digest',
    flaw: 'the first bad digest under its UUID turns the pairing off, as git-annex does',
    breaks: 'fair-loss',
    bends: deafAfter('bad-digest'),
  },
  {
    name: 'one-global-slot',
    flaw: 'any answer, of whatever pairing, is taken for the one that is waited for, and ends it',
    breaks: 'replay',
    bends: deafAfter('unknown-pairing'),
  },
  {
    name: 'any-answer-is-mine',
    flaw: 'a PairAck of any UUID is taken for the answer to the own request',
    breaks: 'agreement',
    bends: {
      hear({ input, state, memory }) {
        const key = keyOf(state);
        const message = input.type === 'datagram' ? messageIn(input.bytes) : null;
        if (input.type !== 'datagram' || key === null || message?.stage !== 'PairAck' || typeof memory !== 'string')
          return input;
        if (message.data.pairUUID === memory || !annex.verify(message, key)) return input;
        return {
          ...input,
          bytes: annex.write(annex.sign({ ...message, data: { ...message.data, pairUUID: memory } }, key)),
        };
      },
      act({ effects, memory }) {
        const asked = effects
          .flatMap((effect) => (effect.type === 'send' ? (messageIn(effect.bytes) ?? []) : []))
          .find(({ stage }) => stage === 'PairReq');
        return { effects, memory: asked?.data.pairUUID ?? memory };
      },
    },
  },
  {
    name: 'last-name-wins',
    flaw: 'shows the name of whoever spoke last, not of the one who proved the phrase',
    breaks: 'agreement',
    bends: {
      act({ input, effects, memory }) {
        const heard = input.type === 'datagram' ? (messageIn(input.bytes)?.data.remoteHostName ?? memory) : memory;
        const renamed = (notice: Notice): Notice =>
          notice.event === 'paired' && typeof heard === 'string'
            ? { ...notice, peer: { ...notice.peer, hostName: heard } }
            : notice;
        return {
          effects: effects.map((effect) =>
            effect.type === 'notify' ? { ...effect, notice: renamed(effect.notice) } : effect,
          ),
          memory: heard,
        };
      },
    },
  },
  {
    name: 'grants-everybody',
    flaw: 'gives a key to each machine that knows the phrase, not to one',
    breaks: 'one-peer',
    bends: {
      act({ input, state, effects, memory }) {
        const key = keyOf(state);
        const message = input.type === 'datagram' ? messageIn(input.bytes) : null;
        const granted = Array.isArray(memory) ? memory.map(String) : [];
        if (key === null || message === null || !annex.verify(message, key)) return { effects, memory };
        const theirs = message.data.remoteSshPubKey;
        const own = 'self' in state ? (state.self as { readonly sshKey: string }).sshKey : '';
        if (theirs === own || granted.includes(theirs)) return { effects, memory };
        const record = `everybody${granted.length}`.padEnd(16, '0');
        return {
          effects: [
            ...effects,
            { type: 'store', id: `bent ${record}`, record: { id: record, protocol: 'annex', body: null } },
            { type: 'provision', id: `bent ${record}`, grant: { record, key: theirs } },
          ],
          memory: [...granted, theirs],
        };
      },
    },
  },
  {
    name: 'silent-half',
    flaw: 'never says that a pairing is half done',
    breaks: 'quiet-end',
    bends: {
      act: ({ effects, memory }) => ({
        effects: effects.filter((effect) => effect.type !== 'notify' || effect.notice.event !== 'half'),
        memory,
      }),
    },
  },
  {
    name: 'key-in-record',
    flaw: "stores the phrase's key with the record, so as to go on after a crash without asking",
    breaks: 'secrets',
    bends: {
      act({ state, effects, memory }) {
        const key = keyOf(state);
        if (key === null) return { effects, memory };
        const told = (body: Json): Json => ({ body, key: toHex(key) });
        return {
          effects: effects.map((effect) =>
            effect.type === 'store'
              ? { ...effect, record: { ...effect.record, body: told(effect.record.body) } }
              : effect,
          ),
          memory,
        };
      },
    },
  },
  {
    name: 'grants-before-storing',
    flaw: 'installs the key before the record of it is on the disk',
    breaks: 'crash',
    bends: {
      act({ effects, memory }) {
        const proven = effects.flatMap((effect) =>
          effect.type === 'notify' && effect.notice.event === 'proven' ? [effect.notice] : [],
        );
        const hasty = proven.map(
          ({ record, peer }): Effect => ({ type: 'provision', id: `bent ${record}`, grant: { record, key: peer.key } }),
        );
        return { effects: [...hasty, ...effects], memory };
      },
    },
  },
];

/** After the first refusal by this rule nothing is heard or sent any more. */
function deafAfter(rule: string): Flaw {
  return {
    hear: ({ input, memory }) => (memory === 'deaf' && input.type !== 'start' ? null : input),
    act({ effects, memory }) {
      const ends = effects.some(
        (effect) =>
          effect.type === 'notify' && effect.notice.event === 'refused' && effect.notice.refusal.rule === rule,
      );
      return { effects, memory: ends ? 'deaf' : memory };
    },
  };
}

function messageIn(bytes: Uint8Array): Message | null {
  const reading = annex.read(bytes);
  return reading.ok ? reading.message : null;
}

/** The phrase's key in a state of annex, while it is there. */
function keyOf({ secrets }: PlainState): Uint8Array | null {
  const key: unknown = secrets !== null && 'key' in secrets ? secrets.key : null;
  return key instanceof Uint8Array ? key : null;
}
