/** Results as text: nothing of a scenario's or a peer's text may break the form that it stands in. */
import { readFileSync } from 'node:fs';
import test from 'ava';
import { XmlDocument, XsdValidator } from 'libxml2-wasm';
import type { RunResult } from '../../sim/index.ts';
import { render } from '../index.ts';

const result: RunResult = {
  scenario: 'crypto/x',
  title: 'a title',
  protocol: 'annex',
  seed: 1,
  hash: '0123456789abcdef',
  verdict: 'pass',
  expected: 'pass',
  virtualMs: 1,
  events: 1,
  deliveries: 1,
  steps: 1,
  oracles: [],
  expectations: [],
  failures: [],
  trace: [{ n: 1, event: 'booted' }],
};

const run = (changes: Partial<RunResult> = {}) => ({
  result: { ...result, ...changes },
  file: 'scenarios/crypto/x.yaml',
});

test('the table counts families by conversations, breaks as stated among what passed', (t) => {
  const text = render.table(
    [
      run(),
      run({ scenario: 'crypto/y', expected: { breaks: 'proof' } }),
      run({ scenario: 'network/z', protocol: 'lp1' }),
      run({ scenario: 'network/z', verdict: 'fail', failures: ['oracle 1 (proof): no'] }),
    ],
    3.14,
  );
  t.is(
    text,
    `3 scenarios, 2 conversations, 4 runs   3.1 s
  family    annex                        lp1
  crypto    1 held, 1 breaks as stated   -
  network   1 FAILED                     1 held

FAIL  scenarios/crypto/x.yaml (annex, seed 1): a title
  oracle 1 (proof): no
  again, with every event written down: lanpair sim run scenarios/crypto/x.yaml --protocol annex --seed 1 --trace traces
`,
  );
});

test('a line of JSON is one line, whatever stands in the title', (t) => {
  const line = render.json(run({ failures: ['two\nlines\u2028'] }));
  t.is(line.split('\n').length, 2);
  t.like(JSON.parse(line), {
    scenario: 'crypto/x',
    protocol: 'annex',
    seed: 1,
    hash: '0123456789abcdef',
    verdict: 'pass',
    failures: ['two\nlines\u2028'],
  });
});

test('JUnit is well formed, whatever stands in titles and failures', (t) => {
  const xml = render.junit([
    run({ title: '<&"\u0000\u001b\ud800>', verdict: 'fail', failures: ['a <b> & "c"\u0007'] }),
    run({ verdict: 'inconclusive', failures: ['?'] }),
  ]);
  t.regex(xml, /name="&lt;&amp;&quot;\ufffd\ufffd\ufffd&gt; \(seed 1\)"/);
  t.regex(xml, /<failure message="a &lt;b&gt; &amp; &quot;c&quot;\ufffd">scenarios\/crypto\/x.yaml\n/);
  t.regex(xml, /tests="2" failures="1" errors="0" skipped="1"/);
});

test('JUnit is as its schema has it, and the schema refuses what is not', (t) => {
  // The XSD stands beside the sources: the build copies none.
  const schema = readFileSync(new URL('../../../reports/test/junit.xsd', import.meta.url), 'utf8');
  const validator = XsdValidator.fromDoc(XmlDocument.fromString(schema));
  const check = (xml: string): void => {
    const document = XmlDocument.fromString(xml);
    try {
      validator.validate(document);
    } finally {
      document.dispose();
    }
  };
  const bad = '<&"\u0000\u001b]]>\ud800\u202e';
  const xml = render.junit([
    run(),
    run({ title: bad, verdict: 'fail', failures: [bad, 'two'] }),
    run({ protocol: 'lp1', verdict: 'inconclusive', failures: [bad] }),
    run({ protocol: bad, scenario: bad }),
  ]);
  t.notThrows(() => check(xml));
  t.notThrows(() => check(render.junit([])));
  t.throws(() => check(xml.replace(' errors="0"', '')), { message: /errors/ });
  t.throws(() => check(xml.replace('<testcase ', '<testcase file="x" ')), { message: /file/ });
  validator.dispose();
});

test('TAP names every run, and quotes what failed', (t) => {
  t.is(
    render.tap([run(), run({ verdict: 'fail', failures: ['x: "y"'] })]),
    `TAP version 14
1..2
ok 1 - crypto/x (annex, seed 1)
not ok 2 - crypto/x (annex, seed 1)
  ---
  file: "scenarios/crypto/x.yaml"
  hash: 0123456789abcdef
  failures:
    - "x: \\"y\\""
  ...
`,
  );
});
