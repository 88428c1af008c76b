/**
 * Makes the test vectors of `locate`: the pairing of lp1's vectors, fixed entropy in, every intermediate value and datagram
 * out. Straight-line code over keys and codec, without the state machine.
 *
 *     node dist/protocol/test/locate-vectors.js > protocol/test/vectors/locate/exchange.json
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { concat, fromHex, toHex, utf8 } from '../bytes.ts';
import { CborMap, encode } from '../cbor.ts';
import { noteId } from '../locate/note.ts';
import { padded, type SealKeys, sealKeys, tagOf, writeHere, writeWhere } from '../locate/sealed.ts';
import { realSuite as suite } from '../suite.ts';

interface Side {
  readonly iid: string;
}

interface Pairing {
  readonly pairKey: string;
  readonly record: string;
  readonly alice: Side;
  readonly bob: Side;
}

/** The pairing that lp1's vectors tell of. */
export const pairing: Pairing = JSON.parse(
  readFileSync(join(process.cwd(), 'protocol/test/vectors/lp1/pairing.json'), 'utf8'),
) as Pairing;

export const entropies: { readonly alice: Uint8Array; readonly bob: Uint8Array } = {
  alice: new Uint8Array(32).fill(0x30),
  bob: new Uint8Array(32).fill(0x40),
};

/** A tree of bytes, texts and numbers. */
type Value = Uint8Array | string | number | boolean | readonly Value[] | { readonly [name: string]: Value };

function number(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setUint32(4, value);
  return bytes;
}

type WhereFields = Parameters<typeof writeWhere>[3];
type HereFields = Parameters<typeof writeHere>[3];

const standings = { stored: 1, installed: 2, revoked: 3 } as const;

/** The nonce is drawn from the entropy as lanpair does it; another implementation may draw it as it likes. */
function where(
  keys: SealKeys,
  entropy: Uint8Array,
  fields: WhereFields,
  target: number,
): { readonly [name: string]: Value } {
  const { epoch, n, moved, standing } = fields;
  const context = concat(utf8(pairing.record), number(epoch), number(n), Uint8Array.of(target));
  const nonce = suite.derive(entropy, 'where', context, 24);
  const content = new CborMap([
    [3, epoch],
    [4, n],
    [5, standings[standing]],
    [6, moved ? 1 : 0],
  ]);
  return {
    epoch,
    n,
    moved,
    standing,
    nonce,
    content: encode(content),
    padded: padded('WHERE', content),
    tag: tagOf(suite, keys, 'WHERE', nonce),
    datagram: writeWhere(suite, keys, nonce, fields),
  };
}

function here(keys: SealKeys, entropy: Uint8Array, fields: HereFields): { readonly [name: string]: Value } {
  const { epoch, n, asked, addresses, standing } = fields;
  const nonce = suite.derive(entropy, 'here', concat(asked, utf8('eth0')), 24);
  const content = new CborMap([
    [1, asked],
    [2, addresses],
    [3, epoch],
    [4, n],
    [5, standings[standing]],
  ]);
  return {
    epoch,
    n,
    standing,
    asked,
    addresses,
    nonce,
    content: encode(content),
    padded: padded('HERE', content),
    tag: tagOf(suite, keys, 'HERE', nonce),
    datagram: writeHere(suite, keys, nonce, fields),
  };
}

export function exchangeVectors(): { readonly [name: string]: Value } {
  const { mine, theirs } = sealKeys(suite, fromHex(pairing.pairKey), pairing.alice.iid, pairing.bob.iid);
  const low = pairing.alice.iid < pairing.bob.iid;
  const [lo, hi] = low ? [mine, theirs] : [theirs, mine];
  const four = Uint8Array.of(10, 0, 0, 2);
  const near = fromHex('fe800000000000000000000000000002');
  const six = fromHex('fd000000000000000000000000000002');
  const question = where(mine, entropies.alice, { epoch: 1, n: 0, moved: false, standing: 'installed' }, 0);
  const asked = question['nonce'] as Uint8Array;
  const answer = here(theirs, entropies.bob, { asked, addresses: [four], epoch: 1, n: 0, standing: 'installed' });
  return {
    about: 'locate, of the pairing in ../lp1/pairing.json: every value and datagram; bytes are hex (locate/SPEC.md)',
    pairKey: pairing.pairKey,
    record: pairing.record,
    note: noteId(suite, pairing.record),
    alice: { iid: pairing.alice.iid, side: low ? 'lo' : 'hi', entropy: entropies.alice },
    bob: { iid: pairing.bob.iid, side: low ? 'hi' : 'lo', entropy: entropies.bob },
    lo: { ...lo },
    hi: { ...hi },
    where: { by: 'alice', ...question },
    here: { by: 'bob', ...answer },
    hereOfTwo: {
      by: 'bob',
      ...here(theirs, entropies.bob, { asked, addresses: [four, near], epoch: 1, n: 0, standing: 'installed' }),
    },
    second: {
      by: 'alice',
      ...where(mine, entropies.alice, { epoch: 1, n: 1, moved: false, standing: 'installed' }, 0),
    },
    moved: { by: 'bob', ...where(theirs, entropies.bob, { epoch: 7, n: 3, moved: true, standing: 'stored' }, 1) },
    revoked: {
      by: 'alice',
      ...where(mine, entropies.alice, { epoch: 300, n: 0, moved: false, standing: 'revoked' }, 0),
    },
    wide: {
      by: 'alice',
      ...here(mine, entropies.alice, {
        asked: new Uint8Array(24).fill(0x77),
        addresses: [six, four],
        epoch: 2 ** 40,
        n: 70_000,
        standing: 'stored',
      }),
    },
  };
}

/** As JSON has it: bytes in hex. */
export function printVectors(): string {
  const plain = (_: string, value: unknown): unknown => (value instanceof Uint8Array ? toHex(value) : value);
  return `${JSON.stringify(exchangeVectors(), plain, 2)}\n`;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.stdout.write(printVectors());
}
