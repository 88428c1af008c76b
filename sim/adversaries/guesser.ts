/**
 * Guessers: strangers who try phrases against the machines themselves, one guess for each iid that they make. Each wants
 * the victim's tag, which says whether the guess was right, and has no use for the conversation after it.
 */
import { mappedAddress } from '../../protocol/address.ts';
import { equalBytes, toHex, utf8 } from '../../protocol/bytes.ts';
import type { Endpoint } from '../../protocol/contract.ts';
import { generator, sessionKey } from '../../protocol/lp1/cpace.ts';
import {
  associatedData,
  candidateKeys,
  confirmTag,
  type SessionKeys,
  scalarFor,
  sessionKeys,
  settingOf,
  shareSigned,
  sidOf,
  sortedIids,
} from '../../protocol/lp1/keys.ts';
import {
  boxBytes,
  type Confirm,
  confirmBody,
  read,
  type Share,
  shareBody,
  writeBeacon,
  writeConfirm,
  writeShare,
} from '../../protocol/lp1/messages.ts';
import { checkPhrase } from '../../protocol/lp1/phrase.ts';
import { port } from '../../protocol/lp1/state.ts';
import type { Datagram } from '../network.ts';
import { type Adversary, type AdversaryKind, type AdversaryTable, type Lair, neighbour } from './adversary.ts';
import { dictionary } from './dictionary.ts';

/**
 * silent: says nothing after the victim's tag. second: the same, and its iids are ground to sort after the victim's.
 * first: sends a tag made from its guess at once. spoofed: from addresses that are not its own, so no cookie comes back.
 */
type Style = 'silent' | 'second' | 'first' | 'spoofed';

interface Victim {
  readonly iid: Uint8Array;
  readonly endpoint: Endpoint;
  readonly channel: string;
}

/** One guess at one victim, under an iid of its own. */
interface Attempt {
  readonly keys: SessionKeys;
  readonly victim: Victim;
  readonly guess: string;
  share: Share | null;
  done: boolean;
}

/** Machines that it goes for at once. */
const victimsMax = 8;
/** Keys that are made to find an iid on the wanted side of the victim's: half of all are. */
const grindMax = 64;

function kind(style: Style, does: string): AdversaryKind {
  return {
    does,
    powers: style === 'spoofed' ? ['observe', 'spoof'] : ['observe', 'inject'],
    create: (lair) => guesser(lair, style),
  };
}

export const guessers: AdversaryTable = {
  guesser: kind('silent', "tries a phrase with each of its iids, everyMs, and falls silent after the victim's tag"),
  'guesser-second': kind('second', "a guesser whose iids are ground to sort after the victim's"),
  'guesser-first': kind('first', "a guesser that sends a tag made from its guess before it has the victim's"),
  'guesser-spoofed': kind('spoofed', 'a guesser from addresses that are not its own: no cookie ever comes back'),
};

function guesser(lair: Lair, style: Style): Adversary {
  const { spec, stream } = lair;
  const guesses = spec.phrase === null ? dictionary() : [spec.phrase];
  const victims = new Map<string, Victim>();
  const attempts: Attempt[] = [];
  const own = new Map<string, Attempt>();
  let [tags, found]: [number, string | null] = [0, null];

  const say = (bytes: Uint8Array, to: Endpoint): void => {
    if (style !== 'spoofed') return lair.send(bytes, to);
    const address = neighbour(lair, stream.integer(100, 250));
    lair.spoof(bytes, { address, port: stream.integer(1024, 65_535) }, to, null);
  };
  const attempt = (victim: Victim): void => {
    const keys = iidFor(lair, style, victim, attempts.length);
    const guess = guesses[attempts.length % guesses.length] ?? '';
    const one: Attempt = { keys, victim, guess, share: null, done: false };
    const cookie = numberBytes(attempts.push(one) - 1);
    own.set(toHex(keys.iid), one);
    say(writeBeacon({ from: keys.iid, channel: victim.channel, cookie, returned: null }), victim.endpoint);
    if (style === 'spoofed') say(shareOf(lair, one, cookie, cookie), victim.endpoint);
  };
  const round = (left: number): void => {
    if (left === 0 || lair.nowUs() > spec.untilUs) return;
    for (const victim of victims.values()) attempt(victim);
    lair.after(spec.everyUs, () => round(victims.size === 0 ? left : left - 1));
  };
  const hearShare = (share: Share, { source }: Datagram): void => {
    const one = own.get(toHex(share.to));
    if (one === undefined || one.share !== null) return;
    one.share = share;
    if (style === 'first') say(confirmOf(lair, one, share), source);
  };
  const hearConfirm = (confirm: Confirm): void => {
    const one = own.get(toHex(confirm.to));
    if (one === undefined || one.share === null || one.done) return;
    one.done = true;
    tags++;
    if (guessFits(lair, one, one.share, confirm)) found ??= one.guess;
    // The next one at once: nobody can guess faster than the victim computes.
    if (lair.nowUs() <= spec.untilUs) attempt(one.victim);
  };
  return {
    start: () => round(spec.times),
    hear(datagram) {
      const reading = read(datagram.bytes);
      if (!reading.ok) return;
      const { message } = reading;
      if (message.kind === 'SHARE') return hearShare(message, datagram);
      if (message.kind === 'CONFIRM') return hearConfirm(message);
      if (message.kind !== 'BEACON' || own.has(toHex(message.from))) return;
      const { from, channel, cookie, returned } = message;
      const one = returned === null ? undefined : attempts[numberOf(returned)];
      if (one !== undefined && cookie !== null && returned !== null && equalBytes(one.victim.iid, from))
        return say(shareOf(lair, one, returned, cookie), datagram.source);
      const known = victims.has(toHex(from)) || victims.size < victimsMax;
      if (returned === null && known) victims.set(toHex(from), { iid: from, endpoint: datagram.source, channel });
    },
    attack: () => ({ phrase: found, tries: tags, heard: `${attempts.length} iids` }),
  };
}

