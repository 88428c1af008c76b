/** Every fault of a link does what its name says, counts in the trace, and leaves the luck of the others alone. */
import test from 'ava';
import type { Endpoint } from '../../protocol/contract.ts';
import { presets } from '../faults/presets.ts';
import { arrivesAtLeast, hullOf, isCalm, isPlain, quietLink } from '../faults/rules.ts';
import type { Datagram, Station } from '../network.ts';
import { never, parseRatio, type Ratio } from '../random.ts';
import { lan } from './lan.ts';

const always: Ratio = { numerator: 1, denominator: 1 };
const ratio = (text: string): Ratio => parseRatio(text) ?? never;
const bob = { address: '10.0.0.2', port: 55556 };
const far = { address: '10.0.1.1', port: 55556 };
const long = Uint8Array.from({ length: 1200 }, (_, i) => i % 251);

test('loss comes in bursts: as much as the model says in the long run, and in a row', (t) => {
  const burst = { starts: ratio('1/50'), ends: ratio('1/10'), loss: always };
  const { say, settle, fates, heard } = lan(2, { burst });
  for (let i = 0; i < 60_000; i++) say(0, bob);
  settle();
  const faded = fates.get('faded') ?? 0;
  t.true(faded > 9000 && faded < 11_000, `a sixth of 60,000 is 10,000, ${faded} faded`);
  const ids = heard.map((line) => Number(line.split('#')[1]));
  const gaps = ids.flatMap((id, index) => (id - (ids[index - 1] ?? 0) > 1 ? [id - (ids[index - 1] ?? 0) - 1] : []));
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  t.true(mean > 9 && mean < 11, `bursts of 10, and not of ${mean}`);
});

test('a table of delays gives each band its weight', (t) => {
  const delayTable = [
    { weight: 9, us: { min: 1000, max: 2000 } },
    { weight: 1, us: { min: 50_000, max: 60_000 } },
  ];
  t.deepEqual(hullOf(delayTable), { min: 1000, max: 60_000 });
  const { say, settle, heard } = lan(2, { delayTable, delayUs: hullOf(delayTable) });
  for (let i = 0; i < 2000; i++) say(0, bob);
  settle();
  const delays = heard.map((line) => Number(line.split(':')[0]));
  const slow = delays.filter((us) => us >= 50_000).length;
  t.true(slow > 150 && slow < 250, `${slow} of 2000 are slow`);
  t.true(delays.every((us) => (us >= 1000 && us <= 2000) || (us >= 50_000 && us <= 60_000)));
});

test('a duplicate comes as often as `copies` says, and much later if it is to be a replay', (t) => {
  const minute = { min: 60_000_000, max: 60_000_000 };
  const { say, settle, heard, fates } = lan(2, {
    duplicate: always,
    copies: { min: 3, max: 3 },
    duplicateAfterUs: minute,
  });
  say(0, bob);
  settle();
  t.deepEqual(heard, ['1000: h1 <- h0 #1', '60001000: h1 <- h0 #1', '60001000: h1 <- h0 #1', '60001000: h1 <- h0 #1']);
  t.is(fates.get('duplicated'), 3);
});

test('a slow link makes datagrams wait their turn, and drops what finds no room', (t) => {
  const { say, settle, heard, fates } = lan(2, { rate: 1_000_000, queueBytes: 3000 });
  for (let i = 0; i < 5; i++) say(0, bob, long);
  settle();
  t.deepEqual(
    heard.map((line) => line.split(':')[0]),
    ['2200', '3400'],
    '1200 B take 1.2 ms at 1 MB/s, one after the other, and 1 ms more to come',
  );
  t.is(fates.get('overflowed'), 3);
  settle(10_000);
  say(0, bob, long);
  settle();
  t.is(heard.length, 3, 'the queue is empty by then');
});

test('corruption changes one bit, and the sender keeps what he sent', (t) => {
  const { say, settle, arrived, fates } = lan(2, { corrupt: always });
  const sent = say(0, bob, long);
  settle();
  t.deepEqual(sent.bytes, long);
  const [bytes = new Uint8Array()] = arrived;
  const bits = bytes.reduce((sum, byte, i) => sum + (byte ^ (long[i] ?? 0)).toString(2).replaceAll('0', '').length, 0);
  t.is(bytes.length, long.length);
  t.is(bits, 1);
  t.is(fates.get('corrupted'), 1);
  t.is(fates.get('delivered'), 1);
});

test('truncation takes the end away, up to the whole of it', (t) => {
  const { say, settle, arrived, fates } = lan(2, { truncate: always });
  for (let i = 0; i < 200; i++) say(0, bob, Uint8Array.of(1, 2, 3, 4));
  settle();
  t.deepEqual([...new Set(arrived.map((bytes) => [...bytes].join()))].sort(), ['', '1', '1,2', '1,2,3']);
  t.is(fates.get('truncated'), 200);
});

