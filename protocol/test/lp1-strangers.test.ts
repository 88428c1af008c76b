/** lp1 and those who do not know the phrase, know it too well, or send anything at all. */
import test, { type ExecutionContext } from 'ava';
import { equalBytes, utf8 } from '../bytes.ts';
import type { Command, Suite } from '../contract.ts';
import { protocol } from '../lp1/index.ts';
import { limits } from '../lp1/limits.ts';
import { describe, writeBeacon } from '../lp1/messages.ts';
import { realSuite } from '../suite.ts';
import { symbolicSuite } from '../suite-symbolic.ts';
import { Lan, type LanHost, pairedWell, type Sent } from './lp1-lan.ts';

const phrase = '73-ladder-acid-hope-rabbit';
const kindOf = ({ bytes }: Sent): string => describe(bytes).kind;

/** The person's choice of the candidate of that name. */
function choiceOf(host: LanHost, name: string): Command {
  const last = host.said('choose').at(-1);
  const found = last?.event === 'choose' ? last.candidates.find(({ peer }) => peer.userName === name) : undefined;
  return { name: 'choose', candidate: found?.candidate ?? '' };
}

function pairUp(t: ExecutionContext, lan: Lan): readonly [LanHost, LanHost] {
  const [a, b] = [lan.add('alice'), lan.add('bob')];
  a.start(phrase);
  b.start(phrase);
  t.true(
    lan.until(() => pairedWell(a, b) === null, 5000),
    pairedWell(a, b) ?? '',
  );
  return [a, b];
}

/** A story that must go the same way with the real cryptography and with the ideal one. */
function both(title: string, story: (t: ExecutionContext, suite: Suite) => void): void {
  for (const suite of [realSuite, symbolicSuite]) test(`${suite.name}: ${title}`, (t) => story(t, suite));
}

both('an imposter with a wrong phrase answers first; the honest pair, and nobody trusts him', (t, suite) => {
  const lan = new Lan(suite);
  const mallory = lan.add('mallory');
  mallory.start('73-wrong-wrong-wrong-wrong');
  lan.pass(3000);
  const [a, b] = pairUp(t, lan);
  t.is(mallory.said('proven').length, 0);
  t.is(a.keys.size + b.keys.size, 2);
  t.is(mallory.keys.size, 0);
  t.true(mallory.state.guesses.used > 0);
});

both('who overheard the phrase makes a crowd: a person compares three words and chooses', (t, suite) => {
  const lan = new Lan(suite);
  const [a, b, mallory] = [lan.add('alice'), lan.add('bob'), lan.add('mallory')];
  for (const host of [a, b, mallory]) host.start(phrase);
  t.true(lan.until(() => a.situation === 'Choosing' && b.situation === 'Choosing', 5000));
  const [choice] = a.said('choose').slice(-1);
  if (choice?.event !== 'choose') return t.fail();
  t.deepEqual(choice.candidates.map(({ peer }) => peer.userName).toSorted(), ['bob', 'mallory']);
  const words = (host: LanHost, name: string): string => {
    const last = host.said('choose').at(-1);
    const found = last?.event === 'choose' ? last.candidates.find(({ peer }) => peer.userName === name) : undefined;
    return found?.words ?? '';
  };
  t.is(words(a, 'bob'), words(b, 'alice'));
  t.not(words(a, 'bob'), words(a, 'mallory'));
  t.deepEqual([a.keys.size, b.keys.size, mallory.keys.size], [0, 0, 0]);
  for (const [host, other] of [
    [a, 'bob'],
    [b, 'alice'],
  ] as const) {
    const last = host.said('choose').at(-1);
    const found = last?.event === 'choose' ? last.candidates.find(({ peer }) => peer.userName === other) : undefined;
    host.command({ name: 'choose', candidate: found?.candidate ?? '' });
  }
  const done = (): boolean => a.situation === 'Paired' && b.situation === 'Paired';
  t.true(lan.until(done, 20_000), `${a.situation} ${b.situation}`);
  t.is(mallory.keys.size, 0);
  t.deepEqual(
    [...a.keys.values()].map(({ key }) => key),
    [b.state.self.sshKey],
  );
  t.deepEqual(
    [...b.keys.values()].map(({ key }) => key),
    [a.state.self.sshKey],
  );
});