function iidFor({ suite, seed, spec }: Lair, style: Style, victim: Victim, number: number): SessionKeys {
  const make = (turn: number): SessionKeys =>
    sessionKeys(suite, suite.hash(utf8(`${spec.name}, seed ${seed}, ${number}, ${turn}`)).slice(0, 32));
  let keys = make(0);
  if (style !== 'second') return keys;
  for (let turn = 1; turn < grindMax && sortedIids(keys.iid, victim.iid)[0] === keys.iid; turn++) keys = make(turn);
  return keys;
}

function shareOf({ suite }: Lair, one: Attempt, cookie: Uint8Array, returned: Uint8Array): Uint8Array {
  const { keys, victim } = one;
  const content = {
    from: keys.iid,
    to: victim.iid,
    vk: keys.vk,
    y: yOf(suite, one),
    ad: associatedData(keys.iid, port),
    cookie,
    returned,
    sentTo: mappedAddress(victim.endpoint.address) ?? new Uint8Array(16),
  };
  return writeShare({ ...content, sig: suite.signatures.sign(keys.seed, shareSigned(shareBody(content))) });
}

function yOf(suite: Lair['suite'], { keys, victim, guess }: Attempt): Uint8Array {
  const check = checkPhrase({ text: guess, bits: Number.MAX_VALUE, accepted: ['weak', 'slip'] });
  const prs = check.ok ? check.prs : utf8(guess);
  const g = generator(suite, settingOf(prs, victim.channel, keys.iid, victim.iid));
  return suite.group.multiply(scalarFor(suite, keys.seed, victim.iid), g) ?? g;
}

/** The keys that the guess leads to; null where the victim's Y is no point. */
function keysOf({ suite }: Lair, one: Attempt, theirs: Share): ReturnType<typeof candidateKeys> | null {
  const { keys, victim } = one;
  const mine = { y: yOf(suite, one), ad: associatedData(keys.iid, port) };
  const scalar = scalarFor(suite, keys.seed, victim.iid);
  const isk = sessionKey(suite, { scalar, sid: sidOf(keys.iid, victim.iid), mine, theirs });
  return isk === null ? null : candidateKeys(suite, isk, keys.iid, victim.iid);
}

function guessFits(lair: Lair, one: Attempt, share: Share, confirm: Confirm): boolean {
  const keys = keysOf(lair, one, share);
  return keys !== null && equalBytes(confirmTag(lair.suite, keys.theirs.mac, confirm.body), confirm.tag);
}

function confirmOf(lair: Lair, one: Attempt, share: Share): Uint8Array {
  const { suite } = lair;
  const content = {
    from: one.keys.iid,
    to: one.victim.iid,
    y: yOf(suite, one),
    ad: associatedData(one.keys.iid, port),
    box: new Uint8Array(boxBytes),
  };
  const mac = keysOf(lair, one, share)?.mine.mac ?? new Uint8Array(32);
  return writeConfirm({ ...content, tag: confirmTag(suite, mac, confirmBody(content)) });
}

/** Its own cookies are numbers of attempts: what comes back with one says which attempt it answers. */
function numberBytes(number: number): Uint8Array {
  return Uint8Array.from({ length: 8 }, (_, i) => (i < 4 ? 0 : (number >>> (8 * (7 - i))) & 255));
}

function numberOf(bytes: Uint8Array): number {
  return bytes.slice(4).reduce((sum, byte) => sum * 256 + byte, 0);
}
