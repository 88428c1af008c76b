/**
 * What keeps secrets out of a recording of `lp1`: everything that only the two machines know is replaced by random bytes,
 * call by call, and what is on the wire is left as it is.
 *
 * That is enough, because the core hands secrets to the suite and to nobody else: a replay plays the answers back by their
 * order, so whatever they were computed from need not be there. Replaced are entropy, scalars, the generator and the hash
 * it is made of (a phrase could be tried on either, by who has the file alone), K, ISK, all keys derived from it, those of
 * records, and what of an answer never leaves this machine. Kept is what everybody on the network saw (Y, signatures, boxes,
 * tags, macs), cookies and what else is made with their key alone, and what a box said when it was opened: who the peer is.
 *
 * A phrase stands for one of its kind: one that is refused by the same rule, or that is taken, with the same channel (which
 * is on the wire) and as many guesses, to the power of two. A core in disguise takes each step beside the real one: what
 * the file says is what came of that, and where it is not the same run nothing more is written.
 */
import { toHex, utf8 } from '../bytes.ts';
import { decodeMap } from '../cbor.ts';
import type { Effect, Input, Json, Phrase, Protocol, StartInput, StoredRecord } from '../contract.ts';
import { lvCat } from '../lp1/cpace.ts';
import { protocol } from '../lp1/index.ts';
import { read } from '../lp1/messages.ts';
import { bitsAcceptedMin, bitsMin, checkPhrase } from '../lp1/phrase.ts';
import { readRecord } from '../lp1/record.ts';
import { type Disguise, mapped, withoutReason, withoutReasons } from './disguise.ts';
import { makeDouble } from './double.ts';
import { type Answer, encode } from './format.ts';
import type { Call } from './suites.ts';

const about =
  'Phrase, entropy, scalars, the keys of this pair and of earlier ones, and reasons of failures are replaced by others; no phrase can be tried on this file. As they were: times, datagrams, user and host names, directories, public keys and addresses, also those that the network did not see.';

/** `draw` gives that many random bytes. */
export function lp1Disguise(draw: (length: number) => Uint8Array): Disguise {
  const wire = makeWire();
  return {
    about,
    input(input) {
      wire.heard(input);
      return disguised(input, draw, (record) => withOtherKeys(record, draw));
    },
    answer: (call) => [call.method, answered(call, wire, draw)],
    effects: besideDouble(protocol as unknown as Protocol),
  };
}

/** What came of a step for the core in disguise: the same as for the real one but for keys and reasons, or it throws. */
export function besideDouble(subject: Protocol): Disguise['effects'] {
  let double = makeDouble(subject);
  return (real, told) => {
    if (real.input.type === 'start') double = makeDouble(subject);
    const other = double(told.input, told.answers);
    if (typeof other === 'string') throw new Error(`it cannot be told without its secrets (${other})`);
    const [then, now] = [withoutReasons(real.effects, real.input), other.effects].map((effects) =>
      encode(bare(effects)),
    );
    const isSame = then === now && encode(real.cell) === encode(other.cell);
    if (!isSame) throw new Error('it cannot be told without its secrets');
    return other.effects;
  };
}

// ---------------------------------------------------------------------------------------------------------------- inputs

/** `record`: one of those that the run begins with, without its secrets. */
export function disguised(
  input: Input,
  draw: (length: number) => Uint8Array,
  record: (record: StoredRecord) => StoredRecord,
): Input {
  switch (input.type) {
    case 'start':
      return {
        ...input,
        phrase: input.phrase === null ? null : placeholder(input.phrase),
        entropy: draw(32),
        records: input.records.map(record),
      } satisfies StartInput;
    case 'command':
      return input.command.name === 'phrase'
        ? { type: 'command', command: { name: 'phrase', phrase: placeholder(input.command.phrase) } }
        : input;
    case 'outcome':
      return { type: 'outcome', outcome: withoutReason(input.outcome) };
    case 'resumed':
      return { type: 'resumed', entropy: draw(input.entropy.length) };
    case 'datagram':
    case 'timer':
    case 'interfaces':
      return input;
  }
}

