/** Runs written down for people and for their tools: the story, the Mermaid diagram, the capture. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { runScenario } from '../run.ts';
import { type FormatName, traceFormats } from '../trace/format.ts';
import { headIn, traceVersion } from '../trace/head.ts';
import { annexSubject, couple, lp1Subject, play, scenarioOf } from './play.ts';

function written(text: string, name: FormatName, seed = 1): string | Uint8Array {
  const tracer = traceFormats[name].create(scenarioOf(text), annexSubject(), 'lanpair 9.9');
  return tracer.finish(play(text, { seed, watch: tracer.watch, trace: name === 'ndjson' }));
}

function textOf(text: string, name: FormatName, seed = 1): string {
  return String(written(text, name, seed));
}

const lost = couple(`
script:
  - {drop: PairDone, from: alice, nth: 1..3}
  - {atMs: 30000, host: bob, do: crash}
expect:
  - {paired: [alice, bob]}`);

test('the story says who heard what, sent where, in which situation, why, and what he knows from then on', (t) => {
  const story = textOf(lost, 'story');
  t.regex(story, /^two pair\ntest\/test, annex, seed 1, hash [0-9a-f]{16}: pass\n/);
  const request = /^ *(\d+) .*alice, Seeking, has waited \(ask\): now Requesting\n.*because: nobody asked us/m.exec(
    story,
  );
  t.truthy(request);
  t.regex(
    story,
    /bob, Seeking, hears PairReq \(sent in \d+\): now Granting\n.*because: typing the phrase was the consent/,
  );
  t.regex(story, /bob knows: the phrase proven by alice; 1 record; the key in of alice/);
  t.regex(story, /sends PairDone to everybody: taken away before bob/);
  t.regex(story, /sends PairDone to everybody: reaches bob/);
  t.regex(story, /bob goes down: what it had in memory is gone/);
  t.regex(story, /The end, after \d+\.\d{3} s\.\n/);
});

test('causes stand before what they led to', (t) => {
  let count = 0;
  for (const line of textOf(lost, 'story').split('\n')) {
    const match = /^ *(\d+) .*\(sent in (\d+)\)/.exec(line);
    if (match === null) continue;
    count++;
    t.true(Number(match[2]) < Number(match[1]), line);
  }
  t.true(count >= 4);
});

test('what is repeated in vain is told once, with a count', (t) => {
  const story = textOf(
    couple('script:\n  - {atMs: 0, network: cut, between: alice, and: bob}\nexpect:\n  - {unpaired: alice}'),
    'story',
  );
  t.regex(story, /sends PairReq to everybody: cut off from bob\n *the same \d{2,} times more, the last at \d+/);
});

const hostile = couple(
  `
adversaries:
  mallory: {on: lan, is: replayer, startsMs: 8000, everyMs: 100, times: 3}
expect:
  - {paired: [alice, bob]}`,
  '{}',
  `, hostName: "x<script>alert(1)</script>%%{init}%%#59;\\u202egpj", directory: "~/\\u2066x"`,
);

/** Line ends aside, nothing that a terminal or a page would act upon. */
function isInert(text: string): boolean {
  return !/[\p{C}\p{Zl}\p{Zp}]/u.test(text.replaceAll('\n', ''));
}

test('names of strangers are shown inert, in a story and in a diagram', (t) => {
  const story = textOf(hostile, 'story');
  t.true(isInert(story));
  t.regex(story, /bob, who calls itself "x<script>alert\(1\)<\/script>%%\{init\}%%#59;\\u\{202e\}gpj"/);
  const diagram = textOf(hostile, 'mermaid');
  t.true(isInert(diagram));
  t.false(/[<>%{}]/.test(diagram.replace(/^ {2}%% test\/test.*$/m, '').replaceAll('->>', '')), diagram);
});

