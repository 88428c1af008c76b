/** What adversaries can do is what their powers say: the world gives them nothing else. And each does what it says. */
import test from 'ava';
import type { Adversary, AdversaryKind, Lair, Power } from '../adversaries/adversary.ts';
import type { RunEvent } from '../events.ts';
import type { Datagram } from '../network.ts';
import { subjects } from '../protocols.ts';
import { type RunResult, runScenario } from '../run.ts';
import type { Subject } from '../subject.ts';
import { annexSubject, lp1Subject, scenarioOf } from './play.ts';

/** alice and bob, and mallory as what `mallory` says, on a segment that is not calm enough to hide anything. */
function story(mallory: string, { phrase = '73-ladder-acid-hope-rabbit', more = '' } = {}): string {
  return `
title: two pair
protocols: {annex: pass, lp1: pass}
network: {lan: {delayMs: 5..15}, away: {}}
hosts:
  alice: {on: lan, phrase: ${phrase}}
  bob: {on: lan, phrase: ${phrase}, startsMs: 1000}
adversaries:
  mallory: {${mallory}}
${more}
expect:
  - {lines: 0..9, host: alice}
endsMs: 60000
`.replace('{lines: 0..9, host: alice}', '{notice: settled, host: alice, count: 0..9}');
}

interface Played {
  readonly result: RunResult;
  readonly events: readonly RunEvent[];
  readonly said: readonly Datagram[];
}

function play(subject: Subject, text: string): Played {
  const events: RunEvent[] = [];
  const result = runScenario(scenarioOf(text.replace('annex: pass, lp1: pass', `${subject.name}: pass`)), subject, 1, {
    watch: (event) => events.push(event),
  });
  const said = events.flatMap((event) =>
    event.type === 'sent' && event.datagram.sender.host === 'mallory' ? [event.datagram] : [],
  );
  return { result, events, said };
}

/** lp1 with an imposter in whose place somebody with these powers does that. */
function armed(powers: readonly Power[], create: (lair: Lair) => Adversary, is = 'imposter'): Subject {
  const subject = lp1Subject();
  const kind: AdversaryKind = { does: 'what the test says', powers, create };
  return { ...subject, adversaries: { ...subject.adversaries, [is]: kind } };
}

const victim = { address: '10.0.0.1', port: 55_557 };
const here = 'on: lan, is: imposter';

test('who may not inject cannot send, who may not spoof cannot say another source', (t) => {
  const sends = (lair: Lair): Adversary => ({ start: () => lair.send(Uint8Array.of(1), victim) });
  const spoofs = (lair: Lair): Adversary => ({ start: () => lair.spoof(Uint8Array.of(1), victim, 'group', null) });
  t.throws(() => play(armed(['observe', 'spoof'], sends), story(here)), { message: /no power to inject/ });
  t.throws(() => play(armed(['observe', 'inject'], spoofs), story(here)), { message: /no power to spoof/ });
  t.is(play(armed(['inject'], sends), story(here)).said[0]?.source.address, '10.0.0.3');
  t.is(play(armed(['spoof'], spoofs), story(here)).said[0]?.source.address, '10.0.0.1');
});

test('who may not observe hears nothing, who may not sniff hears no unicast of others', (t) => {
  const heardBy = (powers: readonly Power[]): readonly Datagram[] => {
    const heard: Datagram[] = [];
    play(
      armed(powers, () => ({ hear: (datagram) => heard.push(datagram) })),
      story(here),
    );
    return heard;
  };
  t.deepEqual(heardBy([]), []);
  const multicasts = heardBy(['observe']);
  t.true(multicasts.length > 0);
  t.true(multicasts.every(({ toGroup }) => toGroup));
  t.true(heardBy(['observe', 'sniff']).some(({ toGroup }) => !toGroup));
});

for (const does of ['drop', 'delay', 'modify'] as const) {
  const deed =
    does === 'delay' ? { does, byUs: 5_000_000 } : does === 'modify' ? { does, bytes: Uint8Array.of(1) } : { does };
  const intercepts = (): Adversary => ({ intercept: () => deed });

  test(`who is off the path cannot ${does}: it is not even asked`, (t) => {
    const { result } = play(armed(['observe', 'sniff', 'inject', 'spoof'], intercepts), story(here));
    t.is(result.expectations.length, 1);
    t.deepEqual(
      result.oracles.filter(({ verdict }) => verdict === 'fail'),
      [],
    );
    t.true(
      result.hash ===
        play(
          armed(['observe', 'sniff', 'inject', 'spoof'], () => ({})),
          story(here),
        ).result.hash,
    );
  });

  test(`who is on the path with another power cannot ${does} either`, (t) => {
    const other: Power = does === 'drop' ? 'delay' : 'drop';
    const { failures } = play(armed([other], intercepts), story(here)).result;
    t.regex(failures.join(), new RegExp(`no power to ${does}`));
  });

  test(`who is on the path and may ${does} does it, to what others say on its own segment alone`, (t) => {
    const near = play(armed([does], intercepts), story(here));
    const far = play(armed([does], intercepts), story('on: away, is: imposter'));
    const changed = ({ events }: Played): number =>
      events.filter((event) => event.type === 'fate' && (event.fate === 'dropped' || event.fate === 'delayed')).length;
    t.true(changed(near) > 0);
    t.is(changed(far), 0);
    t.is(near.said.length > 0, does === 'modify');
  });
}

