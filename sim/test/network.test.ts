/** What becomes of datagrams between stations. */
import test from 'ava';
import type { Station } from '../network.ts';
import { never, parseRatio } from '../random.ts';
import { lan } from './lan.ts';

const half = parseRatio('1/2') ?? never;

test('a multicast reaches everybody, its own host first, by no wire', (t) => {
  const { say, settle, heard } = lan(3);
  say(0);
  settle();
  t.deepEqual(heard, ['20: h0 <- h0 #1', '1000: h1 <- h0 #1', '1000: h2 <- h0 #1']);
});

test('a unicast reaches the address and port that it names, and nobody else', (t) => {
  const { say, settle, heard, fates } = lan(3);
  say(0, { address: '10.0.0.2', port: 55556 });
  say(0, { address: '10.0.0.3', port: 40_000 });
  say(0, { address: '10.0.0.3', port: 40_001 });
  say(0, { address: '10.0.0.77', port: 55556 });
  settle();
  t.deepEqual(heard, ['1000: h1 <- h0 #1', '1000: h2 <- h0 #2']);
  t.is(fates.get('deaf'), 1);
});

test('who changed its address no longer hears what was under way to the old one', (t) => {
  const { network, stations, say, settle, heard } = lan(2);
  say(0, { address: '10.0.0.2', port: 55556 });
  network.readdress(stations[1] as Station, '10.0.0.9');
  settle();
  t.deepEqual(heard, []);
  say(0, { address: '10.0.0.9', port: 55556 });
  settle();
  t.is(heard.length, 1);
});

test('loss, doubling and holding back come as often as their ratios say', (t) => {
  const rules = { loss: half, duplicate: half, reorder: half, reorderByUs: { min: 9000, max: 9000 } };
  const { say, settle, fates, heard } = lan(2, rules);
  for (let i = 0; i < 1000; i++) say(0);
  settle();
  const lost = fates.get('lost') ?? 0;
  t.true(lost > 440 && lost < 560, `${lost} lost`);
  const doubled = fates.get('duplicated') ?? 0;
  t.true(doubled > 200 && doubled < 300, `${doubled} doubled`);
  const late = heard.filter((line) => line.startsWith('10000: h1') || line.startsWith('11000: h1')).length;
  t.true(late > 300 && late < 450, `${late} held back`);
});

test("another machine on the segment changes nobody else's luck", (t) => {
  const luck = (hosts: number): readonly string[] => {
    const { say, settle, heard } = lan(hosts, { loss: half, delayUs: { min: 1, max: 5000 } }, { seed: 42 });
    for (let i = 0; i < 50; i++) say(0);
    settle();
    return heard.filter((line) => line.includes(': h1 '));
  };
  t.deepEqual(luck(2), luck(5));
});

test('a partition cuts both ways or one way, until the network heals', (t) => {
  const { network, say, settle, heard, fates } = lan(3, { loss: parseRatio('1') ?? never });
  network.heal();
  network.cut(['h0'], ['h1'], true);
  say(0);
  say(1);
  settle();
  t.is(fates.get('cut'), 1);
  t.deepEqual(
    heard.filter((line) => line.includes('1000: ')).map((line) => line.slice(6)),
    ['h2 <- h0 #1', 'h0 <- h1 #2', 'h2 <- h1 #2'],
  );
  network.heal();
  say(0);
  settle();
  t.is(heard.length, 8);
});
