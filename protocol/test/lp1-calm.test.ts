/** lp1 keeps calm: of one type, to one place, one datagram in 200 ms, whatever asks for it, and nothing is lost by that. */
import test, { type ExecutionContext } from 'ava';
import { limits } from '../lp1/limits.ts';
import { describe } from '../lp1/messages.ts';
import { Lan, type LanHost, pairedWell, type Sent } from './lp1-lan.ts';

const phrase = '73-ladder-acid-hope-rabbit';
const kindOf = ({ bytes }: Sent): string => describe(bytes).kind;
const from = (host: LanHost, kind: string, lan: Lan): readonly Sent[] =>
  lan.sent.filter((sent) => sent.from === host.name && kindOf(sent) === kind);

function paired(t: ExecutionContext): { lan: Lan; a: LanHost; b: LanHost } {
  const lan = new Lan();
  const [a, b] = [lan.add('alice'), lan.add('bob')];
  a.start(phrase);
  b.start(phrase);
  t.true(
    lan.until(() => pairedWell(a, b) === null, 5000),
    pairedWell(a, b) ?? '',
  );
  lan.pass(20_000);
  return { lan, a, b };
}

/** Alice as she is while she waits for bob's READY, who is deaf and mute from now on; and his READY. */
function waitingForReady(t: ExecutionContext): { lan: Lan; a: LanHost; b: LanHost; ready: Uint8Array } {
  const lan = new Lan();
  const [a, b] = [lan.add('alice'), lan.add('bob')];
  let ready: Uint8Array | null = null;
  lan.filter = (sent) => {
    if (sent.from === 'bob' && kindOf(sent) === 'READY') ready ??= sent.bytes;
    return ready === null;
  };
  a.start(phrase);
  b.start(phrase);
  t.true(lan.until(() => ready !== null && a.situation === 'Ready', 5000));
  lan.pass(2000);
  return { lan, a, b, ready: ready ?? new Uint8Array(0) };
}

test('asked twenty times in 200 ms, one answer goes out at once and one when the time is over', (t) => {
  const { lan, a, b } = paired(t);
  const ready = from(b, 'READY', lan)[0];
  if (ready === undefined) return t.fail();
  const before = from(a, 'DONE', lan).length;
  for (let i = 0; i < 20; i++) {
    a.deliver(ready.bytes, ready.source, 'unicast');
    lan.pass(5);
  }
  t.is(from(a, 'DONE', lan).length, before + 1);
  lan.pass(20_000);
  const times = from(a, 'DONE', lan)
    .slice(before)
    .map(({ at }) => at);
  t.is(times.length, 2);
  t.is((times[1] ?? 0) - (times[0] ?? 0), 200);
  t.deepEqual([a.state.said, a.state.saidSince], [[], []], 'and nothing of it is kept');
});

test('one timer serves all places: what is said while it runs waits for its second firing', (t) => {
  const { lan, a, b } = paired(t);
  const ready = from(b, 'READY', lan)[0];
  if (ready === undefined) return t.fail();
  const begun = lan.now;
  const ask = (port: number): void => {
    for (let i = 0; i < 2; i++) a.deliver(ready.bytes, { address: '10.0.0.2', port }, 'unicast');
  };
  ask(1001);
  lan.pass(150);
  ask(1002);
  lan.pass(20_000);
  const answers = lan.sent.flatMap(({ at, to }) => (at >= begun && to !== 'group' ? [[to.port, at - begun]] : []));
  t.deepEqual(
    answers.filter(([port = 0]) => port < 2000),
    [
      [1001, 0],
      [1002, 150],
      [1001, 200],
      [1002, 400],
    ],
  );
});

test('a thousand places that repeat one word fill no table, and silence nobody who is at home', (t) => {
  const { lan, a, b } = paired(t);
  const ready = from(b, 'READY', lan)[0];
  if (ready === undefined) return t.fail();
  const sentBefore = lan.sent.length;
  for (let port = 1; port <= 1000; port++)
    a.deliver(ready.bytes, { address: '10.0.0.99', port: 1000 + port }, 'unicast');
  const remembered = (): number => a.state.said.length + a.state.saidSince.length;
  t.is(remembered(), limits.said);
  t.is(lan.sent.length - sentBefore, limits.said, 'one answer to each, as long as there is room');
  a.deliver(ready.bytes, ready.source, 'unicast');
  t.is(remembered(), limits.said + 1);
  t.is(lan.sent.length - sentBefore, limits.said + 1, 'bob has his');
  lan.pass(1000);
  t.is(remembered(), 0);
});

