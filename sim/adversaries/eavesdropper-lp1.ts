/**
 * What a recording of lp1 lets one compute for a guess of the phrase, all of it tried:
 *
 * - the guess's generator g, and whether a recorded Y is g itself, or a multiple of it by a scalar that an outsider can
 *   know: 1, and what follows from zeros, from public values or from the guess;
 * - the session keys of every K that an outsider can name (g, either Y, their products with such scalars), and the guess
 *   itself as a key: whether a recorded tag, box or end's mac fits what follows from one of them;
 * - whether vk, or a cookie, was made from the guess.
 *
 * Against lp1 none of this ever fits, whatever the guess: a Y is a multiple of every generator, by a scalar that only a
 * discrete logarithm tells, and without it K stays unknown. Against a flawed lp1 it does: specimens/overheard.ts.
 */
import { equalBytes, toHex } from '../../protocol/bytes.ts';
import type { Endpoint, Suite } from '../../protocol/contract.ts';
import { generator, sessionKey } from '../../protocol/lp1/cpace.ts';
import {
  candidateKeys,
  confirmTag,
  cookieFor,
  finMac,
  openIdentity,
  scalarFor,
  sessionKeys,
  settingOf,
  sidOf,
  transcriptHash,
} from '../../protocol/lp1/keys.ts';
import { type Confirm, type Fin, read, type Share } from '../../protocol/lp1/messages.ts';
import { checkPhrase } from '../../protocol/lp1/phrase.ts';
import type { Datagram } from '../network.ts';
import type { MakeTrial } from './eavesdropper.ts';

/** What two machines were heard to say to each other. */
interface Conversation {
  readonly channel: string;
  /** Both SHAREs, each with where it was sent to. */
  readonly a: Heard<Share>;
  readonly b: Heard<Share>;
  readonly confirms: readonly Heard<Confirm>[];
  readonly fins: readonly Heard<Fin>[];
  /** Of both CONFIRMs; null where one was not heard. */
  readonly th: Uint8Array | null;
}

type Heard<M> = M & { readonly endpoint: Endpoint };

/** Conversations of a recording that are attacked: the first ones. */
const conversationsMax = 4;

export const lp1Trial: MakeTrial = (recording, suite) => {
  const conversations = conversationsIn(recording, suite);
  const count = (of: 'confirms' | 'fins'): number => conversations.reduce((sum, one) => sum + one[of].length, 0);
  return {
    heard:
      conversations.length === 0
        ? null
        : `${2 * conversations.length} Ys with their keys and cookies, ${count('confirms')} tags and boxes, ${count('fins')} macs`,
    confirms(guess) {
      const check = checkPhrase({ text: guess, bits: Number.MAX_VALUE, accepted: ['weak', 'slip'] });
      if (!check.ok) return null;
      return first(conversations, (conversation) => confirming(conversation, check.prs, suite));
    },
  };
};

function first<T, R>(items: readonly T[], look: (item: T) => R | null): R | null {
  for (const item of items) {
    const found = look(item);
    if (found !== null) return found;
  }
  return null;
}

function conversationsIn(recording: readonly Datagram[], suite: Suite): readonly Conversation[] {
  const channels = new Map<string, string>();
  const shares = new Map<string, Heard<Share>>();
  const confirms = new Map<string, Heard<Confirm>>();
  const fins: Heard<Fin>[] = [];
  for (const { bytes, to: endpoint } of recording) {
    const reading = read(bytes);
    if (!reading.ok) continue;
    const { message } = reading;
    if (message.kind === 'BEACON') channels.set(toHex(message.from), message.channel);
    else if (message.kind === 'SHARE') shares.set(wayOf(message), { ...message, endpoint });
    else if (message.kind === 'CONFIRM') confirms.set(wayOf(message), { ...message, endpoint });
    else if (message.kind === 'READY' || message.kind === 'DONE' || message.kind === 'CANCEL')
      fins.push({ ...message, endpoint });
  }
  const found: Conversation[] = [];
  for (const a of shares.values()) {
    const b = shares.get(wayOf({ from: a.to, to: a.from }));
    if (b === undefined || toHex(a.from) > toHex(b.from) || found.length >= conversationsMax) continue;
    const ways = [wayOf(a), wayOf(b)];
    const both = ways.flatMap((way) => confirms.get(way) ?? []);
    const [one, other] = both;
    found.push({
      channel: channels.get(toHex(a.from)) ?? '',
      a,
      b,
      confirms: both,
      fins: fins.filter((fin) => ways.includes(wayOf(fin))),
      th:
        one === undefined || other === undefined
          ? null
          : transcriptHash(suite, { ...one, iid: one.from }, { ...other, iid: other.from }),
    });
  }
  return found;
}