for (const how of ['chooses another one', 'cancels'] as const) {
  both(
    `the machine that was about to be paired with ${how}, while another one has proved the phrase: that one pairs`,
    (t, suite) => {
      const lan = new Lan(suite);
      const [a, carol, b] = [lan.add('alice'), lan.add('carol'), lan.add('bob')];
      // carol's record is written and alice's is, but neither hears of it.
      lan.filter = (sent) => !['READY', 'DONE'].includes(kindOf(sent)) || sent.from === b.name;
      a.start(phrase);
      carol.start(phrase);
      t.true(lan.until(() => a.situation === 'Ready' && carol.situation === 'Ready', 5000));
      b.start(phrase);
      const all = [a, b, carol];
      t.true(lan.until(() => all.every(({ situation }) => situation === 'Choosing'), 20_000));
      lan.filter = () => true;
      if (how === 'cancels') carol.command({ name: 'cancel' });
      else carol.command(choiceOf(carol, 'bob'));
      lan.pass(2000);
      a.command(choiceOf(a, 'bob'));
      b.command(choiceOf(b, 'alice'));
      t.true(
        lan.until(() => a.situation === 'Paired' && b.situation === 'Paired', 60_000),
        `${a.situation} ${b.situation}`,
      );
      t.deepEqual([a.keys.size, b.keys.size, carol.keys.size], [1, 1, 0]);
    },
  );
}

both('a copied machine is told so, and is not paired with itself', (t, suite) => {
  const lan = new Lan(suite);
  const [a, b] = [lan.add('alice'), lan.add('bob', { key: 'alice' })];
  a.start(phrase);
  b.start(phrase);
  lan.pass(10_000);
  for (const host of [a, b]) t.like(host.said('alarm')[0], { rule: 'clone' });
  t.is(a.keys.size + b.keys.size, 0);
});

both('READY reflected, SHARE and CONFIRM under another iid: refused by name, and the pair pairs', (t, suite) => {
  const lan = new Lan(suite);
  const [a, b] = [lan.add('alice'), lan.add('bob')];
  const source = { address: '10.0.0.99', port: 40_001 };
  lan.filter = (sent, to) => {
    // Everything that anybody says comes back to him, from another address and from his peer's.
    const speaker = lan.hosts.find(({ name }) => name === sent.from);
    lan.later(1, () => speaker?.deliver(sent.bytes, source, 'unicast'));
    lan.later(1, () => speaker?.deliver(sent.bytes, { address: to.address, port: to.port }, 'unicast'));
    lan.later(2, () => to.deliver(sent.bytes, source, 'unicast'));
    return true;
  };
  a.start(phrase);
  b.start(phrase);
  t.true(
    lan.until(() => pairedWell(a, b) === null, 10_000),
    pairedWell(a, b) ?? '',
  );
  const rules = new Set(a.said('refused').map((notice) => (notice.event === 'refused' ? notice.refusal.rule : '')));
  for (const rule of ['cookie', 'not-for-us']) t.true(rules.has(rule), `${rule} of ${[...rules].join()}`);
});

both('replaying a whole recorded session changes nothing, before or after', (t, suite) => {
  const lan = new Lan(suite);
  const [a, b] = pairUp(t, lan);
  lan.pass(20_000);
  const recorded = [...lan.sent];
  const stable = ({ state }: LanHost): unknown => ({
    ...state,
    bonds: state.bonds.map((bond) => ({ ...bond, seen: null, owes: false })),
  });
  const before = [stable(a), stable(b)];
  for (const sent of recorded) {
    for (const host of [a, b]) host.deliver(sent.bytes, { address: '10.0.0.99', port: 1 }, 'unicast');
  }
  lan.pass(20_000);
  t.deepEqual([stable(a), stable(b)], before);
  t.deepEqual([a.keys.size, b.keys.size], [1, 1]);
  const [c, d] = [lan.add('carol'), lan.add('dave')];
  c.start(phrase);
  d.start(phrase);
  for (const sent of recorded) c.deliver(sent.bytes, { address: '10.0.0.99', port: 1 }, 'unicast');
  t.true(lan.until(() => pairedWell(c, d) === null, 5000));
});

both('to a source that returned no cookie: only BEACONs, never more than three times its bytes', (t, suite) => {
  const lan = new Lan(suite);
  const a = lan.add('alice');
  a.start(phrase);
  lan.pass(100);
  const ghost = { address: '10.0.0.77', port: 9 };
  let received = 0;
  for (let i = 0; i < 50; i++) {
    const from = suite.hash(utf8(`ghost ${i}`)).slice(0, 16);
    const cookie = i % 2 === 0 ? null : new Uint8Array(8);
    const bytes = writeBeacon({ from, channel: '73', cookie, returned: i % 3 === 0 ? new Uint8Array(8) : null });
    received += bytes.length;
    a.deliver(bytes, ghost, 'group');
    lan.pass(30);
  }
  lan.pass(5000);
  const answers = lan.sent.filter(({ to }) => to !== 'group' && to.address === ghost.address);
  t.true(answers.length > 0);
  t.true(answers.every((sent) => kindOf(sent) === 'BEACON'));
  t.true(answers.reduce((sum, { bytes }) => sum + bytes.length, 0) <= 3 * received);
  t.deepEqual(a.state.candidates, []);
  t.is(a.state.open.units, limits.units, 'no work was done for it');
});

