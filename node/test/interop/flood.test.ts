/** A neighbour who sends 5,000 datagrams a second: an honest pairing comes to its end all the same, in bounded memory. */
import test, { type ExecutionContext } from 'ava';
import { inside, type Lab, openLab } from './lab.ts';
import { bothPaired, makeRepository, startPair } from './lanpair.ts';
import { skipReason } from './needs.ts';
import { until } from './until.ts';

const reason = skipReason({ script: 'interop:faults', programs: [] });
const story = (title: string, tell: (t: ExecutionContext) => Promise<void>): void =>
  reason === null ? test.serial(title, tell) : test.serial.skip(`${title} (skipped: ${reason})`, tell);
const user = 'ann';
const phrase = '73-ladder-acid-hope-rabbit';
/** The queue of datagrams holds 64 MiB at worst, and Node itself needs as much. */
const memoryMiB = 250;
const aloneMs = 3000;

let lab: Lab | undefined;
test.after.always(() => lab?.close());

story('a flood of 5,000 datagrams a second: they pair, and memory stays bounded', async (t) => {
  lab = await openLab(process.cwd());
  const alice = await lab.host({ hostName: 'alice', address: '10.86.0.11', users: [user] });
  const bob = await lab.host({ hostName: 'bob', address: '10.86.0.12', users: [user] });
  const flooder = await lab.host({ hostName: 'flooder', address: '10.86.0.66', users: [] });
  for (const host of [alice, bob]) await makeRepository(host, user, 'annex', 'git');

  const one = startPair(alice, user, { directory: 'annex', phrase, more: [] });
  await until('alice to look', 60, () =>
    one.events.some(({ event, role }) => event === 'seeking' && role === 'asking'),
  );
  const flood = flooder.spawn(null, [inside.node, `${inside.dist}/node/test/interop/flooder.js`, flooder.address]);
  t.teardown(() => flood.stdin.end());
  let said = '';
  flood.stdout.on('data', (text: Buffer) => {
    said += text.toString();
  });
  await until('the flood', 60, () => said.includes('flooding'));
  const before = { ...one.usage(), ms: performance.now() };
  await until('a figure', 60, () => performance.now() - before.ms > aloneMs);
  const after = { ...one.usage(), ms: performance.now() };
  const share = (100 * (after.cpuMs - before.cpuMs)) / (after.ms - before.ms);

  const second = performance.now();
  const two = startPair(bob, user, { directory: 'annex', phrase, more: [] });
  await Promise.all([one.event('paired'), two.event('paired')]);
  const pairedMs = performance.now() - second;
  t.false(said.includes('{'), 'the flood outlasts the pairing');
  const peaks = [one.usage().peakMiB, two.usage().peakMiB];
  t.true(Math.max(...peaks) > 0 && Math.max(...peaks) < memoryMiB, `${peaks.join(' and ')} MiB`);
  flood.stdin.end();
  const { sent, ms } = await until('the flood to end', 60, () => {
    const line = said.split('\n').find((text) => text.startsWith('{'));
    return line === undefined ? null : (JSON.parse(line) as { readonly sent: number; readonly ms: number });
  });
  t.log(`${Math.round((1000 * sent) / ms)} datagrams/s: ${Math.round(share)} % of a core while looking`);
  t.log(`paired ${Math.round(pairedMs)} ms after the second was started; peaks of ${peaks.join(' and ')} MiB`);
  t.true(sent > aloneMs / 1000);
  await bothPaired(t, [one, two]);
});
