/** What happens to machines and to the people at them, each by its name in a scenario file. */
import test from 'ava';
import type { RunEvent } from '../events.ts';
import { streamOf } from '../random.ts';
import type { RunResult } from '../run.ts';
import { mistyped, type Slip, slipNames } from '../scenario/slips.ts';
import { hostTimers } from '../timers.ts';
import { annexSubject, lp1Subject, play } from './play.ts';

/** alice and bob on one segment, bob from the second second on; both protocols, lp1 unless it is said. */
function pair(more: string, { bob = '', alice = '', on = 'lan', subject = lp1Subject() } = {}): Seen {
  const events: RunEvent[] = [];
  const result = play(
    `
title: two pair
protocols: {annex: pass, lp1: pass}
network: {lan: {}, two: {}}
hosts:
  alice: {on: lan, phrase: my hovercraft is full of eels${alice}}
  bob: {on: ${on}, phrase: my hovercraft is full of eels, startsMs: 2000${bob}}
${more}
${more.includes('expect:') ? '' : 'expect:\n  - {paired: [alice, bob]}'}
`,
    { subject, watch: (event) => events.push(event) },
  );
  return { result, events, steps: (host) => events.flatMap((one) => (isStepOf(one, host) ? [one] : [])) };
}

type Step = Extract<RunEvent, { type: 'step' }>;

interface Seen {
  readonly result: RunResult;
  readonly events: readonly RunEvent[];
  readonly steps: (host: string) => readonly Step[];
}

function isStepOf(event: RunEvent, host: string): event is { readonly atUs: number } & Step {
  return event.type === 'step' && event.host === host;
}

test('a stopped process does nothing, and then everything at once; nobody tells it', (t) => {
  const { result, steps } = pair(
    'script:\n  - {atMs: 2100, host: bob, do: pause}\n  - {atMs: 9000, host: bob, do: resume}',
  );
  const still = steps('bob').filter(({ atUs }) => atUs > 2_100_000 && atUs < 9_000_000);
  t.deepEqual(still, []);
  const after = steps('bob').filter(({ atUs }) => atUs === 9_000_000);
  t.true(after.some(({ input }) => input.type === 'timer'));
  t.true(
    after.some(({ input }) => input.type === 'datagram'),
    'its sockets had a buffer',
  );
  t.false(steps('bob').some(({ input }) => input.type === 'resumed'));
  t.is(result.verdict, 'pass', result.failures.join());
});

test('a machine that slept heard nothing, and is told before its timers fire', (t) => {
  const { result, steps, events } = pair(
    'script:\n  - {atMs: 2100, host: bob, do: sleep}\n  - {atMs: 9000, host: bob, do: resume}',
  );
  const inputs = steps('bob')
    .filter(({ atUs }) => atUs === 9_000_000)
    .map(({ input }) => input.type);
  t.is(inputs[0], 'resumed');
  t.true(inputs.includes('timer'));
  t.false(inputs.includes('datagram'));
  t.true(events.some((event) => event.type === 'fate' && event.fate === 'deaf' && event.to.host === 'bob'));
  t.is(result.verdict, 'pass', result.failures.join());
});

test('a sleeping machine that crashes is on the network again when it is started', (t) => {
  const { result } = pair(
    'script:\n  - {atMs: 2100, host: bob, do: sleep}\n  - {atMs: 5000, host: bob, do: crash}\n  - {atMs: 6000, host: bob, do: restart}',
  );
  t.is(result.verdict, 'pass', result.failures.join());
});

test('a plug that is pulled: the core hears that the interface is gone, and sending there fails', (t) => {
  const { result, steps } = pair(
    'script:\n  - {atMs: 2050, host: bob, change: interface, up: false}\n  - {atMs: 9000, host: bob, change: interface, up: true}',
  );
  const lists = steps('bob').flatMap(({ input }) =>
    input.type === 'interfaces' ? [input.interfaces.map(({ name }) => name)] : [],
  );
  t.deepEqual(lists, [[], ['eth0']]);
  t.true(
    steps('bob').some(({ input }) => input.type === 'outcome' && input.outcome.of === 'send' && !input.outcome.ok) ||
      !steps('bob').some(({ atUs, effects }) => atUs > 2_100_000 && atUs < 9_000_000 && effects.some(isSend)),
    'what it sends fails, or it does not try',
  );
  t.is(result.verdict, 'pass', result.failures.join());
});

function isSend({ type }: { readonly type: string }): boolean {
  return type === 'send';
}

test('of two interfaces the one that is named moves, or is unplugged', (t) => {
  const { steps, events } = pair(
    'script:\n  - {atMs: 3000, host: bob, change: address, interface: eth1, to: 10.0.0.77}\n  - {atMs: 4000, host: bob, change: interface, interface: eth0, up: false}',
    { on: '[two, lan]' },
  );
  t.true(events.some((event) => event.type === 'moved' && event.interface === 'eth1' && event.address === '10.0.0.77'));
  const lists = steps('bob').flatMap(({ input }) =>
    input.type === 'interfaces' ? [input.interfaces.flatMap((one) => one.addresses.map((a) => a.address))] : [],
  );
  t.deepEqual(lists[1], ['10.0.0.77']);
});

