/**
 * What keeps secrets out of a recording of `locate`: the keys of records and all that is derived from them are replaced by
 * random bytes, call by call, as in `lp1-disguise.ts`. Kept is what is on the wire: nonces, boxes, and of a tag's mac the eight
 * bytes that were said. Of the mac that a stranger's datagram should have had nothing is kept: it would be a word of ours.
 * What a box said when it was opened, a place in an order and addresses, is for the reader of the file.
 */
import { equalBytes, toHex, utf8 } from '../bytes.ts';
import type { Input, Protocol, StoredRecord } from '../contract.ts';
import { locate } from '../locate/index.ts';
import { readNote } from '../locate/note.ts';
import { read, types } from '../lp1/messages.ts';
import type { Disguise } from './disguise.ts';
import type { Answer } from './format.ts';
import { besideDouble, disguised, withOtherKeys } from './lp1-disguise.ts';
import type { Call } from './suites.ts';

const about =
  'Entropy, the keys of all pairings, and reasons of failures are replaced by others: nobody can find this machine or its peers, or speak for them, by this file. As they were: times, datagrams, user and host names, directories, public keys, what names lead to, and addresses, also those that the network did not see.';

/** `draw` gives that many random bytes. */
export function locateDisguise(draw: (length: number) => Uint8Array): Disguise {
  const said = makeSaid();
  return {
    about,
    input(input) {
      said.heard(input);
      return disguised(input, draw, (record) => withoutSecrets(record, draw));
    },
    answer: (call) => [call.method, answered(call, said, draw)],
    effects: besideDouble(locate.protocol as unknown as Protocol),
  };
}

/** Of a note only the fields that are known; it holds no key. */
function withoutSecrets(record: StoredRecord, draw: (length: number) => Uint8Array): StoredRecord {
  if (record.protocol !== 'locate') return withOtherKeys(record, draw);
  const { id, body } = record;
  const note = readNote(record);
  const version = typeof body === 'object' && body !== null && 'version' in body ? body['version'] : null;
  return { id, protocol: 'locate', body: note === null ? null : { version: Number(version), ...note } };
}

function answered(call: Call, said: Said, draw: (length: number) => Uint8Array): Answer[1] {
  const { value } = call;
  if (!(value instanceof Uint8Array)) return value;
  const known = publicBytes(call, value, said);
  return Uint8Array.from([...value.subarray(0, known), ...draw(value.length - known)]);
}

/** How many bytes of this answer others saw or see, from its beginning. Whatever is not known to be public is secret. */
function publicBytes({ method, parameters }: Call, value: Uint8Array, said: Said): number {
  const [first, second] = parameters;
  switch (method) {
    case 'seal':
    case 'open':
      return value.length;
    case 'derive':
      if (second !== 'where' && second !== 'here') return 0;
      said.nonce(value);
      return value.length;
    case 'hash':
      return first instanceof Uint8Array && toHex(first).startsWith(toHex(noteHead)) ? value.length : 0;
    case 'hmac':
      return second instanceof Uint8Array ? said.tag(second, value) : 0;
    case 'expand':
    case 'verify':
      return 0;
    case 'element':
    case 'hmacSha1':
    case 'multiply':
    case 'publicKey':
    case 'scalar':
    case 'sign':
      throw new RangeError(`locate never asks for ${method}`);
  }
}

/** Of what the name of a note's file is made. */
const noteHead = utf8('lanpair/1 locate ');

interface Said {
  heard(input: Input): void;
  /** One of our own: what is made with it is about to be said. */
  nonce(nonce: Uint8Array): void;
  /** How much of this mac over a kind and a nonce was said, or is about to be. */
  tag(message: Uint8Array, mac: Uint8Array): number;
}

/** Of both, at most so many: what was heard waits some seconds for its turn. */
const saidMax = 4096;
const tagBytes = 8;

function makeSaid(): Said {
  const own = new Set<string>();
  const tags = new Map<string, Uint8Array>();
  const bounded = (table: Set<string> | Map<string, unknown>): void => {
    for (const oldest of table.keys()) if (table.size > saidMax) table.delete(oldest);
  };
  return {
    heard(input) {
      const reading = input.type === 'datagram' ? read(input.bytes) : null;
      if (reading === null || !reading.ok) return;
      const { message } = reading;
      if (message.kind !== 'WHERE' && message.kind !== 'HERE') return;
      tags.set(toHex(Uint8Array.of(types[message.kind], ...message.nonce)), message.tag);
      bounded(tags);
    },
    nonce(nonce) {
      own.add(toHex(nonce));
      bounded(own);
    },
    tag(message, mac) {
      const came = tags.get(toHex(message));
      const isSaid =
        own.has(toHex(message.subarray(1))) || (came !== undefined && equalBytes(came, mac.subarray(0, tagBytes)));
      return isSaid ? tagBytes : 0;
    },
  };
}
