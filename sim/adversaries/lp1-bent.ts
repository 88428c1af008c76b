/**
 * Adversaries that run lp1 itself, each with one thing bent: with a guessed phrase they are strangers, with the right one
 * insiders. And the spammer, who speaks the beginning of many conversations and the rest of none.
 */

import { mappedAddress, parseAddress } from '../../protocol/address.ts';
import { decodeBase64 } from '../../protocol/base64.ts';
import { concat, toHex, utf8 } from '../../protocol/bytes.ts';
import { type Cbor, CborMap, decodeMap, encode } from '../../protocol/cbor.ts';
import type { Endpoint } from '../../protocol/contract.ts';
import { associatedData, type SessionKeys, sessionKeys, shareSigned } from '../../protocol/lp1/keys.ts';
import {
  type Message,
  read,
  type Share,
  shareBody,
  writeBeacon,
  writeHint,
  writeShare,
} from '../../protocol/lp1/messages.ts';
import { port } from '../../protocol/lp1/state.ts';
import type { Says } from '../scenario/scenario.ts';
import { type Adversary, type AdversaryKind, type AdversaryTable, type Lair, neighbour } from './adversary.ts';
import { type Bent, machineOf } from './lp1-imposter.ts';
import { changing, inTheMiddle } from './path.ts';

function bent(does: string, how: (lair: Lair) => Bent): AdversaryKind {
  return { does, powers: ['observe', 'inject'], create: (lair) => machineOf(lair, how(lair)) };
}

export const bentMachines: AdversaryTable = {
  racer: bent('an imposter that begins before anybody else: its BEACONs and answers come first', () => ({})),
  overhearer: bent('an imposter that overheard the phrase: give it the one that the others have', () => ({})),
  insider: bent('knows the phrase, and says of itself whatever `says` tells', ({ spec }) => ({
    identity: (own) => identityWith(own, spec.says),
  })),
  cloner: bent("says that another's ssh key is its own, and signs with the key that it has", (lair) => ({
    identity: (own) => identityWith(own, { sshKey: lair.sshKeyOf(lair.spec.claims ?? lair.spec.name) }),
  })),
  twofaced: bent('sends each SHARE twice, with another Y the second time, both validly signed', ({ suite }) => ({
    says: (message, bytes, sign) =>
      message.kind === 'SHARE'
        ? [bytes, shareWith(message, { y: suite.group.element(suite.hash(message.y)) }, sign)]
        : [bytes],
  })),
  degenerate: bent('sends SHAREs whose Y is the identity, no point at all, or not canonical, validly signed', () => ({
    says: (message, bytes, sign) =>
      message.kind === 'SHARE' ? badPoints.map((y) => shareWith(message, { y }, sign)) : [bytes],
  })),
  neutral: bent(
    'has the identity for its Y, and with it for every K: whoever computes on shares a key with it, whatever the phrase',
    ({ suite }) => ({ suite: { ...suite, group: { ...suite.group, multiply: () => new Uint8Array(32) } } }),
  ),
  ancient: bent(
    'offers a version that is not spoken any more, in a validly signed SHARE, and says so in a HINT',
    () => ({
      says: (message, bytes, sign) =>
        message.kind === 'SHARE'
          ? [shareWith(message, { ad: versionsIn(message.ad, [0]) }, sign), writeHint({ ...message, versions: [0] })]
          : [bytes],
    }),
  ),
  futurist: bent('has a key in its SHAREs that this version does not know, validly signed: a version to come', () => ({
    says: (message, bytes, sign) => futureWords(message, bytes, sign),
  })),
  mitm: {
    does: 'stands between all others, lets nothing pass, and speaks with each of them as the other one, with its own key',
    powers: ['observe', 'sniff', 'inject', 'drop'],
    create: (lair) => inTheMiddle(lair, machineOf(lair)),
  },
  downgrader: {
    does: 'takes this version out of the offers that pass it, and hints that only an older one is spoken',
    powers: ['observe', 'sniff', 'inject', 'modify'],
    create: downgrader,
  },
  spammer: {
    does: 'begins a conversation every everyMs under another iid and address, and answers each cookie with a SHARE of noise',
    powers: ['observe', 'sniff', 'spoof'],
    create: spammer,
  },
};

/** Encodings that no honest machine sends: the identity, a negative one, the field's prime, noise. */
const badPoints: readonly Uint8Array[] = [
  new Uint8Array(32),
  Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 1 : 0)),
  Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 0xed : i === 31 ? 0x7f : 0xff)),
  new Uint8Array(32).fill(0xff),
];

type Sign = (bytes: Uint8Array) => Uint8Array;

function shareWith(share: Share, changes: Partial<Share>, sign: Sign): Uint8Array {
  const changed = { ...share, ...changes };
  return writeShare({ ...changed, sig: sign(shareSigned(shareBody(changed))) });
}

/** AD with other versions in it; everything else as it is. */
function versionsIn(ad: Uint8Array, versions: readonly number[]): Uint8Array {
  const decoded = decodeMap(ad);
  return decoded.ok ? encode(new CborMap([...decoded.value, [1, versions] as const])) : ad;
}

/** Above all that SPEC.md §4 gives a meaning. */
const unknownKey = 23;