test('sockets that are bound anew send from other ports, and the peer follows', (t) => {
  const { result, events } = pair('script:\n  - {when: {host: bob, sends: CONFIRM}, host: bob, change: port}');
  const ports = new Set(
    events.flatMap((event) =>
      event.type === 'sent' && event.datagram.sender.host === 'bob' ? [event.datagram.source.port] : [],
    ),
  );
  t.deepEqual(ports, new Set([40_001, 40_501]));
  t.is(result.verdict, 'pass', result.failures.join());
});

test('a wall clock that is set by an hour is told as a restored snapshot, one by a second is not', (t) => {
  const resumes = (byMs: number): number =>
    pair(`script:\n  - {atMs: 2100, host: bob, change: clock, byMs: ${byMs}}`)
      .steps('bob')
      .filter(({ input }) => input.type === 'resumed').length;
  t.is(resumes(3_600_000), 1);
  t.is(resumes(-3_600_000), 1);
  t.is(resumes(1000), 0);
});

test('a rolled back machine has its memory of then, its disk of then, and is told', (t) => {
  const { steps, events } = pair(
    'script:\n  - {atMs: 2500, host: bob, do: snapshot}\n  - {atMs: 20000, host: bob, do: rollback}',
  );
  const at = steps('bob').filter(({ atUs }) => atUs === 20_000_000);
  t.is(at[0]?.input.type, 'resumed');
  t.is(at[0]?.cell.situation, steps('bob').findLast(({ atUs }) => atUs <= 2_500_000)?.state.situation);
  t.true(events.some((event) => event.type === 'withdrawn' && event.atUs === 20_000_000));
});

test('timers of a machine whose clock runs too fast fire early, of a slow one late', (t) => {
  const firesAt = (driftPpm: number): number => {
    const later: number[] = [];
    const timers = hostTimers({
      stream: () => streamOf(1),
      later: (us) => later.push(us),
      nowUs: () => 0,
      input: () => undefined,
      driftPpm,
    });
    timers.setTimer({ type: 'setTimer', name: 'beacon', minMs: 3000, maxMs: 3000 });
    return later[0] ?? 0;
  };
  t.is(firesAt(0), 3_000_000);
  t.is(firesAt(500_000), 2_000_000);
  t.is(firesAt(-500_000), 6_000_000);
});

test('a flaky side effect fails now and then, and a failing one always', (t) => {
  const failures = (how: string): number =>
    pair('expect:\n  - {notice: settled, host: alice, count: 0..9}', { bob: how }).events.filter(
      (event) => event.type === 'failed' && event.host === 'bob',
    ).length;
  t.is(failures(''), 0);
  t.true(failures(', fails: [store]') >= 1);
  t.true(failures(', flaky: {store: 1/1}') >= 1);
  t.is(failures(', flaky: {store: 0}'), 0);
});

test('a flaky network: some sends fail, and the pair pairs all the same', (t) => {
  const { result, steps } = pair('', { bob: ', flaky: {send: 1/3}' });
  t.true(steps('bob').some(({ input }) => input.type === 'outcome' && input.outcome.of === 'send'));
  t.is(result.verdict, 'pass', result.failures.join());
});

test('a clone has the keys of its original, and its own name in the scenario', (t) => {
  const { result, steps } = pair('expect:\n  - {unpaired: [alice, bob]}', { bob: ', cloneOf: alice' });
  const keys = ['alice', 'bob'].map((host) => {
    const input = steps(host)[0]?.input;
    return input?.type === 'start' ? input.self.sshKey : host;
  });
  t.is(keys[0], keys[1]);
  t.is(result.verdict, 'pass', result.failures.join());
});

test('every slip of the keyboard is another text and, to lp1, the same phrase', (t) => {
  const phrase = '42-crème-acid-hope-rabbit';
  const subject = lp1Subject();
  for (const slip of slipNames as readonly Slip[]) {
    const typed = mistyped(slip === 'hyphens' ? phrase.replaceAll('-', ' ') : phrase, [slip]);
    if (slip !== 'hyphens') t.not(typed, phrase, slip);
    t.deepEqual(subject.phraseKey(typed), subject.phraseKey(phrase), slip);
  }
});

test('slips are typed by the host, at once and later', (t) => {
  const { steps } = pair(
    'script:\n  - {atMs: 9000, host: bob, types: my hovercraft is full of eels, slips: [capitals]}\nexpect:\n  - {paired: [alice, bob]}',
    { bob: ', slips: [spaces]', subject: annexSubject() },
  );
  const typed = steps('bob').flatMap(({ input }) =>
    input.type === 'start'
      ? [input.phrase?.text]
      : input.type === 'command' && input.command.name === 'phrase'
        ? [input.command.phrase.text]
        : [],
  );
  t.deepEqual(typed, ['  my   hovercraft   is   full   of   eels ', 'MY HOVERCRAFT IS FULL OF EELS']);
});
