/** Broken scenario files: each message names file, line and column, says what is wrong and what to do next. */
import test from 'ava';
import { problemText, readScenario, vocabulary } from '../index.ts';

const sound = `title: two pair
protocols: {annex: pass}
network: {lan: {}}
hosts:
  alice: {on: lan, phrase: my hovercraft is full of eels}
  bob: {on: lan, phrase: my hovercraft is full of eels}
expect:
  - {paired: [alice, bob]}
`;

const swap = (from: string, to: string): string => sound.replace(from, to);
const scripted = (item: string): string => `${sound}script:\n  - ${item}\n`;
const lan = (rules: string): string => swap('{lan: {}}', `{lan: {${rules}}}`);
const bob = (more: string): string => swap('bob: {on: lan', `bob: {on: lan${more}`);

/** What is broken, the file, and the messages without the file's name. */
const corpus: readonly (readonly [what: string, text: string, messages: readonly string[]])[] = [
  [
    'a typo in a key',
    swap('title: two', 'titel: two'),
    [
      '1:1: "title" is missing here\n    Add title: ...',
      '1:1: "titel" is not known here\n    Did you mean "title"? Known here: title, covers, protocols, seed, network, links, hosts, adversaries, script, expect, endsMs.',
    ],
  ],
  [
    'a stranger on a channel that nobody hears',
    `${swap('annex: pass', 'lp1: pass').replaceAll('my hovercraft is full of eels', '73-ladder-acid-hope-rabbit')}adversaries:
  mallory: {on: lan, is: imposter, phrase: 7-ladder-acid-hope-rabbit}
`,
    ['10:44: mallory speaks on channel 7, where no host hears it\n    Give it a phrase on one of theirs: 73-.'],
  ],
  [
    'a stranger without a channel, where all have one',
    `${swap('annex: pass', 'lp1: pass').replaceAll('my hovercraft is full of eels', '73-ladder-acid-hope-rabbit')}adversaries:
  mallory: {on: lan, is: imposter, phrase: a larch is a tree}
`,
    ['10:44: mallory speaks without a channel, where no host hears it\n    Give it a phrase on one of theirs: 73-.'],
  ],
  [
    'a unit that is not milliseconds',
    lan('delayS: 1'),
    ['3:17: "delayS" is not known here\n    Times are in milliseconds, with the unit in the name: delayMs.'],
  ],
  [
    'a time without a unit',
    lan('delay: 1'),
    ['3:17: "delay" is not known here\n    Times are in milliseconds, with the unit in the name: delayMs.'],
  ],
  [
    'seconds spelled out',
    bob(', startSec: 3'),
    [
      '6:18: "startSec" is not known here\n    Did you mean "startsMs"? Known here: on, address, phrase, startsMs, typesMs, storeMs, provisionMs, lookupMs, signMs, slips, fails, flaky, driftPpm, cloneOf, names, reverse, peers, holds, phraseBits, accepts, windowMs, hostName, userName, directory.',
    ],
  ],
  [
    'an unknown host',
    swap('[alice, bob]', '[alice, bop]'),
    ['8:14: there is no host "bop"\n    Did you mean "bob"? Known here: alice, bob.'],
  ],
  [
    'two hosts with one name',
    swap('  bob:', '  alice:'),
    ['6:3: this name stands here twice\n    Names are unique within hosts, adversaries and segments: rename one.'],
  ],
  [
    'a probability as a decimal fraction',
    lan('loss: 0.2'),
    ['3:23: 0.2 is not an integer or a text\n    Expected a probability: 0, 1, or a ratio of integers such as 1/5.'],
  ],
  [
    'a probability above 1',
    lan('loss: 6/5'),
    ['3:23: "6/5" is no ratio from 0 to 1\n    Write a ratio of integers such as 1/5 (not 0.2, not 20%), 0 or 1.'],
  ],
  [
    'a probability in percent',
    lan('loss: 20%'),
    ['3:23: "20%" is no ratio from 0 to 1\n    Write a ratio of integers such as 1/5 (not 0.2, not 20%), 0 or 1.'],
  ],
  [
    'a range from large to small',
    lan('delayMs: 20..1'),
    [
      '3:26: "20..1" is no range\n    Expected milliseconds, an integer or a range such as 1..20, the smaller number first, without a unit.',
    ],
  ],
  [
    'a range with a unit',
    lan('delayMs: 5ms'),
    [
      '3:26: "5ms" is no range\n    Expected milliseconds, an integer or a range such as 1..20, the smaller number first, without a unit.',
    ],
  ],
  [
    'a delay of more than a day',
    lan('delayMs: 99999999'),
    ['3:26: 99999999 ms are more than a day\n    Expected at most 86400000 ms.'],
  ],
  [
    'an address outside of its segment',
    bob(', address: 10.1.0.9'),
    [
      '6:27: 10.1.0.9 is outside of lan, which is 10.0.0.0/24\n    Take an address of that subnet, or give the segment another subnet.',
    ],
  ],
  [
    'an address that is none',
    bob(', address: 10.0.0.999'),
    ['6:27: "10.0.0.999" is no IPv4 address\n    Write four numbers from 0 to 255, such as 10.0.0.9.'],
  ],
  [
    'one address twice',
    bob(', address: 10.0.0.5').replace('alice: {on: lan', 'alice: {on: lan, address: 10.0.0.5'),
    ['6:27: 10.0.0.5 belongs to alice already\n    Give each machine an address of its own.'],
  ],
  [
    'an unknown segment',
    swap('bob: {on: lan', 'bob: {on: wlan'),
    ['6:13: there is no segment "wlan"\n    Did you mean "lan"? Known here: lan.'],
  ],
  [
    'an unknown protocol',
    swap('annex: pass', 'anex: pass'),
    ['2:19: there is no protocol "anex"\n    Did you mean "annex"? Known here: annex, lp1, locate.'],
  ],
  [
    'an unknown verdict',
    swap('annex: pass', 'annex: passes'),
    ['2:20: "passes" is no verdict\n    Write pass, or {breaks: <name of an oracle>}.'],
  ],
  [
    'an unknown oracle',
    swap('annex: pass', 'annex: {breaks: prof}'),
    [
      '2:29: there is no oracle "prof"\n    Did you mean "proof"? Known here: proof, agreement, one-peer, guesses, strangers, fair-loss, quiet-end, secrets, amplification, crash, traffic, replay.',
    ],
  ],
  [
    'an open bracket',
    swap('{lan: {}}', '{lan: {}'),
    [
      '4:1: this is not YAML: Flow map in block collection must be sufficiently indented and end with a }\n    Check brackets, quotes and indentation near this place.',
    ],
  ],
  [
    'a tab',
    swap('hosts:\n ', 'hosts:\n\t'),
    [
      '5:1: a tab is used for indentation\n    Indent with spaces.',
      '6:1: this is not YAML: All mapping items must start at the same column\n    Check brackets, quotes and indentation near this place.',
    ],
  ],
  ['an empty file', '', ['1:1: the file is empty\n    A scenario needs title, protocols, network, hosts and expect.']],
  [
    'a file that is only a word',
    'hello',
    ['1:1: this is no scenario\n    A scenario is a map with title, protocols, network, hosts and expect.'],
  ],
  [
    'a script item in which nothing happens',
    scripted('{atMs: 5, host: bob}'),
    [
      '10:5: nothing happens here\n    One item has one of: types, do, chooses, finds, forgets, change, fails, network, drop, delay, repeat.',
    ],
  ],
  [
    'a script item in which two things happen',
    scripted('{atMs: 5, host: bob, do: crash, change: address, to: 10.0.0.9}'),
    [
      '10:5: two things happen here: do and change\n    One item has one of: types, do, chooses, finds, forgets, change, fails, network, drop, delay, repeat.',
    ],
  ],
  [
    'somebody who is looked for and is nowhere',
    scripted('{atMs: 5, host: bob, finds: carol}'),
    ['10:33: there is no host "carol"\n    Known here: alice, bob.'],
  ],
  [
    'a disk with a pairing with nobody',
    swap('bob: {on: lan', 'bob: {holds: {carol: whole}, on: lan'),
    ['6:24: there is no host "carol"\n    Known here: alice, bob.'],
  ],
  [
    'a script item without a time',
    scripted('{host: bob, do: crash}'),
    ['10:5: when does this happen?\n    Give it atMs, or when: {host: ..., sends: ...}; one of them.'],
  ],
  [
    'a script item with an unknown host',
    scripted('{atMs: 5, host: bop, do: crash}'),
    ['10:21: there is no host "bop"\n    Did you mean "bob"? Known here: alice, bob.'],
  ],
  [
    'a script item without a host',
    scripted('{atMs: 5, do: crash}'),
    ['10:5: to whom does this happen?\n    Add host: <name>.'],
  ],
  [
    'an unknown deed',
    scripted('{atMs: 5, host: bob, do: explode}'),
    [
      '10:30: "explode" is none of the known words\n    Known here: cancel, nudge, grant, resume, crash, restart, backup, pause, sleep, snapshot, rollback.',
    ],
  ],
  [
    'half a millisecond',
    scripted('{atMs: 2.5, host: bob, do: crash}'),
    ['10:12: 2.5 is not an integer\n    Expected milliseconds, an integer.'],
  ],
  [
    'a move to another subnet',
    scripted('{atMs: 5, host: bob, change: address, to: 192.168.0.1}'),
    [
      '10:47: 192.168.0.1 is outside of lan, which is 10.0.0.0/24\n    Take an address of that subnet, or give the segment another subnet.',
    ],
  ],
  [
    'a move where there is no IPv4',
    `${lan('ipv6: alone').replace('annex: pass', 'lp1: pass')}script:\n  - {atMs: 5, host: bob, change: address, to: 10.0.0.9}\n`,
    ['10:47: lan has IPv6 alone\n    Only an IPv4 address changes: say ipv6: also.'],
  ],
  [
    'an unknown sort of IPv6',
    lan('ipv6: yes'),
    ['3:23: "yes" is none of the known words\n    Known here: also, alone.'],
  ],
  [
    'a family that there is not',
    `${sound}links:\n  - {from: alice, to: bob, family: 5}\n`,
    ['10:36: 5 is none of the known words\n    Did you mean "4"? Known here: 4, 6.'],
  ],
  [
    'a move to nowhere',
    scripted('{atMs: 5, host: bob, change: address}'),
    ['10:5: to which address?\n    Add to: <address>.'],
  ],
  [
    "a drop of nobody's datagrams",
    scripted('{drop: PairAck}'),
    ['10:5: whose datagrams are dropped?\n    Add from: <machine>.'],
  ],
  [
    'a drop with a time',
    scripted('{drop: PairAck, from: bob, atMs: 5}'),
    ['10:5: a drop has no time\n    It counts datagrams: take atMs and when away, use nth.'],
  ],
  [
    'a moment in which nothing is seen',
    scripted('{when: {host: bob}, host: bob, do: crash}'),
    [
      '10:12: a moment is one thing that is seen\n    Give it exactly one of: sends, hears, stores, authorizes, notice, situation.',
    ],
  ],
  [
    'a moment in which two things are seen',
    scripted('{when: {host: bob, sends: PairAck, hears: PairAck}, host: bob, do: crash}'),
    [
      '10:12: a moment is one thing that is seen\n    Give it exactly one of: sends, hears, stores, authorizes, notice, situation.',
    ],
  ],
  [
    'a cut between nobody',
    scripted('{atMs: 5, network: cut}'),
    ['10:5: between whom is the network cut?\n    Add between: <machines>, and: <machines>.'],
  ],
  [
    'an unknown adversary',
    `${sound}adversaries:\n  mallory: {on: lan, is: impostor}\n`,
    [
      '10:26: there is no adversary "impostor"\n    Did you mean "imposter"? Known here: cloner, delayer, dropper, eavesdropper, flooder, fuzzer, imposter, insider, mitm, overhearer, racer, reflector, relay, replayer, spoofer, ancient, claimant, degenerate, diverter, downgrader, forger, futurist, guesser, guesser-first, guesser-second, guesser-spoofed, middleman, neutral, shadow, spammer, twofaced, usurper, recorder.',
    ],
  ],
  [
    'an adversary with the name of a host',
    `${sound}adversaries:\n  bob: {on: lan, is: imposter}\n`,
    ['10:3: "bob" is a host and an adversary\n    Two machines with one name: rename one.'],
  ],
  [
    'an adversary without a place',
    `${sound}adversaries:\n  mallory: {is: imposter}\n`,
    ['10:12: "on" is missing here\n    Add on: ...'],
  ],
  [
    'a name in capitals',
    swap('  bob:', '  Bob:'),
    ['6:3: "Bob" cannot be a name\n    Names are lower-case letters, digits and dashes, a letter first, at most 31.'],
  ],
  [
    'a seed below 0',
    `seed: -1\n${sound}`,
    ['1:7: -1 does not fit: it must be >= 0\n    Expected an integer from 0 on.'],
  ],
  [
    'a row that cannot be',
    `covers: [Z99]\n${sound}`,
    ['1:10: "Z99" does not fit\n    Expected a row of the catalogue, such as A01.'],
  ],
  [
    'a pair of one',
    swap('[alice, bob]', '[alice]'),
    ['8:14: two are paired\n    Name two hosts: paired: [alice, bob].'],
  ],
  [
    'an expectation of what nobody learns',
    swap('paired: [alice, bob]', 'learns: nothing'),
    ['8:5: who learns nothing?\n    Add who: <adversary>.'],
  ],
  [
    'an expectation of what a stranger to the file learns',
    swap('paired: [alice, bob]', 'learns: phrase, who: eve'),
    ['8:27: there is no adversary "eve"\n    None is known here.'],
  ],
  [
    'a typo in an expectation',
    swap('paired:', 'pared:'),
    [
      '8:6: "pared" is not known here\n    Did you mean "paired"? Known here: for, paired, withinMs, unpaired, never, key, host, notice, detail, count, lines, sends, learns, who.',
    ],
  ],
  [
    'a refusal without its rule',
    swap('{paired: [alice, bob]}', '{notice: refused, host: alice}'),
    ['8:5: by which rule is this refused?\n    Add detail: <rule>, as tag or identity-key.'],
  ],
  [
    'a key of nobody',
    swap('{paired: [alice, bob]}', '{never: authorized, host: alice}'),
    ['8:5: whose key is never authorized?\n    Add key: <machine>.'],
  ],
  [
    'an unknown preset',
    lan('preset: wifiLossi'),
    [
      '3:25: "wifiLossi" is none of the known words\n    Did you mean "wifiLossy"? Known here: wired, wifi, wifiLossy, wifiCrowded, guestIsolated, vpn, snoopingSwitch, apWithoutMulticast, hotspot, badCable, hell.',
    ],
  ],
  ['a burst that never ends', lan('burst: {starts: 1/40}'), ['3:24: "ends" is missing here\n    Add ends: ...']],
  [
    'a burst in percent',
    lan('burst: {starts: 1/40, ends: 25%}'),
    ['3:45: "25%" is no ratio from 0 to 1\n    Write a ratio of integers such as 1/5 (not 0.2, not 20%), 0 or 1.'],
  ],
  [
    'a band of delays without a weight',
    lan('delayMs: [{ms: 1..20}]'),
    ['3:27: "weight" is missing here\n    Add weight: ...'],
  ],
  [
    'a band of delays the wrong way round',
    lan('delayMs: [{weight: 1, ms: 20..1}]'),
    [
      '3:43: "20..1" is no range\n    Expected milliseconds, an integer or a range such as 1..20, the smaller number first, without a unit.',
    ],
  ],
  [
    'more copies than anybody makes',
    lan('duplicate: 1/2, copies: 1..1000'),
    ['3:41: 1000 copies of a datagram are too many\n    Expected at most 100.'],
  ],
  [
    'an MTU that carries nothing',
    lan('mtu: 20'),
    ['3:22: 20 does not fit: it must be >= 68\n    Expected longest packet, with 28 bytes of headers.'],
  ],
  [
    'a link with one end',
    scripted('{atMs: 5, network: change, from: bob, loss: 1}'),
    ['10:5: a link has two ends\n    Give it from: <machine> and to: <machine>, or segment: <name>.'],
  ],
  [
    'a link to nobody',
    scripted('{atMs: 5, network: change, from: bob, to: alise, loss: 1}'),
    ['10:47: there is no machine "alise"\n    Did you mean "alice"? Known here: alice, bob.'],
  ],
  [
    'an exception for a link from nobody',
    `${sound}links:\n  - {from: [alice, bop], to: bob, loss: 1}\n`,
    ['10:12: there is no machine "bop"\n    Did you mean "bob"? Known here: alice, bob.'],
  ],
  [
    'an interface that is neither in nor out',
    scripted('{atMs: 5, host: bob, change: interface}'),
    ['10:5: is it plugged in or out?\n    Add up: true, or up: false.'],
  ],
  [
    'an interface that bob has not',
    scripted('{atMs: 5, host: bob, change: interface, interface: wlan0, up: false}'),
    ['10:56: there is no interface "wlan0"\n    Known here: eth0.'],
  ],
  [
    'a clock that is set to nothing',
    scripted('{atMs: 5, host: bob, change: clock}'),
    ['10:5: by how much is the clock set?\n    Add byMs: <milliseconds>, below 0 to set it back.'],
  ],
  [
    'a clone of nobody',
    bob(', cloneOf: allice'),
    ['6:27: there is no host "allice"\n    Did you mean "alice"? Known here: alice, bob.'],
  ],
  [
    'a clone of itself',
    bob(', cloneOf: bob'),
    ['6:27: bob is a clone of itself\n    Name the host that it was copied from.'],
  ],
  [
    'a slip that nobody makes',
    bob(', slips: [capitol]'),
    [
      '6:26: "capitol" is none of the known words\n    Did you mean "capital"? Known here: capital, capitals, spaces, hyphens, no-hyphens, newline, nfd, full-width, zero-width, dot.',
    ],
  ],
  [
    'an effect that cannot be flaky',
    bob(', flaky: {notify: 1/2}'),
    ['6:26: "notify" is not known here\n    Known here: store, provision, lookup, sign, send.'],
  ],
  [
    'a chance that is none',
    bob(', flaky: {store: 3/2}'),
    ['6:33: "3/2" is no ratio from 0 to 1\n    Write a ratio of integers such as 1/5 (not 0.2, not 20%), 0 or 1.'],
  ],
  [
    'nothing expected',
    sound.slice(0, sound.indexOf('expect:')),
    ['1:1: "expect" is missing here\n    Add expect: ...'],
  ],
  [
    'a billion laughs',
    'a: &a [x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b]\nd: [*c, *c, *c, *c, *c, *c, *c]\n',
    [
      '1:1: Excessive alias count indicates a resource exhaustion attack\n    At most 100 aliases are unfolded: write the values out.',
    ],
  ],
  [
    'a subnet with host bits',
    lan('subnet: 10.0.0.1/24'),
    ['3:25: "10.0.0.1/24" is no subnet\n    Write an IPv4 subnet such as 10.0.0.0/24, prefix 8 to 30, host bits 0.'],
  ],
  [
    'a subnet that is full',
    lan('subnet: 10.0.0.0/30').replace('expect:', '  carol: {on: lan}\nexpect:'),
    ['7:3: no address is left in 10.0.0.0/30\n    Give the segment a larger subnet, such as 10.0.0.0/16.'],
  ],
  [
    'a phrase that is typed by nobody',
    swap('bob: {on: lan, phrase: my hovercraft is full of eels}', 'bob: {on: lan, typesMs: 5}'),
    ['6:18: bob types nothing\n    Give it a phrase, or take typesMs away.'],
  ],
  [
    'a file of a million characters and one',
    '#'.repeat(1_000_001),
    ['1:1: 1000001 characters are more than a scenario may have (1000000)\n    Split it into several files.'],
  ],
];

