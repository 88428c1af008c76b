/** Saved traces in the viewer, in a real browser: good ones, broken ones, and such as somebody wrote to do harm. */
import type { Page } from 'playwright-core';
import { onSuite, readScenario, runScenario, subjects, vocabulary } from '../../../sim/index.ts';
import { traceFormats } from '../../../sim/trace/format.ts';
import { drawn, judged, press, screenshot, type Visit } from './browser.ts';
import { story } from './needs.ts';
import { catalogue } from './page.ts';
import { close, stage } from './stage.ts';

const { go } = stage();

function traceOf(name: string, protocol: string, suite = ''): string {
  const read = readScenario(catalogue()[`scenarios/${name}.yaml`] ?? '', { file: name, name, vocabulary });
  const sound = subjects.get(protocol);
  if (!read.ok || sound === undefined) throw new Error(`${name} cannot be read`);
  const subject = onSuite(sound, suite);
  const result = runScenario(read.scenario, subject, read.scenario.seed, { oracles: [], trace: true });
  return String(traceFormats.ndjson.create(read.scenario, subject, 'lanpair 9.9').finish(result));
}

async function openTrace(text: string): Promise<Visit> {
  const opened = await go(`#/run/trace`);
  await load(opened.page, text);
  return opened;
}

async function load(page: Page, text: string): Promise<void> {
  const file = { name: 'some.ndjson', mimeType: 'application/x-ndjson', buffer: Buffer.from(text) };
  await page.locator('input[type=file]').setInputFiles(file);
}

story('a saved trace is walked through as the run was: the same moments, messages and situations', async (t) => {
  for (const [name, protocol] of [
    ['crypto/racer', 'lp1'],
    ['crypto/spoofed-digest', 'annex'],
  ] as const) {
    const live = await go(`#/run/${name}?protocol=${protocol}`);
    const saved = await openTrace(traceOf(name, protocol));
    const seen = await Promise.all([live, saved].map(({ page }) => shapes(page)));
    t.deepEqual(seen[1], seen[0]);
    t.regex(seen[0]?.join('\n') ?? '', /⚑/);
    await screenshot(saved.page, `viewer-trace-${protocol}`);
    await close(t, live);
    await close(t, saved);
  }
});

/** Words of all arrows and situations: the window is so tall that the whole run is in view. */
async function shapes(page: Page): Promise<readonly string[]> {
  await page.setViewportSize({ width: 1440, height: 12_000 });
  const at = page.locator('.run .moment.at');
  await at.waitFor({ state: 'attached' });
  await press(page, 'End');
  await at.waitFor({ state: 'attached' });
  const texts = await page.locator('.paper .arrow text, .paper .situation text').allTextContents();
  // A false source's owner is told from what was heard of him before, which a trace may not have yet.
  return [...new Set(texts.map((text) => text.replace(/ as [^,]*/, '')))].sort();
}

const head = JSON.stringify({
  trace: 'lanpair',
  version: 1,
  program: 'lanpair 9.9',
  scenario: 'crypto/racer',
  title: 'A title',
  protocol: 'lp1',
  seed: 1,
  suite: 'real',
  hash: '0',
  events: 580,
});
const event = { n: 1, atUs: 0, event: 'booted', host: 'alice', boot: 1, hash: '0' };

story('a broken or newer trace is told, with its line, and what to do', async (t) => {
  const cases: readonly (readonly [text: string, said: RegExp])[] = [
    ['', /This file is empty/],
    ['hello', /Line 1: this is no JSON.*sim run my\.yaml --trace traces.*hello/],
    [`${JSON.stringify(event)}\n{"n": 2, "atUs"`, /Line 2: this is no JSON/],
    ['[1, 2]', /Line 1: this is no event: expected an object/],
    ['{"version": 9, "made": "later"}', /Line 1:.*newer lanpair \(9\)/],
    [
      JSON.stringify({ ...event, event: 'teleported' }),
      /Line 1: an event "teleported" is not known here.*newer lanpair/,
    ],
    [JSON.stringify({ ...event, n: 'one' }), /Line 1: "n" should be a whole number.*"one"/],
    [JSON.stringify({ ...event, host: 7 }), /Line 1: "host" should be a text, and is 7/],
    [`${JSON.stringify(event)}\n${JSON.stringify(event)}`, /Line 2: event 1 comes after event 1/],
    [`${head}\n${JSON.stringify({ ...event, n: 'one' })}`, /Line 2: "n" should be/],
    [`${head}\n${JSON.stringify(event)}\n${head}`, /Line 3: another trace begins here/],
    [head.replace('"version":1', '"version":2'), /Line 1: a trace in form 2, by a newer lanpair.*reads form 1/],
    [head.replace('"seed":1', '"seed":"<b>"'), /Line 1: "seed" should be a whole number: the head is damaged/],
    [head.replace('"lanpair"', '"other"'), /Line 1: this is the trace of another program/],
    ['{"recording":"lanpair","version":1}', /Line 1: this is a recording of a real run: lanpair sim replay/],
  ];
  const opened = await go(`#/run/trace`);
  for (const [text, said] of cases) {
    await load(opened.page, text);
    await opened.page.locator('.trouble pre', { hasText: said }).waitFor();
  }
  await screenshot(opened.page, 'viewer-trace-broken');
  await load(opened.page, traceOf('crypto/racer', 'lp1'));
  await opened.page.locator('.run').waitFor();
  t.pass();
  await close(t, opened);
});

