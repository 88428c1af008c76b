/** The run viewer in a real browser: opened from the disk, without a network, walked through with the keyboard. */

import { readFileSync } from 'node:fs';
import { readScenario, runScenario, subjects, vocabulary } from '../../../sim/index.ts';
import { drawn, judged, press, details as read, screenshot, stepIn, told } from './browser.ts';
import { story } from './needs.ts';
import { catalogue } from './page.ts';
import { close, stage } from './stage.ts';

const { open } = stage();

story('a scenario is walked through with the keyboard, on and back', async (t) => {
  const opened = await open('#/run/network/loss-30?protocol=lp1');
  const { page } = opened;
  t.false(await page.locator('#pages').isVisible());
  t.is(await told(page), '0.000 s: alice starts');
  const seen = new Set([await told(page)]);
  for (let n = 0; n < 30; n++) {
    await press(page, 'ArrowRight');
    seen.add(await told(page));
  }
  t.true(seen.size > 25, [...seen].join('\n'));
  const there = await stepIn(page);
  await press(page, 'ArrowDown');
  t.true((await stepIn(page)) > there);
  await press(page, 'ArrowLeft');
  t.is(await stepIn(page), there);
  await press(page, 'Home');
  t.is(await told(page), '0.000 s: alice starts');
  await press(page, 'End');
  await screenshot(page, 'viewer-end');
  await page.getByRole('button', { name: 'Step back' }).click();
  await page.getByRole('button', { name: 'First moment' }).click();
  t.is(await told(page), '0.000 s: alice starts');
  await close(t, opened);
});

/** So many in tasks of their own, with no frame in between: a page that is busy draws none for a while. */
const burst = (key: string, times: number): string => `(async () => {
  for (let n = 0; n < ${times}; n++) {
    document.dispatchEvent(new KeyboardEvent('keydown', { key: '${key}' }));
    await new Promise((then) => { const { port1, port2 } = new MessageChannel(); port1.onmessage = then; port2.postMessage(0); });
  }
})()`;

story('keys that come faster than the page draws are all counted', async (t) => {
  const opened = await open('#/run/crypto/racer?protocol=lp1');
  const { page } = opened;
  for (const key of ['n', 'j']) {
    await press(page, 'Home');
    await press(page, 'Escape');
    for (let n = 0; n < 8; n++) await press(page, key);
    // Where the cursor is: the address comes after it.
    const slow = await page.locator('.place').textContent();
    await press(page, 'Home');
    await page.evaluate(burst(key, 8));
    t.is(await page.locator('.place').textContent(), slow, key);
  }
  await close(t, opened);
});

story('the run in the page is the run of the simulator: the same hash and verdict', async (t) => {
  for (const [name, protocol, seed] of [
    ['crypto/racer', 'lp1', 5],
    ['crypto/spoofed-digest', 'annex', 1],
  ] as const) {
    const read = readScenario(catalogue()[`scenarios/${name}.yaml`] ?? '', { file: name, name, vocabulary });
    const subject = subjects.get(protocol);
    if (!read.ok || subject === undefined) return t.fail(`${name} cannot be read`);
    const { hash, expected } = runScenario(read.scenario, subject, seed);
    const opened = await open(`#/run/${name}?protocol=${protocol}&seed=${seed}`);
    const outcome = opened.page.locator('details.outcome');
    await outcome.locator('summary').click();
    t.true((await outcome.textContent())?.includes(`hash ${hash}`), name);
    t.is(
      await outcome.locator('summary').textContent(),
      expected === 'pass' ? '✓ held' : `✓ breaks ${expected.breaks}, as stated`,
    );
    await screenshot(opened.page, `viewer-outcome-${protocol}`);
    await close(t, opened);
  }
});

story(
  'a forged message is told by its shape and its words; a click shows who sent it, what it says, and its bytes',
  async (t) => {
    const opened = await open('#/run/crypto/racer?protocol=lp1');
    const { page } = opened;
    const forged = page.locator('.paper .arrow.forged').first();
    t.regex((await forged.textContent()) ?? '', /^⚑ BEACON/);
    await forged.locator('.grip').dispatchEvent('click');
    const details = page.locator('.details');
    t.regex((await details.locator('.warning').textContent()) ?? '', /mallory sent it/);
    t.regex((await details.locator('.dump').textContent()) ?? '', /^0000 {2}4c 50 /);
    t.regex((await details.locator('.tree').first().textContent()) ?? '', /version 1/);
    await screenshot(page, 'viewer-forged');
    await close(t, opened);
  },
);