for (const [what, text, messages] of corpus) {
  test(what, (t) => {
    const result = readScenario(text, { file: 'family/x.yaml', name: 'family/x', vocabulary });
    if (result.ok) return t.fail('it was read as if it were sound');
    t.deepEqual(
      result.problems.map(problemText),
      messages.map((message) => `family/x.yaml:${message}`),
    );
  });
}

test('the file that all of these are made of is sound', (t) => {
  t.true(readScenario(sound, { file: 'x', name: 'x/x', vocabulary }).ok);
});

test('no text whatever makes the reader throw', (t) => {
  const pieces = [
    '{',
    '}',
    '[',
    ']',
    ': ',
    '\n',
    '- ',
    '*a',
    '&a ',
    '"',
    "'",
    '|',
    '>',
    '!!',
    '\u0000',
    '\ud800',
    '? ',
    '#',
    '%',
    '<<: ',
    'alice',
    '1e999',
  ];
  for (let i = 0; i < 3000; i++) {
    let text = i % 2 === 0 ? '' : sound;
    for (let j = i; j > 0; j = Math.floor(j / pieces.length)) {
      const at = (j * 37) % (text.length + 1);
      text = `${text.slice(0, at)}${pieces[j % pieces.length] ?? ''}${text.slice(at)}`;
    }
    t.notThrows(() => readScenario(text, { file: 'x', name: 'x/x', vocabulary }), JSON.stringify(text));
  }
});

test('that nothing is refused, by whatever rule, can be said', (t) => {
  const text = swap('{paired: [alice, bob]}', '{notice: refused, host: alice, count: 0}');
  t.true(readScenario(text, { file: 'x', name: 'x/x', vocabulary }).ok);
});

test('an adversary that one of the protocols has not is told', (t) => {
  const text = `${sound}adversaries:\n  mallory: {on: lan, is: imposter}\n`.replace(
    'annex: pass',
    'annex: pass, other: pass',
  );
  const words = {
    ...vocabulary,
    protocols: ['annex', 'other'],
    adversaries: { ...vocabulary.adversaries, other: ['guesser'] },
  };
  const result = readScenario(text, { file: 'x', name: 'x/x', vocabulary: words });
  t.deepEqual(result.ok ? [] : result.problems.map(problemText), [
    'x:10:26: there is no "imposter" who speaks other\n    Known here: guesser.',
  ]);
});