/** Another phrase that is taken, or refused, as this one is. */
function placeholder(typed: Phrase): Phrase {
  const check = checkPhrase(typed);
  const { accepted = [] } = typed;
  if (!check.ok) {
    const [text, bits] = unfit.get(check.rule) ?? [];
    if (text === undefined || bits === undefined) throw new RangeError(`no phrase is known that breaks ${check.rule}`);
    return { text, bits, accepted: accepted.filter((rule) => check.rule !== `phrase-${rule}`) };
  }
  const text = check.channel === '' ? 'phrase that is not in this file' : `${check.channel}-zoo-zoo-zoo-zoo`;
  return { text, bits: typed.bits < bitsMin ? Math.floor(typed.bits) : usualBits, accepted };
}

/** Of a phrase that lanpair makes. */
const usualBits = 44;

/** A phrase for each rule that it breaks, and what it is worth. */
const unfit: ReadonlyMap<string, readonly [text: string, bits: number]> = new Map([
  ['phrase-unassigned', ['\u0378', usualBits]],
  ['phrase-short', ['short', usualBits]],
  ['phrase-slip', ['73-zoo-zoo-zoo', usualBits]],
  ['phrase-too-weak', ['phrase that is not in this file', 0]],
  ['phrase-weak', ['phrase that is not in this file', bitsAcceptedMin]],
]);

const keysOfRecord = ['finMine', 'finTheirs', 'pair'] as const;

/** With keys that open nothing; one that cannot be read goes without its body. */
export function withOtherKeys(record: StoredRecord, draw: (length: number) => Uint8Array): StoredRecord {
  const { body } = record;
  if (readRecord(record) === null || body === null || typeof body !== 'object') return { ...record, body: null };
  const keys = keysOfRecord.map((name) => [name, toHex(draw(32))] as const);
  return { ...record, body: { ...(body as object), ...Object.fromEntries(keys) } as Json };
}

/** What may differ between the real effects and those of the core in disguise. */
function bare(effects: readonly Effect[]): unknown {
  return effects.map((effect) => {
    if (effect.type === 'store') {
      const { body } = effect.record;
      const hidden = Object.fromEntries(keysOfRecord.map((name) => [name, '']));
      return { ...effect, record: { ...effect.record, body: { ...(body as object), ...hidden } } };
    }
    if (effect.type !== 'notify' || effect.notice.event !== 'phraseRefused') return mapped(effect, same, same);
    return { ...effect, notice: { ...effect.notice, advice: '' } };
  });
}

const same = <T>(value: T): T => value;

// --------------------------------------------------------------------------------------------------------------- answers

function answered(call: Call, wire: Wire, draw: (length: number) => Uint8Array): Answer[1] {
  const { value } = call;
  if (!(value instanceof Uint8Array)) return value;
  const known = publicBytes(call, value, wire);
  return Uint8Array.from([...value.subarray(0, known), ...draw(value.length - known)]);
}

/** How many bytes of this answer others saw or see, from its beginning. Whatever is not known to be public is secret. */
function publicBytes({ method, parameters }: Call, value: Uint8Array, wire: Wire): number {
  const [first, second, third] = parameters;
  switch (method) {
    case 'publicKey':
      wire.own(value);
      return value.length;
    case 'sign':
    case 'seal':
    // What a box said, who the peer is, is for the reader of the file.
    case 'open':
      return value.length;
    case 'hash':
      if (!(first instanceof Uint8Array)) return 0;
      wire.hashed(first, value);
      return publicHashes.some((head) => begins(first, head)) ? value.length : 0;
    case 'derive':
      if (second === 'cookie') wire.cookieKey(value);
      return 0;
    case 'element':
      wire.generator(value);
      return 0;
    case 'multiply':
      return second instanceof Uint8Array && wire.isGenerator(second) ? value.length : 0;
    case 'hmac':
      return first instanceof Uint8Array && second instanceof Uint8Array ? wire.seen(first, second, value) : 0;
    case 'expand':
      return third instanceof Uint8Array ? (shown.get(toHex(third)) ?? 0) : 0;
    case 'scalar':
    case 'verify':
      return 0;
    case 'hmacSha1':
      throw new RangeError(`lp1 never asks for ${method}`);
  }
}