story('a click on a host shows its state, without secrets, and what is different from the step before', async (t) => {
  const opened = await open('#/run/network/loss-30?protocol=lp1&seed=3', 'dark');
  const { page } = opened;
  await page.locator('.head').first().click();
  const details = page.locator('.details');
  for (let n = 0; n < 400 && !(await told(page)).includes('to Crowd'); n++) await press(page, 'ArrowRight');
  t.regex(await told(page), /to Crowd/);
  await page.locator('.head').first().click();
  // The state of this very moment: until it has come there is none.
  await drawn(page);
  await details.locator('.tree').first().waitFor();
  t.regex((await details.locator('.tree').first().textContent()) ?? '', /situation.*secrets left out/);
  t.regex((await details.locator('.timers').textContent()) ?? '', /window 600000 ms, set/);
  t.notRegex((await details.textContent()) ?? '', /entropy|scalar/);
  await screenshot(page, 'viewer-host-dark');
  await close(t, opened);
});

story('what is lost, doubled and changed on the way looks so, and says so', async (t) => {
  const opened = await open('#/run/network/hell?protocol=lp1');
  const { page } = opened;
  const seen = { lost: '', copy: '', bent: '' };
  for (let n = 0; n < 80; n++) {
    for (const kind of ['lost', 'copy', 'bent'] as const) {
      if (seen[kind] === '')
        seen[kind] = (await page.locator(`.paper .arrow.${kind} text`).allTextContents()).join(' ');
    }
    await press(page, 'ArrowRight', 3);
  }
  t.regex(seen.lost, /lost/);
  t.regex(seen.copy, /again/);
  t.regex(seen.bent, /changed on the way|cut short/);
  await screenshot(page, 'viewer-hell');
  await close(t, opened);
});

story('faults, the person and the script stand where they happen', async (t) => {
  const opened = await open('#/run/replay/responder-crashes-after-ack');
  const { page } = opened;
  const words: string[] = [];
  for (let n = 0; n < 40; n++) {
    words.push(...(await page.locator('.paper .words').allTextContents()));
    await press(page, 'ArrowRight', 3);
  }
  t.true(words.includes('⚡goes down'), words.join());
  t.true(words.some((text) => text.startsWith('☝ types the phrase')));
  await close(t, opened);
});

story('an address opens a run at a step; one that is not there is told; other pages come back', async (t) => {
  const opened = await open('#/run/crypto/racer?protocol=lp1&seed=7&step=100');
  const { page } = opened;
  t.true(Math.abs((await stepIn(page)) - 100) < 20);
  t.is(await page.locator('input[type=number]').inputValue(), '7');
  await page.evaluate('location.hash = "#/run/crypto/no-such-thing"');
  await page.locator('.trouble', { hasText: 'no scenario crypto/no-such-thing' }).waitFor();
  await page.evaluate('location.hash = "#/run/crypto/racer?protocol=locate"');
  await page.locator('.trouble pre', { hasText: 'not for "locate"' }).waitFor();
  await page.evaluate('location.hash = "#/"');
  await page.locator('#pages').waitFor();
  await page.locator('#viewer').waitFor({ state: 'hidden' });
  await close(t, opened);
});

story(
  'a message is dropped: the run is made again from there, the outcome is compared, and reset takes it back',
  async (t) => {
    const run = await open('#/run/replay/start-together?protocol=lp1');
    const { page } = run;
    const details = page.locator('.details');
    const confirm = page.locator('.paper .arrow', { hasText: /^CONFIRM$/ });
    for (let n = 0; n < 60 && (await confirm.count()) === 0; n++) await press(page, 'ArrowRight');
    await confirm.first().locator('.grip').dispatchEvent('click');
    const datagram = /datagram \d+/.exec(await read(page))?.[0] ?? 'none is picked';
    await details.getByRole('button', { name: 'dropped' }).click();
    const whatIf = page.getByRole('region', { name: 'What if' });
    t.regex((await whatIf.locator('.change').textContent()) ?? '', /^CONFIRM 1 from \w+ to \w+ is taken away/);
    await judged(page);
    const compared = whatIf.locator('.compared ul');
    await compared.filter({ hasText: /paired at \d+ ms.*paired at \d+ ms/ }).waitFor();
    t.regex(await page.evaluate('location.hash'), /drop=CONFIRM,/);
    const dropped = page.locator('.paper .arrow.lost', { hasText: 'CONFIRM, taken away' });
    await dropped.locator('.grip').first().dispatchEvent('click');
    t.true((await read(page)).includes(datagram), `the same one: ${datagram}`);
    await screenshot(page, 'viewer-what-if');
    await whatIf.getByRole('button', { name: 'Reset' }).click();
    await whatIf.waitFor({ state: 'detached' });
    // The diagram is drawn in the frame after.
    await dropped.first().waitFor({ state: 'detached' });
    t.is(await dropped.count(), 0);
    await close(t, run);
  },
);

