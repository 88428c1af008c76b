/**
 * Makes the vectors of what is refused: datagrams for alice of `pairing.json`, how far she is with bob when each comes, from
 * where it comes, and the rule that it breaks. What she says and does afterwards is as if it had not come.
 *
 *     node dist/protocol/test/lp1-refused.js > protocol/test/vectors/lp1/refused.json
 */
import { pathToFileURL } from 'node:url';
import { mappedAddress } from '../address.ts';
import { concat, fromHex, toHex } from '../bytes.ts';
import { type Cbor, CborMap, decodeMap, encode } from '../cbor.ts';
import type { Endpoint } from '../contract.ts';
import { confirmTag, shareSigned } from '../lp1/keys.ts';
import {
  confirmBody,
  read,
  type Share,
  shareBody,
  writeBeacon,
  writeConfirm,
  writeHint,
  writeShare,
} from '../lp1/messages.ts';
import { realSuite as suite } from '../suite.ts';
import { bob, conversation, fin } from './lp1-vectors.ts';

/** What alice has heard of bob before: nothing; his cookie came back; his SHARE; his CONFIRM. */
export type Heard = 'nothing' | 'beaconReturned' | 'share' | 'confirm';

export interface RefusedVector {
  readonly rule: string;
  readonly what: string;
  readonly heard: Heard;
  readonly source: Endpoint;
  readonly datagram: string;
}

const { a, b, sa, sb, ca, cb, th } = conversation();
const ready = fin('READY', 0, b, a, cb.schedule.mine.fin, th);
const beacon = writeBeacon({ from: b.iid, channel: '73', cookie: null, returned: null });
const zeros = (length: number): Uint8Array => new Uint8Array(length);
const flipped = (bytes: Uint8Array): Uint8Array => bytes.map((byte, at) => (at === 0 ? byte ^ 1 : byte));

/** The datagram with these fields in place of its own; null takes one out. */
function changed(datagram: Uint8Array, fields: readonly (readonly [number, Cbor | null])[]): Uint8Array {
  const decoded = decodeMap(datagram.subarray(4));
  if (!decoded.ok) throw new Error(decoded.refusal.detail);
  const others = new Map<number, Cbor | null>([...decoded.value, ...fields]);
  const left = [...others].filter((entry): entry is [number, Cbor] => entry[1] !== null);
  return concat(datagram.subarray(0, 4), encode(new CborMap(left)));
}

/** A SHARE of bob's, signed by him, with something else in it. */
function signedShare(changes: Partial<Share>): Uint8Array {
  const reading = read(sb.share);
  if (!reading.ok || reading.message.kind !== 'SHARE') throw new Error('the SHARE of the vectors does not read');
  const content = { ...reading.message, ...changes };
  return writeShare({ ...content, sig: suite.signatures.sign(b.seed, shareSigned(shareBody(content))) });
}

/** A CONFIRM of bob's, tagged by him, with something else in it. */
function taggedConfirm(changes: { readonly y?: Uint8Array; readonly box?: Uint8Array }): Uint8Array {
  const content = { from: b.iid, to: a.iid, y: sb.y, ad: b.ad, box: cb.box, ...changes };
  return writeConfirm({ ...content, tag: confirmTag(suite, cb.schedule.mine.mac, confirmBody(content)) });
}

/** LP, version 1, that type, and this CBOR. */
const lp = (type: number, hex: string): Uint8Array => concat(Uint8Array.of(0x4c, 0x50, 1, type), fromHex(hex));

const hint = writeHint({ from: b.iid, to: a.iid, versions: [1] });

type Row = readonly [rule: string, what: string, datagram: Uint8Array, heard?: Heard, source?: Endpoint];