function wayOf({ from, to }: { readonly from: Uint8Array; readonly to: Uint8Array }): string {
  return `${toHex(from)} ${toHex(to)}`;
}

/** What of this conversation fits the guess. */
function confirming(conversation: Conversation, prs: Uint8Array, suite: Suite): string | null {
  const { a, b, channel } = conversation;
  const g = generator(suite, settingOf(prs, channel, a.from, b.from));
  const guessed = [prs, suite.hash(prs).slice(0, 32)];
  const vks = guessed.map((key) => sessionKeys(suite, key).vk);
  for (const [mine, theirs] of [
    [a, b],
    [b, a],
  ] as const) {
    if (equalBytes(mine.y, g)) return 'a Y that is the generator';
    const named = [new Uint8Array(32), mine.from, mine.vk, ...guessed];
    for (const scalar of [one, ...named.map((entropy) => scalarFor(suite, entropy, theirs.from))]) {
      const y = suite.group.multiply(scalar, g);
      if (y !== null && equalBytes(y, mine.y)) return 'a Y whose scalar is no secret';
    }
    if (vks.some((vk) => equalBytes(vk, mine.vk))) return 'a session key made of the phrase';
    const cookie = (key: Uint8Array): Uint8Array => cookieFor(suite, key, mine.endpoint, theirs.from);
    if (guessed.some((key) => equalBytes(cookie(key), mine.cookie))) return 'a cookie under a key of the phrase';
  }
  const keys = [...guessed, g, ...[g, a.y, b.y].map((k) => keyOfK(suite, conversation, k))];
  return first(keys, (key) => opened(conversation, key, suite));
}

const one: Uint8Array = Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 1 : 0));

/** The session key of this conversation, were this its K. */
function keyOfK(suite: Suite, { a, b }: Conversation, k: Uint8Array): Uint8Array {
  const known: Suite = { ...suite, group: { ...suite.group, multiply: () => k } };
  return sessionKey(known, { scalar: one, sid: sidOf(a.from, b.from), mine: a, theirs: b }) ?? k;
}

/** What keys that follow from this secret fit. */
function opened({ a, b, confirms, fins, th }: Conversation, secret: Uint8Array, suite: Suite): string | null {
  const keys = candidateKeys(suite, secret, a.from, b.from);
  const sideOf = (from: Uint8Array): typeof keys.mine => (equalBytes(from, a.from) ? keys.mine : keys.theirs);
  const confirm = first(confirms, ({ from, to, body, tag, box }) => {
    const { mac, box: key } = sideOf(from);
    // The secret itself as the key too, as whoever forgets to derive one would have it.
    if ([mac, secret].some((one) => equalBytes(confirmTag(suite, one, body), tag))) return 'the tag of a CONFIRM';
    if (openIdentity(suite, key, box, from, to) !== null) return 'the box of a CONFIRM';
    return null;
  });
  if (confirm !== null || th === null) return confirm;
  return first(fins, ({ from, kind, body, mac }) =>
    [sideOf(from).fin, secret].some((key) => equalBytes(finMac(suite, key, kind, body, th), mac))
      ? `the mac of a ${kind}`
      : null,
  );
}