story(
  'a trace says which run it was, and leads to it; one that was cut off, and one that is older, say so',
  async (t) => {
    const whole = traceOf('crypto/racer', 'lp1');
    const opened = await openTrace(whole);
    const { page } = opened;
    const note = page.locator('.title .note');
    await page.locator('h1', { hasText: 'A racer with a wrong phrase' }).waitFor();
    t.regex(
      (await note.textContent()) ?? '',
      /some\.ndjson: crypto\/racer, lp1, seed \d+, by lanpair 9\.9\. \d+ events\./,
    );
    const lines = whole.trimEnd().split('\n');
    await load(page, lines.slice(0, -10).join('\n'));
    await note.filter({ hasText: 'and 10 more are missing: the file was cut off' }).waitFor();
    await load(page, lines.slice(1).join('\n'));
    await note.filter({ hasText: 'events of an older lanpair' }).waitFor();
    // The same run with the real cryptography is another one.
    for (const one of [whole, traceOf('crypto/racer', 'lp1', 'real')]) {
      await page.evaluate("location.hash = '#/run/trace'");
      await load(page, one);
      await note.getByRole('link', { name: 'run it here' }).click();
      await judged(page, (JSON.parse(one.slice(0, one.indexOf('\n'))) as { hash: string }).hash);
    }
    await close(t, opened);
  },
);

story('a trace that is dropped on a run takes its place', async (t) => {
  const opened = await go(`#/run/network/loss-30?protocol=lp1`);
  const { page } = opened;
  await page.locator('.run').waitFor();
  const text = JSON.stringify(traceOf('crypto/racer', 'lp1'));
  await page.evaluate(`{
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([${text}], 'dropped.ndjson'));
    document.getElementById('viewer').dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
  }`);
  await page.locator('.title .note', { hasText: 'dropped.ndjson' }).waitFor();
  t.true((await page.locator('.head.adversary').count()) > 0);
  t.is(await page.evaluate('location.hash'), '#/run/trace');
  await close(t, opened);
});

story('what somebody wrote into a trace is shown inert: HTML, escapes, text that turns round, 64 KiB', async (t) => {
  const evil =
    '<img src=x onerror="window.harmed=1"><script>window.harmed=1</script>\u202egnp.exe\u001b]0;x\u0007\u001b[2J';
  const long = 'A'.repeat(65_536);
  const lines = [evil, long].flatMap((text, at) => {
    const host = `${text}${at}`;
    const base = (n: number): object => ({ n: at * 10 + n, atUs: at * 1000 + n, hash: text });
    const heard = { from: 'x', kind: text, datagram: at + 1 };
    return [
      { ...base(1), event: 'booted', host, boot: 1 },
      {
        ...base(2),
        event: 'step',
        host,
        input: `start, a phrase, ${text}`,
        cell: `${text} / ${text}`,
        situation: text,
        effects: [text, `notify {"event":${JSON.stringify(text)}}`],
      },
      {
        ...base(3),
        event: 'send',
        ...heard,
        interface: text,
        fields: { [text]: text, html: [text, { a: text }] },
        source: text,
        to: 'group',
        length: 9,
      },
      { ...base(4), event: 'delivered', ...heard, to: host },
      { ...base(5), event: 'script', what: text },
      { ...base(6), event: 'failed', host, effect: text, reason: text },
      { ...base(7), event: 'authorized', host, record: text, key: text },
    ];
  });
  const opened = await openTrace(lines.map((line) => JSON.stringify(line)).join('\n'));
  const { page } = opened;
  await page.locator('.run').waitFor();
  let most = 0;
  const look = async (): Promise<void> => {
    await drawn(page);
    const text = (await page.locator('#viewer').textContent()) ?? '';
    most = Math.max(most, text.length);
    t.deepEqual(text.match(/[\p{Cc}\p{Cf}]/gu), null);
    t.true(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), 'nothing widens the page');
  };
  for (let n = 0; n < lines.length; n++) {
    await look();
    await press(page, 'ArrowRight');
  }
  await page.locator('.arrow').first().locator('.grip').dispatchEvent('click');
  await look();
  for (const head of await page.locator('.head').all()) {
    await head.click();
    await look();
  }
  t.is(await page.locator('#viewer img, #viewer script').count(), 0);
  t.is(await page.evaluate('window.harmed'), undefined);
  t.true(most < 40_000, `${most} characters`);
  await screenshot(page, 'viewer-trace-evil');
  await close(t, opened);
});