const rows: readonly Row[] = [
  ['not-lanpair', 'nothing at all', zeros(0)],
  ['not-lanpair', 'another magic', zeros(96)],
  ['size', 'one byte more than 1200', concat(lp(3, ''), zeros(1197))],
  ['size', 'a BEACON of 95 bytes', beacon.slice(0, 95)],
  ['version', 'version 2', beacon.map((byte, at) => (at === 2 ? 2 : byte))],
  ['type', 'type 10', lp(10, 'a0')],
  ['type', 'a header and no type', lp(0, '').slice(0, 3)],
  ['cbor', 'nothing after the header', lp(7, '')],
  ['cbor', 'an array outermost', lp(7, '80')],
  ['cbor', 'a byte after the end', concat(hint, zeros(1))],
  ['cbor', 'keys out of order', lp(7, 'a202000100')],
  ['cbor', 'a key twice', lp(7, 'a201000100')],
  ['cbor', 'a key that is text', lp(7, 'a1613100')],
  ['cbor', 'an indefinite map', lp(7, 'bf0100ff')],
  ['cbor', 'a head longer than it has to be', lp(7, 'a1180100')],
  ['cbor', 'a negative number', lp(7, 'a10120')],
  ['cbor', 'a tag', lp(7, 'a101c000')],
  ['cbor', 'true', lp(7, 'a101f5')],
  ['cbor', 'the integer 2^53', lp(7, 'a1011b0020000000000000')],
  ['cbor', 'text that is no UTF-8', lp(7, 'a10161ff')],
  ['cbor', 'five maps, one in the other', lp(7, 'a101a101a101a101a10100')],
  ['cbor', 'a string longer than the datagram', lp(7, 'a10158ff00')],
  [
    'fields',
    'a BEACON whose channel has a letter',
    changed(beacon, [
      [3, '7a'],
      [0, zeros(64)],
    ]),
  ],
  [
    'fields',
    'a BEACON with a cookie of 7 bytes',
    changed(beacon, [
      [5, zeros(7)],
      [0, zeros(55)],
    ]),
  ],
  ['fields', 'a BEACON of version 0', changed(beacon, [[4, 0]])],
  ['fields', 'a SHARE without sentTo', changed(sb.share, [[19, null]])],
  ['fields', 'a SHARE whose iid has 15 bytes', changed(sb.share, [[1, zeros(15)]])],
  ['fields', 'a SHARE with an empty AD', changed(sb.share, [[9, zeros(0)]])],
  ['fields', 'a SHARE with an AD of 43 bytes', changed(sb.share, [[9, zeros(43)]])],
  ['fields', 'a CONFIRM whose box has 1039 bytes', changed(cb.confirm, [[11, zeros(1039)]])],
  ['fields', 'a READY of status 24', changed(ready, [[13, 24]])],
  ['fields', 'a HINT of nine versions', changed(hint, [[16, [1, 2, 3, 4, 5, 6, 7, 8, 9]]])],
  ['off-link', 'a source outside of 10.0.0.0/24', beacon, 'nothing', { address: '10.0.1.2', port: 40_001 }],
  ['not-for-us', 'a SHARE to another iid', signedShare({ to: zeros(16) })],
  ['not-for-us', 'a CONFIRM to another iid', changed(cb.confirm, [[2, zeros(16)]])],
  ['not-for-us', 'a READY to another iid', changed(ready, [[2, zeros(16)]])],
  ['not-for-us', 'a HINT to another iid', changed(hint, [[2, zeros(16)]])],
  [
    'cookie',
    'a BEACON that returns another cookie',
    changed(beacon, [
      [0, zeros(44)],
      [5, zeros(8)],
      [6, zeros(8)],
    ]),
  ],
  ['cookie', 'a SHARE that returns another cookie', signedShare({ returned: zeros(8) })],
  ['cookie', 'the right SHARE from another port', sb.share, 'nothing', { ...bob.endpoint, port: 40_002 }],
  [
    'reflected',
    'her own SHARE, turned round',
    changed(sa.share, [
      [1, a.iid],
      [2, a.iid],
    ]),
  ],
  [
    'reflected',
    'her own CONFIRM, turned round',
    changed(ca.confirm, [
      [1, a.iid],
      [2, a.iid],
    ]),
  ],
  ['iid', "a SHARE with another's vk", signedShare({ vk: a.vk })],
  ['relayed', 'a SHARE that was sent to 10.0.0.9', signedShare({ sentTo: mappedAddress('10.0.0.9') ?? zeros(16) })],
  ['share-signature', 'a SHARE whose Y is not the signed one', changed(sb.share, [[8, flipped(sb.y)]])],
  ['ad', 'a SHARE whose AD is of another iid', signedShare({ ad: a.ad })],
  ['ad', 'a SHARE whose AD offers no version', signedShare({ ad: versionless() })],
  ['second-share', 'a signed SHARE with another Y', signedShare({ y: sa.y }), 'share'],
  ['confirm-early', 'a CONFIRM of somebody who was not heard', cb.confirm],
  ['tag', 'a CONFIRM whose tag is of zeros', changed(cb.confirm, [[12, zeros(32)]]), 'share'],
  ['tag', 'a CONFIRM with an unknown key that the tag is not over', changed(cb.confirm, [[23, 0]]), 'share'],
  ['confirm-share', 'a CONFIRM with a right tag over another Y', taggedConfirm({ y: sa.y }), 'share'],
  ['box', 'a CONFIRM with a right tag over a box that does not open', taggedConfirm({ box: flipped(cb.box) }), 'share'],
  ['fin', 'a READY before the proof', ready, 'share'],
  ['fin', 'a READY whose mac is of zeros', changed(ready, [[15, zeros(32)]]), 'confirm'],
  ['fin', 'a READY as a CANCEL', ready.map((byte, at) => (at === 3 ? 6 : byte)), 'confirm'],
];

/** AD with an empty array of versions. */
function versionless(): Uint8Array {
  const decoded = decodeMap(b.ad);
  return encode(new CborMap([...(decoded.ok ? decoded.value : []), [1, []]]));
}

export function refusedVectors(): readonly RefusedVector[] {
  return rows.map(([rule, what, datagram, heard = 'nothing', source = bob.endpoint]) => ({
    rule,
    what,
    heard,
    source,
    datagram: toHex(datagram),
  }));
}

export function printRefused(): string {
  return `${JSON.stringify(refusedVectors(), null, 2)}\n`;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.stdout.write(printRefused());
}