both('guesses: with 21 bits one stranger uses up the budget, and the person decides about the next', (t, suite) => {
  const lan = new Lan(suite);
  const [a, mallory, b] = [lan.add('alice'), lan.add('mallory'), lan.add('bob')];
  a.start(phrase, { bits: 21, weak: true });
  mallory.start('73-wrong-wrong-wrong-wrong');
  lan.pass(3000);
  t.deepEqual(a.state.guesses, { used: 1, budget: 1 });
  b.start(phrase, { bits: 21, weak: true });
  lan.pass(10_000);
  t.not(a.situation, 'Paired');
  t.true(a.said('alarm').some((notice) => notice.event === 'alarm' && notice.rule === 'guesses-used'));
  for (const host of [a, b]) host.command({ name: 'grant' });
  lan.pass(2000);
  for (const host of [a, b]) host.command({ name: 'grant' });
  t.true(
    lan.until(() => pairedWell(a, b) === null, 60_000),
    `${a.situation} ${b.situation}`,
  );
});

both(
  'grinding iids and always going second: K for no more unproven iids than the budget, at most 6 a second',
  (t, suite) => {
    const lan = new Lan(suite);
    const a = lan.add('alice');
    // Thirty-two addresses, each a new session every two seconds; with real cryptography four, and fewer guesses to use up.
    const [bits, addresses, seconds] = suite === realSuite ? [24, 4, 12] : [28, 32, 60];
    const budget = 2 ** (bits - 21);
    a.start(phrase, { bits, weak: true });
    const guessers = Array.from({ length: addresses }, (_, i) => lan.add(`guesser${i}`));
    let most = 0;
    // They work together: none of them wastes a guess on another one.
    lan.filter = (sent, to) => sent.from === a.name || to === a;
    for (let second = 0; second < seconds; second += 2) {
      for (const [i, guesser] of guessers.entries())
        guesser.start(`73-wrong-wrong-wrong-${['acid', 'hope', 'zebra'][(i + second) % 3] ?? ''}`);
      const before = a.state.guesses.used;
      lan.pass(2000);
      most = Math.max(most, a.state.guesses.used - before);
    }
    t.is(a.state.guesses.used, budget, 'no more than the budget, which is indeed used up');
    t.true(most <= 12 + limits.keys, `${most} in two seconds`);
    t.true(a.state.candidates.length <= limits.candidates);
  },
);

both('thirty pairs with their own phrases in one room, with channels and without: all pair', (t, suite) => {
  // Without channels everybody has to try everybody: 3,540 keys.
  for (const channels of suite === realSuite ? [true] : [true, false]) {
    const lan = new Lan(suite);
    const words = ['acid', 'hope', 'zebra', 'ladder', 'rabbit', 'able'];
    const pairs = Array.from({ length: 30 }, (_, i) => {
      const secret = [0, 1, 2].map((digit) => words[Math.floor(i / 6 ** digit) % 6]).join(' ');
      const text = channels ? `${i + 10} rabbit ${secret}` : `the secret of ours is ${secret}`;
      const pair = [lan.add(`a${i}`), lan.add(`b${i}`)] as const;
      for (const host of pair) lan.later(lan.draw(2000), () => host.start(text));
      return pair;
    });
    const done = (): boolean => pairs.every(([a, b]) => pairedWell(a, b) === null);
    t.true(lan.until(done, 90_000), `${channels} ${pairs.filter(([a, b]) => pairedWell(a, b) === null).length} of 30`);
    t.log(`${channels ? 'with' : 'without'} channels: ${lan.now} ms, ${lan.sent.length} datagrams`);
  }
});