test('what is too long for the path does not get through, headers counted', (t) => {
  const { say, settle, arrived, fates } = lan(2, { mtu: 1228 });
  say(0, bob, long);
  say(0, bob, new Uint8Array(1201));
  settle();
  t.deepEqual(
    arrived.map((bytes) => bytes.length),
    [1200],
  );
  t.is(fates.get('oversized'), 1);
});

test('multicasts alone are lost where an access point passes none on', (t) => {
  const { say, settle, heard, fates } = lan(3, { multicastLoss: always });
  say(0);
  say(0, bob);
  settle();
  t.deepEqual(heard, ['20: h0 <- h0 #1', '1000: h1 <- h0 #2']);
  t.is(fates.get('pruned'), 2);
});

test('a snooping switch forgets a group, but none of 224.0.0.0/24, until the station joins again', (t) => {
  const rules = { forgetsUs: 260_000_000 };
  const far239 = lan(2, rules, { group: '239.255.43.21' });
  const near224 = lan(2, rules);
  for (const { say, settle } of [far239, near224]) {
    say(0);
    settle(261_000_000);
    say(0);
    settle();
  }
  t.is(far239.fates.get('pruned'), 1);
  t.is(near224.fates.get('pruned'), undefined);
  far239.network.listen(far239.stations[1] as Station, 40_000);
  far239.say(0);
  far239.settle();
  t.is(far239.fates.get('pruned'), 1, 'joined anew');
});

test('isolated stations hear nothing of each other, be it addressed to them or to all', (t) => {
  const { say, settle, heard, fates } = lan(3, { isolated: true });
  say(0);
  say(0, bob);
  settle();
  t.deepEqual(heard, ['20: h0 <- h0 #1']);
  t.is(fates.get('isolated'), 3);
});

test('on a clogged link everything waits, in order, until it is free', (t) => {
  const { network, say, settle, heard, fates } = lan(3);
  network.clog(['h0'], ['h1'], true);
  say(0);
  say(0);
  say(1);
  settle(5_000_000);
  t.is(heard.filter((line) => line.includes('h1 <- h0')).length, 0);
  t.is(heard.filter((line) => line.includes('h0 <- h1')).length, 1, 'the other way is free');
  network.heal();
  settle();
  t.deepEqual(
    heard.filter((line) => line.includes('h1 <- h0')).map((line) => line.split('#')[1]),
    ['1', '2'],
  );
  t.is(fates.get('clogged'), 2);
});

test('a clogged link holds a thousand and no more', (t) => {
  const { network, say, settle, heard, fates } = lan(2);
  network.clog(['h0'], ['h1'], false);
  for (let i = 0; i < 1030; i++) say(0, bob);
  t.is(fates.get('overflowed'), 6);
  network.heal();
  settle();
  t.is(heard.length, 1024);
});

test('an interface that is unplugged neither speaks nor hears, until it is plugged in again', (t) => {
  const { network, stations, say, settle, heard, fates } = lan(2);
  const [first, second] = stations as [Station, Station];
  network.plug(second, false);
  say(0, bob);
  say(1);
  settle();
  t.deepEqual(heard, []);
  t.is(fates.get('deaf'), 1);
  network.plug(second, true);
  say(0, bob);
  network.plug(first, false);
  say(0, bob);
  settle();
  t.is(heard.length, 1);
});

test('other ports: what is sent to the old one finds nobody', (t) => {
  const { network, stations, say, settle, heard, fates } = lan(2);
  network.listen(stations[1] as Station, 40_500);
  say(0, { ...bob, port: 40_000 });
  say(0, { ...bob, port: 40_500 });
  settle();
  t.deepEqual(heard, ['1000: h1 <- h0 #2']);
  t.is(fates.get('deaf'), 1);
});

test('rules change for one direction of one link, and for nobody else', (t) => {
  const { network, say, settle, heard, fates } = lan(3);
  network.changeLink('h0', 'h1', { loss: always }, null);
  network.changeLink('h0', 'h1', { delayUs: { min: 5000, max: 5000 } }, null);
  say(0);
  say(1);
  settle();
  t.is(fates.get('lost'), 1, 'the second change leaves the first one as it is');
  t.deepEqual(
    heard.filter((line) => line.startsWith('1000')).map((line) => line.slice(6)),
    ['h2 <- h0 #1', 'h0 <- h1 #2', 'h2 <- h1 #2'],
  );
});

