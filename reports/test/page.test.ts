/** The page: everything that comes of files is inert in it, it needs nothing but itself, and it says what was run. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import test from 'ava';
import { codeCoverage } from '../cli/code-coverage.ts';
import type { Attack } from '../data/catalogue.ts';
import { coverageOf } from '../data/coverage.ts';
import { flaws } from '../data/flaws.ts';
import type { Entry, Report } from '../data/report.ts';
import { behave } from '../page/behaviour.ts';
import { html } from '../page/html.ts';
import { type PageSource, pageText } from '../page/page.ts';
import { entry, on } from './entries.ts';
import { temporaryDirectory } from './temporary.ts';

const catalogue = JSON.parse(
  readFileSync(new URL('../../../scenarios/catalogue.json', import.meta.url), 'utf8'),
) as readonly Attack[];
const digest = (text: string): string => createHash('sha256').update(text).digest('base64');

const pageOf = (report: Report, changes: Partial<PageSource> = {}): string =>
  pageText({
    report,
    coverage: coverageOf(report),
    comparison: null,
    unmet: [],
    catalogue,
    code: [],
    texts: new Map(),
    viewer: null,
    digest,
    ...changes,
  });

/** What a stranger may call himself. */
const names: readonly string[] = [
  '<img src=x onerror=alert(1)>',
  '</script><script>alert(1)</script>',
  `"onmouseover="alert(1)" x='`,
  'a\u001b[2J\u001b]0;title\u0007b',
  'evil\u202egnp.exe\u2066',
  '\u0000\u2028\u2029\ud800',
  '&lt;b&gt;&amp;',
  '<'.repeat(65_536),
  '\u202e'.repeat(65_536),
];

/** Everything between two angle brackets, outside of our own scripts and styles. */
function tagsOf(text: string): readonly string[] {
  return text.replaceAll(/<(script|style)\b([^>]*)>[\s\S]*?<\/\1>/g, '<$1$2></$1>').match(/<[^<>]*>/g) ?? [];
}

const elements =
  'figure figcaption svg defs marker path g rect text circle html head meta title style body main a header h1 h2 h3 p nav ul li section dl div dt dd table caption thead tbody tr th td small span strong code i br label input select option output footer kbd script details summary';
const attributes =
  'title xmlns class viewBox width height refX refY markerWidth markerHeight orient d transform x y rx cx cy r marker-end lang charset http-equiv content name id class href aria-label aria-labelledby aria-live scope role tabindex style rowspan data-words data-filters type autocomplete placeholder value hidden';

