/** The audit: planted flaws are found by the oracles that are meant for them, and a survivor is told as one. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { auditSpecimen, median, type SpecimenReport, survives } from '../audit/audit.ts';
import { suspects } from '../audit/corpus.ts';
import { matrixText } from '../cli/audit.ts';
import { readScenarioFiles } from '../cli/files.ts';
import { oracles, runScenario } from '../index.ts';
import { annexSubject, scenarioOf } from './play.ts';

const scenarios = readScenarioFiles([]).scenarios.map(({ scenario, raw }) => ({ name: scenario.name, raw }));

function suspect(name: string): (typeof suspects)[number] {
  const found = suspects.find(({ specimen }) => specimen.name === name);
  if (found === undefined) throw new Error(`no specimen ${name}`);
  return found;
}

test('a planted flaw is convicted by its oracle, with a counterexample that convicts it and clears the sound one', (t) => {
  const { specimen, sound } = suspect('verify-always-true');
  const report = auditSpecimen({ specimen, sound, scenarios, times: 2, runsMax: 60 });
  t.true(report.runs.every((one) => one !== null));
  t.is(report.killedBy['proof'], 2);
  const scenario = scenarioOf(report.shrunk?.text ?? '');
  const broken = (subject: typeof sound): readonly string[] =>
    runScenario(scenario, subject)
      .oracles.filter(({ verdict }) => verdict === 'fail')
      .map(({ name }) => name);
  t.true(broken(specimen.subject).includes('proof'));
  t.deepEqual(broken(sound), []);
  t.true((report.shrunk?.size ?? 99) <= 3);
});

test('a flaw that two of its kind talk about for ever is none: the run ends, and its oracle convicts it', (t) => {
  const { specimen, sound } = suspect('answers-over-again');
  const report = auditSpecimen({ specimen, sound, scenarios, times: 1, runsMax: 20 });
  t.is(report.killedBy['amplification'], 1);
  t.true((report.shrunk?.size ?? 99) <= 4);
});

test('who has no flaw survives, and the audit says so', (t) => {
  const sound = annexSubject();
  const specimen = { name: 'innocent', flaw: 'none at all', breaks: 'proof', subject: sound };
  const report = auditSpecimen({ specimen, sound, scenarios, times: 1, runsMax: 4 });
  t.deepEqual([report.runs, report.killedBy, report.shrunk], [[null], {}, null]);
  t.true(survives(report));
  t.regex(matrixText([report]), /annex innocent .*SURVIVES {8}-\n/);
  t.regex(
    matrixText([report]),
    /0 convicted, 1 survive; .*\nSURVIVES {2}annex innocent: none at all; nobody of proof saw it\n$/,
  );
});

test('the matrix marks the oracle that is meant, and others that saw it too', (t) => {
  const report: SpecimenReport = {
    name: 'x',
    protocol: 'lp1',
    flaw: 'x',
    breaks: 'agreement',
    runs: [9, null, 4],
    killedBy: { proof: 1, agreement: 2 },
    shrunk: { size: 3, from: 40, runs: 70, text: '' },
  };
  t.regex(matrixText([report]), /lp1 x +x {2}X( {2}\.)+ {3}9 - 4 \(9\) +40 to 3 in 70 runs\n/);
  t.false(survives(report));
});

test('the median of searches counts those that found nothing as endless', (t) => {
  t.is(median([5, 1, 3]), 3);
  t.is(median([5, null, 3]), 5);
  t.is(median([null, null, 3]), null);
  t.is(median([]), null);
});

test('every oracle has a suspect', (t) => {
  const broken = new Set(suspects.map(({ specimen }) => specimen.breaks));
  t.deepEqual(
    oracles.filter(({ name }) => !broken.has(name)),
    [],
  );
});

const program = fileURLToPath(new URL('../../cli.js', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'lanpair-audit-'));
test.after.always(() => rmSync(directory, { recursive: true, force: true }));

function sim(
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, 'sim', ...args], { cwd: directory }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

test('sim audit prints the kill matrix and writes counterexamples', async (t) => {
  const { code, out, err } = await sim(
    'audit',
    'key-in-record',
    'phrase-in-record',
    '--times',
    '1',
    '--shrunk',
    'small',
  );
  t.is(code, 0, out);
  t.regex(err, /^2\/2 specimens, (annex key|lp1 phrase)-in-record: run \d+$/m);
  t.regex(out, /^2 specimens; .*\n {2}specimen .*runs \(median\) {3}shrunk\n/);
  t.regex(out, /2 convicted, 0 survive/);
  t.regex(readFileSync(join(directory, 'small', 'annex-key-in-record.yaml'), 'utf8'), /oracle secrets is broken/);
  const [line] = (await sim('audit', 'key-in-record', '--times', '1', '--json')).out.split('\n');
  t.like(JSON.parse(line ?? ''), {
    name: 'key-in-record',
    protocol: 'annex',
    breaks: 'secrets',
    killedBy: { secrets: 1 },
  });
});

test('wrong use of the audit is told with the next step', async (t) => {
  const unknown = await sim('audit', 'nobody');
  t.is(unknown.code, 64);
  t.regex(unknown.err, /there is no specimen "nobody"\nKnown: verify-always-true, /);
  const none = await sim('audit', '--times', '0');
  t.is(none.code, 64);
  t.regex(none.err, /--times "0" is not a whole number from 1 to 1000/);
});