function futureWords(message: Message, bytes: Uint8Array, sign: Sign): readonly Uint8Array[] {
  const decoded = decodeMap(bytes.subarray(4));
  if (!decoded.ok || message.kind !== 'SHARE') return [bytes];
  const known = [...decoded.value].filter(([key]) => key !== sigKey);
  const unknown: [number, Cbor] = [unknownKey, 'a thing of the next version'];
  const body = encode(new CborMap([...known, unknown]));
  const sig: [number, Cbor] = [sigKey, sign(shareSigned(body))];
  const map = new CborMap([...known, sig, unknown]);
  return [concat(bytes.subarray(0, 4), encode(map))];
}

/** SPEC.md §4: where a SHARE has its signature. */
const sigKey = 10;

/** The padded identity with other fields; what cannot be put into bytes is left as it is. */
function identityWith(own: Uint8Array, says: Says): Uint8Array {
  const length = ((own[0] ?? 0) << 8) | (own[1] ?? 0);
  const decoded = decodeMap(own.subarray(2, 2 + length));
  if (!decoded.ok) return own;
  const changed = encode(new CborMap([...decoded.value, ...entriesOf(says)].sort(([a], [b]) => a - b)));
  const padded = new Uint8Array(own.length);
  padded.set([changed.length >> 8, changed.length & 255]);
  padded.set(changed.subarray(0, own.length - 2), 2);
  return padded;
}

/** SPEC.md §5: keys of the identity. */
function entriesOf({
  hostName,
  userName,
  directory,
  displayName,
  repository,
  sshKey,
  hostKeys,
  addresses,
}: Says): readonly [number, Cbor][] {
  const texts: readonly [number, string | undefined][] = [
    [4, userName],
    [5, hostName],
    [6, directory],
    [7, repository],
    [8, displayName],
  ];
  const entries = texts.flatMap(([key, said]): [number, Cbor][] => (said === undefined ? [] : [[key, said]]));
  if (sshKey !== undefined) entries.push([1, rawKey(sshKey)]);
  if (hostKeys !== undefined) entries.push([3, hostKeys.map((line) => decodeLine(line))]);
  if (addresses !== undefined) entries.push([9, addresses.map((text) => parseAddress(text)?.bytes ?? utf8(text))]);
  return entries;
}

/** The last 32 bytes of an ssh-ed25519 line; of anything else its bytes as they are. */
function rawKey(line: string): Uint8Array {
  const blob = decodeLine(line);
  return line.startsWith('ssh-ed25519 ') && blob.length >= 32 ? blob.slice(-32) : utf8(line);
}

function decodeLine(line: string): Uint8Array {
  const base64 = line.split(' ')[1] ?? '';
  return decodeBase64(base64) ?? utf8(line);
}

// ------------------------------------------------------------------------------------------------ without a machine

function downgrader(lair: Lair): Adversary {
  return changing(lair, ({ bytes, toGroup, source }) => {
    const reading = read(bytes);
    if (!reading.ok) return null;
    const { message } = reading;
    if (message.kind === 'SHARE') {
      const hint = writeHint({ from: message.to, to: message.from, versions: [0] });
      lair.after(0, () => lair.send(hint, source));
      return writeShare({ ...message, ad: versionsIn(message.ad, [0]) });
    }
    const decoded = decodeMap(bytes.subarray(4));
    if (message.kind !== 'BEACON' || !toGroup || !decoded.ok) return null;
    return concat(bytes.subarray(0, 4), encode(new CborMap([...decoded.value, [versionKey, oldVersion] as const])));
  });
}

/** SPEC.md §4: where a BEACON has its version. 0 is none: the lowest that a BEACON may say is 1. */
const versionKey = 4;
const oldVersion = 0;

/** Conversations of a spammer that it can still answer in. */
const floodMax = 4096;

function spammer(lair: Lair): Adversary {
  const { suite, spec, stream } = lair;
  const begun = new Map<string, { readonly number: number; readonly source: Endpoint }>();
  let channel = '';
  const keysOf = (number: number): SessionKeys =>
    sessionKeys(suite, suite.hash(utf8(`${spec.name}, seed ${lair.seed}, ${number}`)).slice(0, 32));
  const begin = (number: number): void => {
    if (number >= spec.times || lair.nowUs() > spec.untilUs) return;
    const address = neighbour(lair, stream.integer(100, 250));
    const source = { address, port: stream.integer(1024, 65_535) };
    const cookie = suite.hash(utf8(`${number}`)).slice(0, 8);
    if (begun.size < floodMax) begun.set(toHex(cookie), { number, source });
    lair.spoof(writeBeacon({ from: keysOf(number).iid, channel, cookie, returned: null }), source, 'group', null);
    lair.after(spec.everyUs, () => begin(number + 1));
  };
  return {
    start: () => begin(0),
    hear({ bytes, source, toGroup }) {
      const reading = read(bytes);
      if (!reading.ok || reading.message.kind !== 'BEACON') return;
      const { from, channel: theirs, cookie, returned } = reading.message;
      if (toGroup) channel = theirs;
      const one = returned === null ? undefined : begun.get(toHex(returned));
      if (one === undefined || cookie === null || returned === null) return;
      const { seed, vk, iid } = keysOf(one.number);
      const y = suite.group.element(suite.hash(iid));
      const sentTo = mappedAddress(source.address) ?? new Uint8Array(16);
      const ad = associatedData(iid, port);
      const share = { from: iid, to: from, vk, y, ad, cookie: returned, returned: cookie, sentTo };
      const sig = suite.signatures.sign(seed, shareSigned(shareBody(share)));
      lair.spoof(writeShare({ ...share, sig }), one.source, source, null);
    },
  };
}
