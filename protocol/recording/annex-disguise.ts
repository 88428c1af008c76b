/**
 * What keeps secrets out of a recording of `annex`: the core runs on what is real, and the file tells the same run with
 * other secrets. Each is replaced by a random one, always by the same; which by which is known in memory alone. So a
 * replay takes the same way through the table, and nothing in the file can be compared with a guess of the phrase, not
 * even as much as on the wire, where a digest can.
 *
 * Replaced are the phrase and its estimated bits, entropy, every digest (of 32 or more lower-case hex digits, wherever it
 * stands: in datagrams, records, answers of the suite, effects), and the reasons of failures but for their error code,
 * for they name paths of this machine. Left out is what `annex` never says: host keys, display name, repository, and the
 * bodies of records that it cannot read. Left as they are: what is on the wire for everybody to see, and the names and
 * addresses of this machine's interfaces.
 */

import { phraseKey } from '../annex/phrase.ts';
import { phraseFault } from '../annex/phrase-rules.ts';
import { bodyOf } from '../annex/record.ts';
import { fromHex, toHex } from '../bytes.ts';
import type { Command, Identity, Phrase, StartInput, StoredRecord } from '../contract.ts';
import { type Disguise, mapped, withoutReason, withoutReasons } from './disguise.ts';
import { type Answer, fromLatin1, latin1 } from './format.ts';
import type { Call } from './suites.ts';

const about =
  'Phrase, digests, entropy and reasons of failures are replaced by others; no phrase can be tried on this file. As they were: times, user and host names, directories, public keys and addresses, of this pairing and of earlier ones.';

/** Long enough for any digest, and for nothing else that `annex` says: a UUID has dashes, a key is in base64. */
const digest = /[0-9a-f]{32,}/g;

/** `draw` gives that many random bytes. */
export function annexDisguise(draw: (length: number) => Uint8Array): Disguise {
  const digests = new Map<string, string>();
  const phrases = new Map<string, Phrase>();
  const other = (hex: string): string => {
    const known = digests.get(hex) ?? toHex(draw(Math.ceil(hex.length / 2))).slice(0, hex.length);
    digests.set(hex, known);
    return known;
  };
  const text = (plain: string): string => plain.replace(digest, other);
  const bytes = (plain: Uint8Array): Uint8Array => {
    const before = latin1(plain);
    const after = text(before);
    return after === before ? plain : fromLatin1(after);
  };
  const deep = <T>(value: T): T => mapped(value, text, bytes) as T;
  const phrase = (typed: Phrase): Phrase => {
    const key = toHex(phraseKey(typed.text)) + (phraseFault(typed.text)?.rule ?? '');
    const known = phrases.get(key) ?? placeholder(typed.text, phrases.size + 1);
    phrases.set(key, known);
    return known;
  };
  return {
    about,
    input(input) {
      switch (input.type) {
        case 'start':
          return deep({
            ...start(input),
            phrase: input.phrase === null ? null : phrase(input.phrase),
            entropy: draw(32),
          });
        case 'command':
          return { type: 'command', command: command(input.command, phrase) };
        case 'outcome':
          return deep({ type: 'outcome', outcome: withoutReason(input.outcome) });
        case 'resumed':
          return { type: 'resumed', entropy: draw(input.entropy.length) };
        case 'datagram':
        case 'timer':
        case 'interfaces':
          return deep(input);
      }
    },
    answer: ({ method, parameters, value }) => [method, answered(method, parameters, value, { bytes, other, draw })],
    effects: ({ effects, input }) => deep(withoutReasons(effects, input)),
  };
}

interface Ways {
  readonly bytes: (plain: Uint8Array) => Uint8Array;
  readonly other: (hex: string) => string;
  readonly draw: (length: number) => Uint8Array;
}

/** A hash of what everybody sees is what it is; one of a datagram with a digest in it could be tried. */
function answered(
  method: Call['method'],
  parameters: Call['parameters'],
  value: Answer[1],
  { bytes, other, draw }: Ways,
): Answer[1] {
  if (!(value instanceof Uint8Array)) return value;
  const [first] = parameters;
  if (method === 'hmacSha1') return fromHex(other(toHex(value)));
  // The UUID, which goes over the wire.
  if (method === 'derive') return value;
  if (method !== 'hash' || !(first instanceof Uint8Array)) throw new RangeError(`annex never asks for ${method}`);
  if (bytes(first) === first) return value;
  // Of such a hash `annex` uses the first 32 hex digits (`heardDigest`).
  return fromHex(other(toHex(value).slice(0, 32)) + toHex(draw(value.length - 16)));
}

function placeholder(typed: string, number: number): Phrase {
  const rule = phraseFault(typed)?.rule ?? 'none';
  const text = unfit.get(rule);
  if (text === undefined) throw new RangeError(`no phrase is known that breaks ${rule}`);
  return { text: rule === 'none' ? `${text} ${number}` : text, bits: 0 };
}

/** A phrase for each rule that it breaks. */
const unfit: ReadonlyMap<string, string> = new Map([
  ['none', 'phrase that is not in this file'],
  ['phrase-unassigned', '\u0378'],
  ['phrase-short', 'short'],
  ['phrase-generated', '73-ladder-acid-hope-rabbit'],
]);

function start(input: StartInput): StartInput {
  const self: Identity = { ...input.self, hostKeys: [], displayName: '', repository: '' };
  return { ...input, self, records: input.records.map(readable) };
}

function readable(record: StoredRecord): StoredRecord {
  return bodyOf(record) === null ? { ...record, body: null } : record;
}

function command(given: Command, phrase: (typed: Phrase) => Phrase): Command {
  return given.name === 'phrase' ? { name: 'phrase', phrase: phrase(given.phrase) } : given;
}