story(
  'with all of the network lost nobody pairs: the verdict changes; a loss that is none is told, and taken back',
  async (t) => {
    const opened = await open('#/run/replay/start-together?protocol=lp1');
    const { page } = opened;
    await judged(page, '✓ held');
    const loss = page.getByRole('textbox', { name: 'loss' });
    await loss.fill('100%');
    await loss.press('Enter');
    await judged(page, '✗ failed');
    await page.getByText('Was: ✓ held. Is now: ✗ failed.').waitFor();
    t.true((await page.locator('.compared .worse').count()) > 0);
    await screenshot(page, 'viewer-all-lost');
    await page.getByRole('textbox', { name: 'loss' }).fill('many');
    await page.getByRole('textbox', { name: 'loss' }).press('Enter');
    await page.locator('.trouble pre', { hasText: /"many" is no ratio[^\n]*\n +Write a ratio of integers/ }).waitFor();
    await page.getByRole('link', { name: 'Take the changes back' }).click();
    await judged(page, '✓ held');
    await close(t, opened);
  },
);

story('another seed is another run', async (t) => {
  const opened = await open('#/run/network/loss-30?protocol=lp1');
  const { page } = opened;
  const hashOfRun = async (): Promise<string> =>
    /hash [0-9a-f]{16}/.exec((await page.locator('details.outcome').textContent()) ?? '')?.[0] ?? '';
  const before = await hashOfRun();
  t.regex(before, /^hash/);
  await page.getByLabel('seed').fill('8');
  await page.getByLabel('seed').press('Enter');
  await judged(page, new RegExp(`hash (?!${before.slice(5)})`));
  t.regex(await hashOfRun(), /^hash/);
  t.not(await hashOfRun(), before);
  await close(t, opened);
});

story('n goes to what matters: to what was forged, when only that does', async (t) => {
  const opened = await open('#/run/crypto/spoofed-proofs?protocol=lp1');
  const { page } = opened;
  const matters = page.locator('.menu', { hasText: 'what matters' });
  await matters.locator('summary').click();
  for (const word of ['situations', 'notices', 'keys and records', 'the person', 'faults'])
    await matters.getByLabel(word).uncheck();
  await matters.locator('summary').click();
  await page.locator('.scroller').focus();
  for (let n = 0; n < 3; n++) {
    await press(page, 'n');
    const at = page.locator('.details .link.forged');
    t.true((await at.count()) > 0, await told(page));
  }
  await page.locator('.details .link.forged').first().click();
  t.regex((await page.locator('.details .warning').textContent()) ?? '', /sent it/);
  await close(t, opened);
});

story('words are searched, and kinds of datagrams left out', async (t) => {
  const opened = await open('#/run/network/loss-30?protocol=lp1');
  const { page } = opened;
  await press(page, '/');
  await page.keyboard.type('PAIRED alice');
  await press(page, 'Enter');
  t.regex((await page.locator('.find output').textContent()) ?? '', /^\d+ found$/);
  t.regex(await told(page), /paired/i);
  await press(page, 'Escape');
  await press(page, 'Home');
  const beacons = page.locator('.paper .arrow', { hasText: 'BEACON' });
  t.true((await beacons.count()) > 0);
  const shown = page.locator('.menu', { hasText: 'shown' });
  await shown.locator('summary').click();
  await shown.getByLabel('BEACON').uncheck();
  await drawn(page);
  t.is(await beacons.count(), 0);
  t.true((await page.locator('.paper .arrow', { hasText: 'SHARE' }).count()) > 0);
  await screenshot(page, 'viewer-filtered');
  await close(t, opened);
});