test('IPv4 and IPv6 on one segment: what is said in one is not heard in the other, nor lost in it', (t) => {
  const { network, say, settle, heard, fates, alsoIn6 } = lan(2);
  const [six, other] = [alsoIn6(0), alsoIn6(1)];
  const say6 = (to: 'group' | Endpoint): Datagram =>
    network.send(six, { address: six.address, port: 40_000 }, to, Uint8Array.of(6));
  say(0);
  t.like(say6('group'), { to: { address: 'ff02::fb', port: 55_556 }, toGroup: true });
  say6({ address: other.address, port: 40_000 });
  settle();
  t.deepEqual(heard, [
    '20: h0 <- h0 #1',
    '20: h0 <- h0 #2',
    '1000: h1 <- h0 #1',
    '1000: h1 <- h0 #2',
    '1000: h1 <- h0 #3',
  ]);
  heard.length = 0;
  network.change('lan', { loss: always }, 4);
  say(0);
  say6('group');
  settle();
  t.deepEqual(
    heard.filter((line) => line.includes('h1 <-')).map((line) => line.split(' ').at(-1)),
    ['#5'],
  );
  heard.length = 0;
  // One link, one family; then what is said of both is of that one as well.
  network.changeLink('h0', 'h1', { loss: always }, 6);
  network.changeLink('h0', 'h1', { loss: never }, 4);
  say(0);
  say6('group');
  settle();
  t.deepEqual(
    heard.filter((line) => line.includes('h1 <-')).map((line) => line.split(' ').at(-1)),
    ['#6'],
  );
  heard.length = 0;
  network.changeLink('h0', 'h1', { loss: never }, null);
  say6('group');
  network.heal();
  say(0);
  settle();
  t.deepEqual(
    heard.filter((line) => line.includes('h1 <-')).map((line) => line.split(' ').at(-1)),
    ['#8', '#9'],
  );
  t.is(fates.get('lost'), 2);
  t.throws(() => network.change('nowhere', {}, 6), { message: 'no segment nowhere' });
});

test('a link-local address is of its own segment: no router takes it to another one', (t) => {
  const { network, settle, heard, alsoIn6 } = lan(1);
  const six = alsoIn6(0);
  const far6 = network.attach({ host: 'far6', interface: 'eth0', segment: 'away', address: 'fe80::99' });
  network.listen(far6, 40_000);
  network.send(six, { address: six.address, port: 40_000 }, { address: 'fe80::99', port: 40_000 }, Uint8Array.of(1));
  settle();
  t.deepEqual(heard, []);
});

test('a router takes unicasts to the other segment, and no multicast', (t) => {
  const { say, settle, heard } = lan(1);
  say(0);
  say(0, far);
  settle();
  t.deepEqual(heard, ['20: h0 <- h0 #1', '1000: far <- h0 #2']);
});

test('somebody on the path may hold a datagram back, or take it away', (t) => {
  const { say, settle, heard, fates } = lan(
    3,
    {},
    {
      intercept: (_, to) => (to.host === 'h1' ? { does: 'drop' } : { does: 'delay', byUs: 70_000 }),
    },
  );
  say(0);
  settle();
  t.deepEqual(heard, ['20: h0 <- h0 #1', '71000: h2 <- h0 #1']);
  t.is(fates.get('dropped'), 1);
  t.is(fates.get('delayed'), 1);
});

test('a network that heals loses, changes and holds back nothing more', (t) => {
  for (const [name, { rules }] of Object.entries(presets)) {
    const { network, say, settle, heard } = lan(2, rules);
    network.heal();
    for (let i = 0; i < 50; i++) say(0);
    settle();
    t.is(heard.length, 100, name);
  }
});

test("one fault more leaves the luck of loss and delay as it was, and another fault's as well", (t) => {
  const luck = (rules: object): string => {
    const { say, settle, heard } = lan(
      2,
      { loss: ratio('1/3'), delayUs: { min: 1, max: 9000 }, ...rules },
      { seed: 9 },
    );
    for (let i = 0; i < 60; i++) say(0, bob, long);
    settle();
    return heard.join();
  };
  t.is(luck({ corrupt: ratio('1/2') }), luck({}));
  const fading = { burst: { starts: ratio('1/4'), ends: ratio('1/4'), loss: ratio('1/2') } };
  t.is(luck({ ...fading, corrupt: ratio('1/2'), multicastLoss: ratio('1/2') }), luck(fading));
  t.not(luck(fading), luck({}));
});

test('every preset says what it is, and what chance it leaves', (t) => {
  const half = ratio('1/2');
  const fair = Object.entries(presets).filter(([, { rules }]) => arrivesAtLeast({ ...quietLink, ...rules }, half));
  t.deepEqual(
    fair.map(([name]) => name),
    ['wired', 'wifi', 'wifiLossy', 'wifiCrowded', 'hotspot', 'badCable', 'hell'],
  );
  for (const [name, { is, rules }] of Object.entries(presets)) {
    t.true(is.length > 20, name);
    const { delayTable, delayUs } = rules;
    if (delayTable !== undefined) t.deepEqual(delayUs, hullOf(delayTable), `${name}: its range is that of its table`);
  }
});

test('calm is what loses, changes and reorders nothing; plain is what the fast way can do', (t) => {
  t.true(isCalm(quietLink) && isPlain(quietLink));
  t.false(isCalm({ ...quietLink, loss: ratio('1/9') }));
  t.true(isPlain({ ...quietLink, loss: ratio('1/9') }));
  t.false(isCalm({ ...quietLink, rate: 1 }) || isPlain({ ...quietLink, isolated: true }));
});
