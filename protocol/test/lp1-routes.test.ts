/** Where a peer is: what a stranger claims adds places and takes none, and nobody stands in between. */
import test from 'ava';
import { equalBytes, toHex } from '../bytes.ts';
import type { Endpoint } from '../contract.ts';
import { protocol } from '../lp1/index.ts';
import { cookieFor, sessionKeys } from '../lp1/keys.ts';
import { limits } from '../lp1/limits.ts';
import { describe, read, writeBeacon } from '../lp1/messages.ts';
import { symbolicSuite } from '../suite-symbolic.ts';
import { Lan, type LanHost, pairedWell, type Sent } from './lp1-lan.ts';

const phrase = '73-ladder-acid-hope-rabbit';
const bobAt: Endpoint = { address: '10.0.0.2', port: 40_001 };
const kindOf = ({ bytes }: Sent): string => describe(bytes).kind;

/** Somebody at that place returns the cookie that alice would give there to that iid. */
function claim(alice: LanHost, iid: Uint8Array, source: Endpoint): void {
  const { cookieKey } = alice.state.secrets;
  if (cookieKey === null) throw new Error('alice is not looking');
  const returned = cookieFor(symbolicSuite, cookieKey, source, iid);
  alice.deliver(writeBeacon({ from: iid, channel: '73', cookie: new Uint8Array(8), returned }), source, 'unicast');
}

test('a SHARE that was sent to another address is refused by name, but of a --peer, which may stand behind a NAT', (t) => {
  for (const peered of [false, true]) {
    const lan = new Lan();
    const [alice, bob] = [lan.add('alice'), lan.add('bob')];
    alice.start(phrase);
    bob.start(phrase);
    let share: Uint8Array | null = null;
    lan.filter = (sent) => {
      if (sent.from === 'bob' && kindOf(sent) === 'SHARE') share ??= sent.bytes;
      return share === null;
    };
    lan.until(() => share !== null, 2000);
    // Alice now has another address, and somebody at her old one passes on to her what bob sends there.
    alice.address = '10.0.0.77';
    alice.input({ type: 'interfaces', interfaces: alice.interfaces });
    const state = peered ? { ...alice.state, peers: [bobAt] } : alice.state;
    const input = {
      type: 'datagram',
      bytes: share ?? new Uint8Array(0),
      source: bobAt,
      interface: 'eth0',
      via: 'unicast',
    } as const;
    const [, effects, cell] = protocol.step(state, input, symbolicSuite);
    t.is(cell.event, 'shareFresh');
    const refused = { type: 'notify', notice: { event: 'refused', refusal: { fault: 'misbehaved', rule: 'relayed' } } };
    if (peered) t.false(effects.some(({ type }) => type === 'notify'));
    else t.like(effects[0], refused);
  }
});

test('four hundred places claim the iid of bob: no table grows beyond its limit, and he is not put out', (t) => {
  const lan = new Lan();
  const [alice, bob] = [lan.add('alice'), lan.add('bob')];
  alice.start(phrase);
  bob.start(phrase);
  t.true(lan.until(() => alice.situation === 'Crowd', 2000));
  const { iid } = bob.state;
  for (let i = 0; i < 400; i++)
    claim(alice, iid, { address: `10.0.0.${100 + (i % 80)}`, port: 41_000 + Math.floor(i / 80) });
  const [candidate] = alice.state.candidates;
  t.is(alice.state.candidates.length, 1);
  t.is(candidate?.sources.length, limits.candidates);
  t.true(candidate?.sources.some(({ heard, route }) => heard !== null && route.endpoint.address === '10.0.0.2'));
  t.true(
    lan.until(() => pairedWell(alice, bob) === null, 5000),
    pairedWell(alice, bob) ?? '',
  );
  const strangers = lan.sent.filter(({ to, from }) => from === 'alice' && to !== 'group' && to.address !== '10.0.0.2');
  t.deepEqual([...new Set(strangers.map(kindOf))].toSorted(), ['BEACON', 'SHARE']);
});

test('iids of one address put out one another, never the only one of another address', (t) => {
  const lan = new Lan();
  const [alice, bob] = [lan.add('alice'), lan.add('bob')];
  alice.start(phrase);
  bob.start('73-zebra-zebra-zebra-zebra');
  lan.pass(3000);
  t.is(alice.state.candidates.length, 1);
  for (let i = 0; i < 600; i++) {
    const { iid } = sessionKeys(symbolicSuite, new Uint8Array(32).fill(i).fill(i >> 8, 16));
    claim(alice, iid, { address: '10.0.0.99', port: 41_000 });
  }
  t.is(alice.state.candidates.length, limits.candidates);
  t.true(alice.state.candidates.some(({ iid }) => iid === toHex(bob.state.iid)));
});

test('a peer that was verified at two ports hears CONFIRM at both, each with the SHARE that is meant for there', (t) => {
  const lan = new Lan();
  const [alice, bob] = [lan.add('alice'), lan.add('bob')];
  alice.peers = [{ address: '10.0.0.2', port: 55_557 }];
  bob.peers = [{ address: '10.0.0.1', port: 55_557 }];
  lan.filter = (sent) => kindOf(sent) !== 'READY';
  alice.start(phrase);
  bob.start(phrase);
  lan.pass(5000);
  const said = (kind: string): readonly Sent[] =>
    lan.sent.filter((sent) => sent.from === 'alice' && kindOf(sent) === kind && sent.to !== 'group');
  const ports = (sent: readonly Sent[]): readonly number[] =>
    [...new Set(sent.map(({ to }) => (to === 'group' ? 0 : to.port)))].toSorted((a, b) => a - b);
  t.deepEqual(ports(said('SHARE')), [40_001, 55_557]);
  t.deepEqual(ports(said('READY')), [40_001, 55_557]);
  const shares = said('SHARE').map(({ bytes }) => read(bytes));
  const [first] = shares;
  t.true(shares.some((one) => one.ok && first?.ok === true && !equalBytes(returnedIn(one), returnedIn(first))));
});

function returnedIn(reading: ReturnType<typeof read>): Uint8Array {
  return reading.ok && reading.message.kind === 'SHARE' ? reading.message.returned : new Uint8Array(0);
}