story('what an eavesdropper knows: of annex enough to check a guess, of lp1 nothing', async (t) => {
  for (const [protocol, words] of [
    ['annex', /✗ The right phrase is confirmed by the digest/],
    ['lp1', /✓ The right phrase looks as wrong as any other/],
  ] as const) {
    const opened = await open(`#/run/crypto/offline-dictionary?protocol=${protocol}`);
    const { page } = opened;
    await page.locator('.head.adversary').click();
    const details = page.locator('.details');
    t.regex(await read(page), /Nothing yet/);
    await press(page, 'End');
    t.regex(await read(page), protocol === 'annex' ? /remoteUserNamealice/ : /\d+ CONFIRM/);
    await details.getByRole('button', { name: 'Try it on this recording' }).click();
    await details.filter({ hasText: words }).waitFor();
    await screenshot(page, `viewer-eavesdropper-${protocol}`);
    await close(t, opened);
  }
});

story('what was changed can be kept: the file makes the same run in the simulator', async (t) => {
  const opened = await open(
    '#/run/replay/start-together?protocol=lp1&seed=9&loss=10%25&drop=SHARE,alice,bob,1&delay=CONFIRM,bob,alice,1,700',
  );
  const { page } = opened;
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save as a scenario' }).click(),
  ]);
  const text = readFileSync(await download.path(), 'utf8');
  t.regex(text, /drop: SHARE/);
  const read = readScenario(text, { file: 'kept', name: 'replay/start-together', vocabulary });
  const subject = subjects.get('lp1');
  if (!read.ok || subject === undefined) return t.fail('the file cannot be read');
  const { hash } = runScenario(read.scenario, subject);
  t.true((await page.locator('details.outcome').textContent())?.includes(`hash ${hash}`));
  await close(t, opened);
});

story('it opens with how the run went; a line of it leads to its moment, and a key back', async (t) => {
  const opened = await open('#/run/crypto/racer?protocol=lp1');
  const { page } = opened;
  const details = page.locator('.details');
  t.regex((await details.locator('.ends').textContent()) ?? '', /alicePaired⚑ mallorysent \d+ datagramsbobPaired/);
  const lines = details.locator('.outline .link');
  const words = (await lines.allTextContents()).join('\n');
  t.regex(words, /alice ⊘ refuses: tag/);
  t.regex(words, /mallory ⚑ sends BEACON \d+ times/);
  t.regex(words, /bob now Paired/);
  t.true((await lines.count()) < 100, 'what strangers repeat is said once');
  await screenshot(page, 'viewer-story');
  await lines.filter({ hasText: 'bob now Paired' }).click();
  t.regex(await told(page), /bob .*to Paired/);
  await press(page, 's');
  t.is(await details.locator('h2').textContent(), 'How it went');
  await close(t, opened);
});

story(
  'time is stretched and shrunk by keys, buttons and the wheel; the address keeps it, and the cursor its place',
  async (t) => {
    const opened = await open('#/run/network/loss-30?protocol=lp1&step=40');
    const { page } = opened;
    const height = async (): Promise<number> => (await page.locator('.paper').boundingBox())?.height ?? 0;
    const atY = async (): Promise<number> => (await page.locator('.moment.at circle').boundingBox())?.y ?? 0;
    await page.locator('.moment.at').waitFor({ state: 'attached' });
    const [normal, y] = [await height(), await atY()];
    await press(page, '+', 2);
    t.true((await height()) > normal);
    t.regex(await page.evaluate('location.hash'), /step=\d+&zoom=4/);
    t.true(Math.abs((await atY()) - y) < 2);
    await page.reload();
    await page.locator('.run').waitFor();
    await page.getByRole('button', { name: 'time × 4' }).click();
    await drawn(page);
    t.is(await height(), normal);
    await press(page, '-');
    await page.getByRole('button', { name: 'Shrink time' }).click();
    t.true((await height()) < normal);
    await screenshot(page, 'viewer-from-afar');
    await page.locator('.scroller').hover();
    await page.keyboard.down('Control');
    await page.mouse.wheel(0, -100);
    await page.keyboard.up('Control');
    await page.getByText('time × 1/2').waitFor();
    await press(page, '0');
    t.notRegex(await page.evaluate('location.hash'), /zoom/);
    await close(t, opened);
  },
);
