/** Addresses as text, on git-annex's wire, and which of them a peer can have. */
import { BlockList, isIP, isIPv6 } from 'node:net';
import test from 'ava';
import fc from 'fast-check';
import {
  formatAddress,
  inPrefix,
  ipv4FromWireInteger,
  ipv4ToWireInteger,
  ipv6FromWords,
  ipv6ToWords,
  isLinkLocal,
  parseAddress,
  usablePeerAddress,
} from '../address.ts';
import { recorded } from './vectors.ts';

test('the number of an IPv4 address is the little-endian one of the recordings', (t) => {
  for (const { fields } of recorded) {
    t.is(ipv4ToWireInteger(fields.address), fields.addressInteger);
    t.is(ipv4FromWireInteger(fields.addressInteger), fields.address);
  }
  t.is(ipv4ToWireInteger('127.0.0.1'), 16_777_343);
  t.is(ipv4ToWireInteger('255.255.255.255'), 4_294_967_295);
  t.is(ipv4FromWireInteger(4_294_967_295), '255.255.255.255');
  t.is(ipv4ToWireInteger('fe80::1'), null);
});

test('an IPv4 address has one spelling', (t) => {
  for (const text of ['0.0.0.0', '10.77.0.1', '255.255.255.255']) t.is(written(text), text);
  const others = ['', '1.2.3', '1.2.3.4.5', '1.2.3.4.', '.1.2.3.4', '01.2.3.4', '256.1.1.1', '1.2.3.0x4', '127.1'];
  for (const text of [
    ...others,
    '2130706433',
    ' 1.2.3.4',
    '1.2.3.4 ',
    '1.2.3.4\n',
    '+1.2.3.4',
    '1.2.3.4%eth0',
    '١.2.3.4',
  ])
    t.is(parseAddress(text), null, text);
});

test('IPv6 is written as RFC 5952 says', (t) => {
  const spellings: readonly (readonly [read: string, written: string])[] = [
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:0DB8::0001', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:db8::1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['1:0:0:0:0:0:0:0', '1::'],
    ['::ffff:c000:0201', '::ffff:192.0.2.1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['1:2:3:4:5:6:7.8.9.10', '1:2:3:4:5:6:708:90a'],
    ['FE80::1%eth0', 'fe80::1%eth0'],
    ['fe80::1%Ethernet-2.5', 'fe80::1%Ethernet-2.5'],
  ];
  for (const [text, expected] of spellings) t.is(written(text), expected, text);
});

test('what is not an IPv6 address is not read as one', (t) => {
  const others = [':', ':::', '1::2::3', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7::8:9', '12345::', 'g::'];
  const more = ['::1.2.3', '1.2.3.4::', '::1.2.3.4:5', ':1::', '1::2:', '::1%', '::1%a b', '::1%a%b', '::1\n', '[::1]'];
  for (const text of [...others, ...more, '1::2:3:4:5:6:7:8', `::${'0'.repeat(99)}`])
    t.is(parseAddress(text), null, text);
});

test('words of IPv6 are in network order', (t) => {
  t.deepEqual(ipv6ToWords('fe80::1'), [0xfe_80_00_00, 0, 0, 1]);
  t.is(ipv6FromWords([4_269_801_472, 0, 0, 1]), 'fe80::1');
  t.is(ipv6ToWords('fe80::1%eth0'), null);
  t.is(ipv6ToWords('10.0.0.1'), null);
});

test('any address survives being written and read, and Node agrees what is one', (t) => {
  fc.assert(
    fc.property(fc.nat(0xff_ff_ff_ff), (integer) => ipv4ToWireInteger(ipv4FromWireInteger(integer)) === integer),
  );
  const word = fc.oneof(fc.constantFrom(0, 0xffff, 0x10000), fc.nat(0xff_ff_ff_ff));
  fc.assert(
    fc.property(fc.tuple(word, word, word, word), (words) => {
      const text = ipv6FromWords(words);
      t.deepEqual(ipv6ToWords(text), words);
      t.true(isIPv6(text), text);
    }),
  );
  const piece = fc.constantFrom('0', '1', 'ab', 'FFFF', ':', '::', '.', '1.2.3.4', '256', '00000', 'g');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 18 }), (pieces) => {
      const text = pieces.join('');
      t.is(parseAddress(text)?.family ?? 0, isIP(text), text);
    }),
    { numRuns: 5000 },
  );
});