both(
  'cancel: before the proof it leaves nothing, after the commit the other side takes back what it gave',
  (t, suite) => {
    for (const atMs of [10, 600, 1070, 1100, 1200]) {
      const lan = new Lan(suite);
      const [a, b] = [lan.add('alice'), lan.add('bob')];
      a.start(phrase);
      b.start(phrase);
      lan.pass(atMs);
      const before = a.situation;
      a.command({ name: 'cancel' });
      lan.pass(40_000);
      const where = `cancelled at ${atMs} ms in ${before}: ${a.situation} ${b.situation}`;
      t.is(a.keys.size, before === 'Paired' ? 1 : 0, where);
      t.is(b.keys.size, before === 'Paired' ? 1 : 0, where);
      if (before !== 'Paired') t.deepEqual([a.records.size, b.records.size], [0, 0], where);
    }
  },
);

both(
  'cancelled between our CONFIRM and his: he has stored us, and is told as soon as he proves himself',
  (t, suite) => {
    const lan = new Lan(suite);
    const [a, b] = [lan.add('alice'), lan.add('bob')];
    let deaf = true;
    lan.filter = (sent, to) => !(deaf && to.name === 'alice' && kindOf(sent) === 'CONFIRM');
    a.start(phrase);
    b.start(phrase);
    t.true(lan.until(() => b.situation === 'Ready', 5000));
    t.is(a.situation, 'Seeking');
    a.command({ name: 'cancel' });
    deaf = false;
    lan.pass(40_000);
    t.deepEqual([a.situation, b.situation], ['Ended', 'Ended']);
    t.deepEqual([a.records.size, b.records.size, a.keys.size, b.keys.size], [0, 0, 0, 0]);
    t.like(b.said('ended')[0], { reason: 'cancelled' });
    t.is(a.said('settled').length, 1);
    t.deepEqual([a.state.candidates, a.state.secrets.candidates, a.state.secrets.entropy], [[], [], null]);
  },
);

both('who hears a CANCEL ends, and stays a moment: his answer may be lost, and is asked for again', (t, suite) => {
  const lan = new Lan(suite);
  const [a, b] = [lan.add('alice'), lan.add('bob')];
  a.start(phrase);
  b.start(phrase);
  t.true(lan.until(() => a.situation === 'Ready' && b.situation === 'Ready', 5000));
  let answers = 0;
  lan.filter = (sent) => !(sent.from === 'bob' && kindOf(sent) === 'CANCEL' && answers++ === 0);
  a.command({ name: 'cancel' });
  t.true(lan.until(() => b.said('ended').length === 1, 5000));
  t.deepEqual(b.said('settled'), [], 'the program goes on');
  // It ends as soon as it may.
  t.true(lan.until(() => b.said('settled').length === 1, 5000));
  b.crash();
  lan.pass(40_000);
  t.true(answers > 1);
  t.deepEqual([a.records.size, b.records.size], [0, 0], 'no tombstone is left');
});

both('cancelled after a CONFIRM that nobody answers: a few seconds later nothing is left', (t, suite) => {
  const lan = new Lan(suite);
  const [a, b] = [lan.add('alice'), lan.add('bob')];
  a.start(phrase);
  b.start('73-zebra-zebra-zebra-zebra');
  lan.pass(3000);
  t.is(a.state.guesses.used, 1);
  a.command({ name: 'cancel' });
  t.is(a.state.secrets.prs, null);
  lan.pass(10_000);
  t.is(a.said('settled').length, 1);
  t.deepEqual([a.state.candidates, a.state.secrets.candidates, a.records.size], [[], [], 0]);
});

both('forget: a finished pairing is taken back on both sides, now or when the other one is there again', (t, suite) => {
  const lan = new Lan(suite);
  const [a, b] = pairUp(t, lan);
  lan.pass(2000);
  b.crash();
  const record = a.state.current ?? '';
  a.command({ name: 'forget', record });
  lan.pass(1000);
  t.deepEqual([a.keys.size, a.records.size, b.keys.size], [0, 1, 1], 'a tombstone until the other side knows');
  b.start(null);
  lan.pass(20_000);
  t.deepEqual([a.keys.size, a.records.size, b.keys.size, b.records.size], [0, 0, 0, 0]);
});

both(
  'forgotten on one side alone: paired anew with another phrase, and nothing of the old pairing is left',
  (t, suite) => {
    const lan = new Lan(suite);
    const [a, b] = pairUp(t, lan);
    lan.pass(2000);
    const record = a.state.current ?? '';
    b.crash();
    a.command({ name: 'forget', record });
    lan.pass(1000);
    a.crash();
    a.start('another phrase of ours, quite long');
    b.start('another phrase of ours, quite long');
    t.true(
      lan.until(() => pairedWell(a, b) === null, 60_000),
      pairedWell(a, b) ?? '',
    );
    t.false(a.records.has(record) || b.records.has(record));
  },
);