/** Hashes of what is on the wire: an iid, the transcript, what the ssh key signs. */
const publicHashes: readonly Uint8Array[] = [
  utf8('lanpair/1 iid'),
  lvCat(utf8('lanpair/1 TH')),
  lvCat(utf8('lanpair/1 owns')),
];

/** By what they are derived for: the id of a record is its file's name, and three words are on both screens. */
const shown: ReadonlyMap<string, number> = new Map([
  [toHex(utf8('lanpair/1 record')), 16],
  [toHex(utf8('lanpair/1 sas')), 5],
]);

interface Wire {
  heard(input: Input): void;
  /** A key of our own, with which a session is named. */
  own(vk: Uint8Array): void;
  /** A hash: it may be that name. */
  hashed(bytes: Uint8Array, hash: Uint8Array): void;
  cookieKey(key: Uint8Array): void;
  generator(element: Uint8Array): void;
  isGenerator(element: Uint8Array): boolean;
  /** How much of this mac others have seen, or will see. */
  seen(key: Uint8Array, message: Uint8Array, mac: Uint8Array): number;
}

/** Tags and macs that came, at most so many: one that came early waits some seconds for its key. */
const heardMax = 4096;
const tagBytes = 32;

/** What is public, by what came and by what was made. */
function makeWire(): Wire {
  const [vks, iids, cookieKeys, generators, heard] = Array.from({ length: 5 }, () => new Set<string>()) as Sets;
  return {
    heard(input) {
      if (input.type === 'start') for (const record of input.records) iids.add(readRecord(record)?.bond.mine ?? '');
      const reading = input.type === 'datagram' ? read(input.bytes) : null;
      if (reading === null || !reading.ok) return;
      const { message } = reading;
      const tag = message.kind === 'CONFIRM' ? message.tag : 'mac' in message ? message.mac : null;
      if (tag !== null) heard.add(toHex(tag));
      for (const oldest of heard) if (heard.size > heardMax) heard.delete(oldest);
    },
    own: (vk) => void vks.add(toHex(vk)),
    hashed(bytes, hash) {
      const [name = new Uint8Array(0)] = publicHashes;
      if (begins(bytes, name) && vks.has(toHex(bytes.subarray(name.length)))) iids.add(toHex(hash.subarray(0, 16)));
    },
    cookieKey: (key) => void cookieKeys.add(toHex(key)),
    generator: (element) => void generators.add(toHex(element)),
    isGenerator: (element) => generators.has(toHex(element)),
    seen(key, message, mac) {
      if (key.length === 0 || cookieKeys.has(toHex(key))) return mac.length;
      // Of a proof that another should have given only what came is public: what should have come tells about our keys.
      const isPublic = iids.has(speakerOf(message)) || heard.has(toHex(mac.subarray(0, tagBytes)));
      return isPublic ? tagBytes : 0;
    },
  };
}

type Sets = [Set<string>, Set<string>, Set<string>, Set<string>, Set<string>];

/** Whose proof is over these bytes: `confirm` and a body, or `fin`, a type, a body and a transcript's hash (keys.ts). */
function speakerOf(message: Uint8Array): string {
  const [what = new Uint8Array(0), second = what, third = what] = lvParts(message);
  const decoded = decodeMap(toHex(what) === toHex(utf8('confirm')) ? second : third);
  const from = decoded.ok ? decoded.value.get(1) : null;
  return from instanceof Uint8Array ? toHex(from) : 'nobody';
}

/** What `lvCat` put together; lengths in LEB128. */
function lvParts(bytes: Uint8Array): readonly Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0;
      length += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    parts.push(bytes.subarray(at, at + length));
    at += length;
  }
  return parts;
}

function begins(bytes: Uint8Array, head: Uint8Array): boolean {
  return head.every((byte, i) => byte === bytes[i]);
}