test('a candidate that says BEACON from everywhere still gets a cookie at each place: any stranger does', (t) => {
  const lan = new Lan();
  const [a, b] = [lan.add('alice'), lan.add('bob')];
  a.start(phrase);
  b.start('73-zebra-zebra-zebra-zebra');
  lan.pass(20_000);
  const beacon = from(b, 'BEACON', lan)[0];
  if (beacon === undefined || a.state.candidates.length !== 1) return t.fail();
  const before = from(a, 'BEACON', lan).length;
  for (let port = 1; port <= 300; port++) a.deliver(beacon.bytes, { address: '10.0.0.99', port: 1000 + port }, 'group');
  t.is(from(a, 'BEACON', lan).length, before + 300);
  t.deepEqual([a.state.said.length, a.state.echoes.length], [0, limits.echoes]);
  a.deliver(beacon.bytes, beacon.source, 'group');
  a.deliver(beacon.bytes, beacon.source, 'group');
  t.is(from(a, 'BEACON', lan).length, before + 301, 'but one in 200 ms where its cookie came back');
});

test('what waits and is out of date is not said: no READY after a CANCEL', (t) => {
  const { lan, a, ready } = waitingForReady(t);
  const source = { address: '10.0.0.2', port: 40_001 };
  t.true(
    lan.until(() => a.state.said.length === 0 && a.state.saidSince.length === 0, 10_000),
    'nothing was said a moment ago',
  );
  const older = from(a, 'READY', lan).length;
  a.deliver(ready, source, 'unicast');
  t.is(from(a, 'READY', lan).length, older + 1, 'the answer');
  a.deliver(ready, source, 'unicast');
  t.true(
    a.state.said.some(({ waits }) => waits !== null),
    'and one that waits',
  );
  a.command({ name: 'cancel' });
  lan.pass(30_000);
  t.is(from(a, 'READY', lan).length, older + 1);
  t.true(from(a, 'CANCEL', lan).length > 1);
});

test('what waits for a candidate goes with it', (t) => {
  const lan = new Lan();
  const [a, b] = [lan.add('alice'), lan.add('bob')];
  a.start(phrase);
  b.start('73-zebra-zebra-zebra-zebra');
  lan.pass(20_000);
  const beacon = from(b, 'BEACON', lan)[0];
  if (beacon === undefined) return t.fail();
  for (let i = 0; i < 2; i++) a.deliver(beacon.bytes, beacon.source, 'group');
  t.true(a.state.said.some(({ waits }) => waits !== null));
  a.command({ name: 'cancel' });
  const before = lan.sent.filter((sent) => sent.from === 'alice').length;
  lan.pass(2000);
  t.is(lan.sent.filter((sent) => sent.from === 'alice').length, before);
  t.deepEqual(a.state.said, []);
});

test('both settle at once where nothing is lost, and the last word has left before', (t) => {
  const lan = new Lan();
  const [a, b] = [lan.add('alice'), lan.add('bob')];
  a.start(phrase);
  b.start(phrase);
  t.true(lan.until(() => pairedWell(a, b) === null, 5000));
  t.true(lan.until(() => a.said('settled').length === 1 && b.said('settled').length === 1, 1000));
  for (const host of [a, b])
    t.false(
      host.state.said.some(({ waits }) => waits !== null),
      host.name,
    );
  const last = lan.sent.length;
  lan.pass(60_000);
  t.is(lan.sent.length, last, 'nobody says anything more');
});

test('forty READYs that nobody hears go to the group within its budget, and leave the BEACONs theirs', (t) => {
  const { lan, a } = waitingForReady(t);
  const [record] = [...a.records.values()];
  if (record === undefined) return t.fail();
  a.crash();
  for (let i = 10; i < 50; i++) {
    const body = { ...(record.body as object), mine: `${i}`.repeat(16), theirs: `${i}`.repeat(16) };
    a.records.set(`${i}`, { ...record, id: `${i}`, body });
  }
  const begun = lan.now;
  const said = (kind: string): readonly Sent[] =>
    from(a, kind, lan).filter(({ at, to }) => at >= begun && to === 'group');
  a.start(phrase);
  lan.pass(60_000);
  const ready = said('READY');
  t.true(ready.length > 60, `${ready.length} READYs to the group`);
  t.true(ready.length <= limits.multicasts + 2 * 60);
  // Eight of the schedule in a minute; from the fourth on from both ports.
  t.true(said('BEACON').length >= 12, `${said('BEACON').length} BEACONs`);
  t.is(new Set(said('BEACON').map(({ source }) => source.port)).size, 2);
});