both('forgotten, and the other side never hears of it: a new pairing takes the place of the old one', (t, suite) => {
  const lan = new Lan(suite);
  const [a, b] = pairUp(t, lan);
  lan.pass(2000);
  lan.filter = (sent) => kindOf(sent) !== 'CANCEL';
  a.command({ name: 'forget', record: a.state.current ?? '' });
  lan.pass(1000);
  for (const host of [a, b]) {
    host.crash();
    host.start(phrase);
  }
  lan.pass(60_000);
  t.deepEqual([a.situation, b.situation], ['Paired', 'Paired']);
  for (const host of [a, b]) t.deepEqual([host.keys.size, host.records.size], [1, 1], host.name);
});

both('a key that cannot be installed is half a pairing on both sides, and heals when it can', (t, suite) => {
  const lan = new Lan(suite);
  const [a, b] = [lan.add('alice'), lan.add('bob')];
  b.faults.set('provision', 'the disk is full');
  a.start(phrase);
  b.start(phrase);
  lan.pass(10_000);
  t.is(a.situation, 'Half');
  t.is(b.situation, 'Half');
  t.is(a.said('half').length, 1);
  b.faults.clear();
  b.command({ name: 'nudge' });
  t.true(
    lan.until(() => pairedWell(a, b) === null, 30_000),
    pairedWell(a, b) ?? '',
  );
});

both('a record that cannot be written ends it on both sides, with nothing installed', (t, suite) => {
  const lan = new Lan(suite);
  const [a, b] = [lan.add('alice'), lan.add('bob')];
  b.faults.set('store', 'read-only');
  a.start(phrase);
  b.start(phrase);
  lan.pass(30_000);
  t.is(b.situation, 'Ended');
  t.like(b.said('ended')[0], { reason: 'storage', detail: 'read-only' });
  t.deepEqual([a.keys.size, b.keys.size], [0, 0]);
});

both('two firewalls that let in only answers: with --peer on both sides they meet', (t, suite) => {
  const lan = new Lan(suite);
  const [a, b] = [lan.add('alice', { firewalled: true }), lan.add('bob', { firewalled: true })];
  a.peers = [{ address: '10.0.0.2', port: protocol.network.port }];
  b.peers = [{ address: '10.0.0.1', port: protocol.network.port }];
  a.start(phrase);
  b.start(phrase);
  t.true(
    lan.until(() => pairedWell(a, b) === null, 10_000),
    `${a.situation} ${b.situation}`,
  );
});

both('multicast that goes one way only, and an address that changes in the middle', (t, suite) => {
  const oneWay = new Lan(suite);
  oneWay.filter = (sent, to) => sent.to !== 'group' || to.name === 'bob';
  pairUp(t, oneWay);
  const lan = new Lan(suite);
  const [a, b] = [lan.add('alice'), lan.add('bob')];
  a.start(phrase);
  b.start(phrase);
  lan.pass(500);
  t.is(a.situation, 'Crowd');
  a.move('10.0.0.200');
  t.true(
    lan.until(() => pairedWell(a, b) === null, 20_000),
    pairedWell(a, b) ?? '',
  );
});

both('resumed before anything is stored: a new iid, the same count of guesses, and they pair', (t, suite) => {
  const lan = new Lan(suite);
  const [a, b] = [lan.add('alice'), lan.add('bob')];
  a.start(phrase);
  lan.pass(100);
  const { iid } = a.state;
  a.input({ type: 'resumed', entropy: new Uint8Array(32).fill(9) });
  t.is(a.situation, 'Signing');
  t.false(equalBytes(a.state.iid, iid));
  b.start(phrase);
  lan.pass(600);
  a.input({ type: 'resumed', entropy: new Uint8Array(32).fill(8) });
  t.true(
    lan.until(() => pairedWell(a, b) === null, 20_000),
    pairedWell(a, b) ?? '',
  );
});

both('two phrases of one entropy: the same datagrams at the same times, in number, size and kind', (t, suite) => {
  const run = (text: string): unknown => {
    const lan = new Lan(suite, 5);
    lan.weather = { loss: 20, twice: 5, delay: [1, 30] };
    const [a, b] = [lan.add('alice'), lan.add('bob')];
    a.start(text);
    b.start(text);
    lan.pass(20_000);
    return lan.sent.map((sent) => [sent.at, sent.from, kindOf(sent), sent.bytes.length]);
  };
  t.deepEqual(run('73-ladder-acid-hope-rabbit'), run('73-zebra-able-zoo-art'));
});