test('a network holds its addresses and no others', (t) => {
  t.true(inPrefix('10.77.3.4', '10.77.0.0', 16));
  t.false(inPrefix('10.78.3.4', '10.77.0.0', 16));
  t.true(inPrefix('10.77.0.5', '10.77.0.1', 29));
  t.false(inPrefix('10.77.0.8', '10.77.0.1', 29));
  t.true(inPrefix('1.2.3.4', '200.0.0.0', 0));
  t.true(inPrefix('1.2.3.4', '1.2.3.4', 32));
  t.true(inPrefix('fe80::1%eth0', 'fe80::', 64));
  t.false(inPrefix('fe80:0:0:1::1', 'fe80::', 64));
  for (const length of [-1, 33, 1.5, Number.NaN]) t.false(inPrefix('1.2.3.4', '1.2.3.4', length), String(length));
  t.false(inPrefix('1.2.3.4', '::ffff:1.2.3.4', 0), 'two families');
  t.false(inPrefix('vm.local', '1.2.3.4', 0), 'a name');
});

test('Node agrees which addresses are in a network', (t) => {
  fc.assert(
    fc.property(fc.ipV4(), fc.ipV4(), fc.integer({ min: 0, max: 32 }), (address, other, length) => {
      const list = new BlockList();
      list.addSubnet(other, length);
      t.is(inPrefix(address, other, length), list.check(address));
      // A neighbour that differs in the last bits only, so that both answers are met.
      const near = other.replace(/\d+$/, address.split('.')[3] ?? '0');
      t.is(inPrefix(near, other, length), list.check(near), `${near} ${other}/${length}`);
    }),
  );
});

test('an address that no peer can have is refused with the reason', (t) => {
  const no = ['0.0.0.0', '0.1.2.3', '224.0.0.251', '239.255.255.255', '240.0.0.1', '255.255.255.255', '::', 'ff02::fb'];
  for (const address of [...no, '::ffff:10.0.0.1', '::ffff:127.0.0.1', 'vm.local', '', '10.0.0.01']) {
    t.regex(usablePeerAddress(address, true) ?? '', /^(is|means) /, address);
  }
  for (const address of [
    '10.77.0.1',
    '169.254.3.4',
    '192.168.1.255',
    '8.8.8.8',
    'fe80::1%eth0',
    '2001:db8::1',
    'fd00::1',
  ]) {
    t.is(usablePeerAddress(address), null, address);
  }
  t.is(usablePeerAddress('255.255.255.255'), 'is the broadcast address');
});

test('a loopback address is usable only when told', (t) => {
  for (const address of ['127.0.0.1', '127.8.9.10', '::1']) {
    t.is(usablePeerAddress(address), 'is the loopback address', address);
    t.is(usablePeerAddress(address, true), null, address);
  }
});

function written(text: string): string | null {
  const address = parseAddress(text);
  return address === null ? null : formatAddress(address);
}

test('of one link alone is what begins with fe80::/10, whatever its zone', (t) => {
  for (const address of ['fe80::1', 'fe80::1%eth0', 'FE80::1', 'febf:ffff::2', 'fe80:0:0:0:0:0:0:1'])
    t.true(isLinkLocal(address), address);
  for (const address of [
    'fec0::1',
    'fe7f::1',
    'fd00::1',
    '::1',
    '10.0.0.1',
    '169.254.1.1',
    '::ffff:10.0.0.1',
    'fe80',
    'fe80::1::2',
    '',
  ])
    t.false(isLinkLocal(address), address);
});