test('what somebody on the path changed is his: it has his name, and goes to the one whose copy it was', (t) => {
  const { said, events } = play(
    armed(['modify'], () => ({
      intercept: ({ bytes }, to) =>
        to.host === 'bob' ? { does: 'modify', bytes: bytes.slice(0, 9) } : { does: 'pass' },
    })),
    story(here),
  );
  t.true(said.length > 0);
  t.true(said.every(({ bytes, source }) => bytes.length === 9 && source.address === '10.0.0.1'));
  const hearers = events.flatMap((event) =>
    event.type === 'fate' && event.datagram.sender.host === 'mallory' && event.fate === 'delivered'
      ? [event.to.host]
      : [],
  );
  t.deepEqual([...new Set(hearers)], ['bob']);
});

test('who has no phrase breaks no promise of oracle 5, be he on the path or off', (t) => {
  const subject = lp1Subject();
  for (const is of ['mitm', 'spammer', 'relay', 'dropper']) {
    const { result } = play(subject, story(`on: lan, is: ${is}`));
    t.not(result.oracles.find(({ name }) => name === 'strangers')?.verdict, 'fail', is);
  }
});

test('every kind of every protocol says in a sentence what it does, and does something', (t) => {
  const busy = 'on: lan, reactsMs: 0, asksAfterMs: 100, everyMs: 100, times: 50, startsMs: 0';
  // locate's need machines that are paired already: its own scenarios show them at work.
  for (const [protocol, subject] of [...subjects].filter(([name]) => name !== 'locate')) {
    const phrase = protocol === 'annex' ? 'my hovercraft is full of eels' : '73-ladder-acid-hope-rabbit';
    for (const [is, { does, powers }] of Object.entries(subject.adversaries)) {
      t.true(does.length > 20, is);
      const speaks = powers.some((power) => power === 'inject' || power === 'spoof');
      const guess = protocol === 'annex' ? 'my own guess at it' : '73-ladder-acid-hope-range';
      const text = story(`${busy}, is: ${is}, claims: bob, phrase: ${guess}`, { phrase });
      const { said, events } = play(subject, text);
      const touched = events.some(
        (event) => event.type === 'fate' && (event.fate === 'dropped' || event.fate === 'delayed'),
      );
      if (is !== 'eavesdropper') t.true(said.length > 0 || touched, `${is} of ${protocol}`);
      if (!speaks && !powers.includes('modify')) t.is(said.length, 0, `${is} of ${protocol}`);
    }
  }
});

test('an insider says of himself what the scenario tells, and a cloner another one’s key', (t) => {
  const told = (kind: string): readonly string[] =>
    play(lp1Subject(), story(`on: lan, phrase: 73-ladder-acid-hope-rabbit, ${kind}`, { more: '' })).events.flatMap(
      (event) =>
        event.type === 'step' && event.host === 'alice'
          ? event.effects.flatMap((effect) =>
              effect.type === 'notify' && effect.notice.event === 'refused' ? [effect.notice.refusal.rule] : [],
            )
          : [],
    );
  t.true(told("is: insider, says: {hostName: '-x'}").includes('identity-host'));
  t.true(told("is: insider, says: {addresses: ['127.0.0.1']}").includes('identity-address'));
  t.true(told('is: cloner, claims: bob').includes('identity-possession'));
});

test('a spammer uses many addresses, and answers the cookies that go to them', (t) => {
  const { said } = play(lp1Subject(), story('on: lan, is: spammer, everyMs: 50, times: 100, startsMs: 500'));
  t.true(new Set(said.map(({ source }) => source.address)).size > 20);
  const { describe } = { describe: (bytes: Uint8Array) => lp1Subject().protocol.describe(bytes).kind };
  t.true(said.some(({ bytes }) => describe(bytes) === 'SHARE'));
});

test('a fuzzer’s mutants are of all kinds: cut, lengthened, spliced, noise', (t) => {
  const { said } = play(
    annexSubject(),
    story('on: lan, is: fuzzer, everyMs: 100, times: 500', { phrase: 'my hovercraft is full of eels' }),
  );
  const sizes = new Set(said.map(({ bytes }) => bytes.length));
  t.true(sizes.size > 10);
  t.true([...sizes].some((size) => size > 1200));
});