function isOurs(tag: string): boolean {
  if (tag === '<!doctype html>') return true;
  const [, element = '', rest = ''] = /^<\/?([a-z0-9]+)((?:\s+[A-Za-z-]+(?:="[^"]*")?)*)\/?>$/.exec(tag) ?? [];
  const names = [...rest.matchAll(/\s([A-Za-z-]+)(?:="[^"]*")?/g)].map(([, name = '']) => name);
  return elements.split(' ').includes(element) && names.every((name) => attributes.split(' ').includes(name));
}

test('C09: whatever stands in names, titles, reasons and files is text, and shown for what it is', (t) => {
  for (const name of names) {
    const run = entry({
      scenario: name,
      title: name,
      file: name,
      covers: [name, 'A01'],
      protocol: name,
      suite: name,
      verdict: 'fail',
      breaks: name,
      failures: [name],
      threw: [{ host: name, message: name }],
      oracles: [{ number: 1, name, verdict: 'fail', saw: name, why: name }],
      expectations: [{ what: name, held: true, saw: name }],
      cells: { [name]: { [name]: 1 } },
    });
    const table = [{ situation: name, event: name, kind: 'impossible', to: [name], why: name } as const];
    const [flaw] = flaws;
    const report: Report = {
      ...on([run]),
      program: name,
      made: name,
      tables: { [name]: table },
      specimens: [
        {
          specimen: flaw?.name ?? '',
          protocol: flaw?.protocol ?? '',
          scenario: name,
          covers: [name, 'A01'],
          seed: 1,
          oracles: [name],
          why: name,
        },
      ],
      figures: {
        loss: [0, 1].map((loss) => {
          const times = { withinMs: 1, medianMs: null, p95Ms: 1 };
          return { protocol: name, loss, runs: 2, paired: 1, ...times, datagrams: 1 };
        }),
        guesses: [{ bits: 21, budget: 1, released: 1, runs: 1 }],
      },
    };
    const clean = pageOf(on([entry()]), { texts: new Map([['crypto/x', 'x']]) });
    const text = pageOf(report, {
      unmet: [name],
      comparison: { gained: [name], lost: [name], added: [name], removed: [name] },
      texts: new Map([[name, name]]),
      code: [{ what: name, command: name, measured: { statements: 1, branches: 2, link: name } }],
      catalogue: [
        { id: name, family: name, scenario: name, power: [name], broken: name, right: name, source: name },
        { ...(catalogue[0] as Attack), instead: { why: name, test: name, note: name } },
      ],
    });
    for (const tag of tagsOf(text)) t.true(isOurs(tag), `${name.slice(0, 40)}: ${tag}`);
    t.is(text.match(/<script/g)?.length, clean.match(/<script/g)?.length, name.slice(0, 40));
    for (const hidden of '\u0000\u0007\u001b\u202e\u2066\u2028\ud800') {
      // In the JSON of scenario files texts are as they were written: it is data, and shown by nobody as it is.
      const shown = text.replace(/<script type="application\/json"[\s\S]*?<\/script>/, '');
      t.false(shown.includes(hidden), `${name.slice(0, 40)}: U+${hidden.charCodeAt(0).toString(16)}`);
    }
    t.true(text.length < 2_000_000, `${text.length}`);
  }
});

test('C09: the files in the page are there byte for byte, and cannot end their element', (t) => {
  const yaml = 'title: "</script><!-- <script> \u2028 \\u003c"\n';
  const text = pageOf(on([entry()]), { texts: new Map([['crypto/x', yaml]]) });
  const [, json = ''] = /<script type="application\/json" id="lanpair-scenarios">([\s\S]*?)<\/script>/.exec(text) ?? [];
  t.false(json.includes('<'));
  t.deepEqual(JSON.parse(json), { version: 1, files: { 'scenarios/crypto/x.yaml': yaml } });
});

test('a template makes text of what it is given, and nothing of null and false', (t) => {
  t.is(
    html`<i title="${'"\'&'}">${['<', 1, null, false, html`<b>${'\u202e'}</b>`]}</i>`.markup,
    '<i title="&quot;&#39;&amp;">&lt;1<b>\\u{202e}</b></i>',
  );
});

test('nothing is loaded from elsewhere, and no script runs but those that the page was made with', (t) => {
  const viewer = { script: 'console.log("</script><!--<script>")', style: '#viewer::after{content:"</style>"}' };
  const text = pageOf(on([entry()]), { viewer, texts: new Map([['crypto/x', 'title: x']]) });
  t.notRegex(text, /(src|href|url|action)\s*[=(]\s*["']?\s*(https?:|\/\/|file:)/i);
  const [, policy = ''] = /Content-Security-Policy" content="([^"]*)"/.exec(text) ?? [];
  t.regex(policy, /^default-src 'none'; script-src 'sha256-[\w+/=]{44}' 'sha256-[\w+/=]{44}'; /);
  const scripts = [...text.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, script = '']) => script);
  t.is(scripts.length, 2);
  for (const script of scripts) t.true(policy.includes(`'sha256-${digest(script)}'`));
  // The string still says what it said.
  const said: unknown[] = [];
  runInNewContext(scripts[1] ?? '', { console: { log: (what: unknown) => said.push(what) } });
  t.deepEqual(said, ['</script><!--<script>']);
  t.true(text.includes('<main id="pages">') && text.includes('<div id="viewer" hidden></div>'));
});

test('a verdict leads to its run where the page can show it, and is a word where it cannot', (t) => {
  const link = '#/run/crypto/x?protocol=lp1&amp;seed=1';
  const viewer = { script: '', style: '' };
  t.true(pageOf(on([entry()]), { viewer, texts: new Map([['crypto/x', '']]) }).includes(`href="${link}"`));
  t.false(pageOf(on([entry()]), { viewer }).includes(link));
  t.false(pageOf(on([entry()]), { texts: new Map([['crypto/x', '']]) }).includes(link));
});

test('a run that had other cryptography than it is simulated with is led to with its own', (t) => {
  const changes = { viewer: { script: '', style: '' }, texts: new Map([['crypto/x', '']]) };
  const linkOf = (run: Partial<Entry>): string =>
    /href="(#\/run\/[^"]*)"/.exec(pageOf(on([entry(run)]), changes))?.[1] ?? '';
  t.is(linkOf({ suite: 'real' }), '#/run/crypto/x?protocol=lp1&amp;seed=1&amp;suite=real');
  // It has no other, and needs none to be named.
  t.is(linkOf({ suite: 'real', protocol: 'annex' }), '#/run/crypto/x?protocol=annex&amp;seed=1');
});

test('the first page names the runs that failed, and why; of very many the first, and how many there are beside', (t) => {
  const overviewOf = (runs: readonly Entry[]): string =>
    /<section class="page" id="overview"[\s\S]*?<\/section>/.exec(pageOf(on(runs)))?.[0] ?? '';
  const fails = Array.from({ length: 25 }, (_, nth) =>
    entry({ seed: nth, title: `title ${nth}`, verdict: 'fail', failures: [`oracle 1 (proof): key ${nth}`] }),
  );
  const text = overviewOf([entry({ seed: 99, title: 'a sound one', failures: [] }), ...fails]);
  t.regex(text, /<h3>What came out otherwise<\/h3>[\s\S]*title 0<[\s\S]*oracle 1 \(proof\): key 0</);
  t.is(text.match(/oracle 1 \(proof\)/g)?.length, 20);
  t.regex(text, /And 5 more: filter the scenarios for FAILED\./);
  t.notRegex(overviewOf([entry()]), /otherwise/);
});

test('a report of one run, of next to nothing, or of an empty sweep says so in whole sentences', (t) => {
  const sweep = { of: 'sweep', name: 'seeds 1..9, not all of them', cells: {}, pairs: {}, guesses: {} } as const;
  const one = on([entry()]);
  for (const report of [one, { ...one, runs: [entry({ virtualMs: 0, tookMs: 0, oracles: [] })], walks: [sweep] }]) {
    const words = pageOf(report)
      .replaceAll(/<(script|style)\b[\s\S]*?<\/\1>/g, '')
      .replaceAll(/<[^<>]*>/g, ' ')
      .replaceAll(/\s+/g, ' ');
    t.notRegex(words, /\b(All|of|in|by lanpair of) 1 (runs|cells)\b|\b1 rows\b|NaN|undefined|Infinity|\bnull\b/);
    t.regex(words, /The only run came out as stated/);
    t.regex(words, / scenario 1 run 1 /);
    t.is(words.includes('The sweep that was given has no results to draw'), report !== one);
    t.is(words.includes('No results of a sweep were given'), report === one);
  }
});

test('the headline is the worst that there is to say', (t) => {
  const headline = (report: Report, changes: Partial<PageSource> = {}): string =>
    /<h1>(.*?)<\/h1>/.exec(pageOf(report, changes))?.[1] ?? '';
  t.is(headline(on([entry()])), 'The only run came out as stated');
  t.is(headline(on([entry({ verdict: 'inconclusive' })])), 'The only run shows nothing');
  t.is(headline(on([entry()]), { unmet: ['x'] }), 'All came out as stated, and 1 required cell is not covered');
  t.is(headline(on([entry({ cells: { Idle: { answer: 1 } } })])), 'A run was where none can be');
  t.is(headline(on([entry({ verdict: 'fail' }), entry({ seed: 2 })])), '1 of 2 runs came out otherwise than stated');
});

test('the page has a row for each attack of the catalogue, and for each cell', (t) => {
  const text = pageOf(on([entry({ cells: { Asking: { answer: 7 } } })]));
  for (const { id } of catalogue) t.true(text.includes(`<tr id="${id}"`), id);
  t.regex(
    text,
    /Asking<\/td><td class="name">answer<\/td><td><span class="chip covered">covered<\/span><\/td><td class="number">7</,
  );
  t.regex(text, /nobody was asked/);
});

test('the script of the page uses nothing but the window that it is given', (t) => {
  // It is put into the page as its own text: a name of its module would be unknown there.
  const listeners = new Map<string, unknown>();
  const document = {
    querySelectorAll: () => [],
    getElementById: () => null,
    addEventListener: (name: string, listen: unknown) => void listeners.set(name, listen),
  };
  const window = {
    document,
    location: { hash: '#runs' },
    addEventListener: (name: string, listen: unknown) => void listeners.set(name, listen),
  };
  runInNewContext(`(${behave.toString()})(window)`, { window });
  t.deepEqual([...listeners.keys()], ['keydown', 'click', 'hashchange']);
});

test('code coverage is linked from where the page stands, and what was never measured says how', (t) => {
  const root = temporaryDirectory();
  const total = { statements: { pct: 91.2 }, branches: { pct: 87 } };
  mkdirSync(join(root, 'reports/coverage/scenarios'), { recursive: true });
  writeFileSync(join(root, 'reports/coverage/coverage-summary.json'), JSON.stringify({ total }));
  writeFileSync(join(root, 'reports/coverage/scenarios/coverage-summary.json'), '{"total": {"statements"');
  const code = codeCoverage(join(root, 'reports/out'), root);
  t.deepEqual(
    code.map(({ measured }) => measured),
    [{ statements: 91.2, branches: 87, link: '../coverage/index.html' }, null, null],
  );
  const text = pageOf(on([entry()]), { code });
  t.true(text.includes('<a class="file" href="../coverage/index.html">the tests, file by file</a>'));
  t.true(text.includes('not measured: <code>npm run coverage:scenarios</code>'));
});