test('a forged source and a repeated datagram are told as what they are', (t) => {
  const story = textOf(hostile, 'story');
  t.regex(
    story,
    /mallory speaks\n *sends Pair\w+ to everybody, under a false source, repeating \d+: reaches alice, bob/,
  );
});

test('the diagram has one participant for each machine, arrows for what arrived and crosses for what did not', (t) => {
  const diagram = textOf(lost, 'mermaid');
  t.regex(diagram, /^sequenceDiagram\n {2}%% .*\n {2}participant p1 as alice\n {2}participant p2 as bob\n/);
  t.regex(diagram, /^ {2}p1->>p2: PairReq$/m);
  t.regex(diagram, /^ {2}p1-xp2: PairDone \(dropped\)$/m);
  for (const line of diagram.trimEnd().split('\n').slice(4))
    t.regex(line, /^ {2}(p\d(->>|-x)p\d: |Note over p\d(,p\d)?: )[A-Za-z0-9 .,/()_#;-]+$/);
});

test('no trace holds a phrase', (t) => {
  for (const name of ['ndjson', 'story', 'mermaid', 'pcapng'] as const) {
    const text = Buffer.from(written(hostile, name)).toString('latin1').toLowerCase();
    t.true(text.includes('pairreq'), name);
    t.false(text.includes('hovercraft is'), name);
  }
});

const head = {
  trace: 'lanpair',
  version: traceVersion,
  program: 'lanpair 9.9',
  scenario: 'test/test',
  title: 'two pair',
  protocol: 'annex',
  seed: 3,
};

test('the first line of NDJSON says what it is and of which run; the last one has the same hash and number', (t) => {
  const [first, ...events] = textOf(lost, 'ndjson', 3)
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { readonly [field: string]: unknown });
  const { hash, n } = events.at(-1) ?? {};
  t.deepEqual(first, { ...head, suite: annexSubject().suite.name, hash, events: events.length });
  t.is(n, events.length);
  const read = headIn(first);
  t.deepEqual(read?.ok === true ? read.head : null, first);
});

test('a head of another program, of a newer form, or damaged, is refused with words; an event is none', (t) => {
  const good = { ...head, suite: 'real', hash: '0', events: 1 };
  const why = (line: unknown): string | undefined => {
    const read = headIn(line);
    return read?.ok === false ? read.why : undefined;
  };
  t.is(why(good), undefined);
  for (const none of [{ n: 1, event: 'booted' }, null, 'trace', 7, []]) t.is(headIn(none), null);
  t.regex(why({ ...good, trace: 'wireshark' }) ?? '', /of another program/);
  t.regex(
    why({ trace: 'lanpair', version: 2 }) ?? '',
    /form 2, by a newer lanpair; this one reads form 1\. Open it with/,
  );
  t.regex(why({ ...good, version: 0 }) ?? '', /form 0; this one/);
  t.regex(why({ ...good, version: '1' }) ?? '', /"version" should be/);
  for (const name of ['program', 'scenario', 'title', 'protocol', 'suite', 'hash', 'seed', 'events'])
    t.regex(why({ ...good, [name]: null }) ?? '', new RegExp(`"${name}" should be .*damaged`));
});

test('the capture is made of whole pcapng blocks, with one frame for each datagram', (t) => {
  const file = written(lost, 'pcapng') as Uint8Array;
  const view = new DataView(file.buffer, file.byteOffset);
  const types: number[] = [];
  for (let at = 0; at < file.length; ) {
    const length = view.getUint32(at + 4, true);
    t.is(length % 4, 0);
    t.is(view.getUint32(at + length - 4, true), length);
    types.push(view.getUint32(at, true));
    at += length;
  }
  t.deepEqual(types.slice(0, 2), [0x0a0d0d0a, 1]);
  const sent = play(lost, { trace: true }).trace.filter((line) => line['event'] === 'send').length;
  t.deepEqual(
    types.slice(2),
    Array.from({ length: sent }, () => 6),
  );
});

const tshark = ((): string | null => {
  try {
    return execFileSync('tshark', ['--version'], { encoding: 'utf8', stdio: 'pipe' });
  } catch {
    return null;
  }
})();

(tshark === null ? test.skip : test)('of IPv6, too: addresses, group and checksum (needs tshark)', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'lanpair-pcap-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'run.pcapng');
  const scenario = scenarioOf(`title: both families
protocols: {lp1: pass}
network: {lan: {ipv6: also}}
hosts:
  alice: {on: lan, phrase: 73-ladder-acid-hope-rabbit}
  bob: {on: lan, phrase: 73-ladder-acid-hope-rabbit}
expect: [{paired: [alice, bob]}]
`);
  const subject = lp1Subject();
  const tracer = traceFormats.pcapng.create(scenario, subject, 'lanpair 9.9');
  writeFileSync(file, tracer.finish(runScenario(scenario, subject, 1, { watch: tracer.watch })));
  const fields = ['eth.dst', 'ipv6.src', 'ipv6.dst', 'ipv6.hlim', 'udp.checksum.status', 'udp.dstport'];
  const read = (...args: readonly string[]): string[] =>
    execFileSync('tshark', ['-r', file, '-o', 'udp.check_checksum:TRUE', ...args], { encoding: 'utf8', stdio: 'pipe' })
      .trimEnd()
      .split('\n');
  const rows = read('-Y', 'ipv6', '-T', 'fields', ...fields.flatMap((field) => ['-e', field]));
  t.true(rows.length > 5);
  for (const row of rows) {
    const [mac, source = '', to = '', hops, checksum, port] = row.split('\t');
    const toGroup = to === 'ff02::fb';
    t.regex(source, /^fe80::a00:[12]$/);
    t.regex(to, /^(ff02::fb|fe80::a00:[12])$/);
    t.deepEqual([toGroup, hops, checksum], [mac === '33:33:00:00:00:fb', toGroup ? '255' : '64', '1'], row);
    t.true(port === '55557' || port === '40001', row);
  }
  t.true(read('-Y', 'ip').length > 5, 'and IPv4 beside it');
  t.deepEqual(read('-Y', '_ws.malformed || _ws.expert.severity >= 0x400000'), ['']);
});

