/** Datagrams that have broken readers of CBOR before, each in the frame of an lp1 message. Hexadecimal, by what they are. */
import { concat, fromHex } from '../../protocol/bytes.ts';
import { types } from '../../protocol/lp1/messages.ts';

const iid = '50000102030405060708090a0b0c0d0e0f';

const bodies: readonly string[] = [
  // Nothing; a map that promises more than comes; one of 2^64 - 1 entries.
  '',
  'a5',
  'bbffffffffffffffff',
  // Arrays a thousand deep, and maps.
  '81'.repeat(1000),
  'a101'.repeat(400),
  // Indefinite lengths, and a break that ends nothing.
  'bfff',
  `bf01${iid}ff`,
  '9fff',
  'ff',
  // One key twice; keys out of order; a key that is a text: __proto__, constructor.
  `a201${iid}01${iid}`,
  `a2046101${iid}`,
  'a1695f5f70726f746f5f5fa0',
  'a16b636f6e7374727563746f7201',
  // Longer heads than needed; -1; a fraction; not a number; null; undefined; a tag; a simple value.
  `a1180150${iid.slice(2)}`,
  'a10120',
  'a101fb3ff8000000000000',
  'a101f97e00',
  'a101f6',
  'a101f7',
  'a101c11a00000000',
  'a101e0',
  // A text that is no UTF-8, with a lone surrogate, overlong; a byte string of 4 GB.
  'a10362c328',
  'a10363eda080',
  'a10362c0af',
  'a1015affffffff',
  // Something after the end.
  `a101${iid}00`,
];

export const lp1Corpus: readonly Uint8Array[] = bodies.flatMap((body) =>
  [types.BEACON, types.SHARE, types.CONFIRM, types.READY, types.HINT, types.HERE, 0, 255].map((type) =>
    concat(Uint8Array.of(0x4c, 0x50, 1, type), fromHex(body)),
  ),
);