(tshark === null ? test.skip : test)('tshark opens the capture and finds nothing wrong with it (needs tshark)', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'lanpair-pcap-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'run.pcapng');
  writeFileSync(file, written(hostile, 'pcapng'));
  const fields = [
    'eth.src',
    'ip.src',
    'ip.dst',
    'ip.checksum.status',
    'udp.dstport',
    'udp.length',
    'frame.interface_name',
  ];
  const read = (...args: readonly string[]): string[] =>
    execFileSync('tshark', ['-r', file, '-o', 'ip.check_checksum:TRUE', ...args], { encoding: 'utf8', stdio: 'pipe' })
      .trimEnd()
      .split('\n');
  const rows = read('-T', 'fields', ...fields.flatMap((field) => ['-e', field])).map((row) => row.split('\t'));
  t.true(rows.length > 5);
  for (const [mac, source, to, checksum, port, length, name] of rows) {
    t.deepEqual([to, checksum, port, name], ['224.0.0.251', '1', '55556', 'lan']);
    t.true(Number(length) > 100);
    // The station's number is in its MAC address; mallory forges addresses, and not this.
    const station = Number.parseInt((mac ?? '').split(':').at(-1) ?? '', 16);
    t.true(station === 2 || source === `10.0.0.${station + 1}`);
  }
  t.true(rows.some(([mac]) => mac === '02:00:00:00:00:02'));
  t.deepEqual(read('-Y', '_ws.malformed || _ws.expert.severity >= 0x400000'), ['']);
  t.regex(read('-V', '-c', '1').join('\n'), /PairReq number 1 of alice \| bob: /);
});
