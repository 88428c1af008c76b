/** `lanpair pair --record`: a real pairing written down, replayed by `lanpair sim replay`, and what goes wrong with the file. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { drive, type Ports } from '../../protocol/driver.ts';
import { annex, replay } from '../../protocol/index.ts';
import { Complaint } from '../complaint.ts';
import { openRecording } from '../recording.ts';
import { throwAwayHome } from './home.ts';
import { freePort, loopback, nobody } from './loopback.ts';
import { homeWithRepository, lanpair } from './program.ts';

const phrase = 'crater otter violin maple seventh anchor thirty';
const told = 'pair --protocol annex --json --iface lo --dir annex --phrase-fd 3 --record run.ndjson';

for (const protocol of ['lp1', 'annex'] as const) {
  test(`two machines pair by ${protocol} and record; the files are for their owners, hold no phrase, and replay equal`, async (t) => {
    const port = await freePort();
    const homes = [await homeWithRepository(await throwAwayHome(t)), await homeWithRepository(await throwAwayHome(t))];
    const programs = homes.map((home, number) =>
      lanpair(
        t,
        home,
        `${told.replace('annex', protocol)} --port ${port} --host-name host-${number} --user-name user${number}`.split(
          ' ',
        ),
      ),
    );
    for (const program of programs) program.say(phrase);
    await Promise.all(programs.map((program) => program.event('paired')));
    // Each may stay for the other's sake; we know that it need not.
    for (const { child } of programs) child.kill('SIGINT');
    t.deepEqual(
      await Promise.all(programs.map(({ exit }) => exit)),
      [0, 0],
      programs.map(({ errors }) => errors()).join(),
    );
    for (const home of homes) {
      const file = join(home, 'run.ndjson');
      t.is(statSync(file).mode & 0o777, 0o600);
      const text = readFileSync(file, 'utf8');
      for (const word of phrase.split(' ')) t.false(text.includes(word), word);
      t.false(text.includes(Buffer.from(annex.phraseKey(phrase)).toString('hex')));
      t.false(text.includes(Buffer.from(annex.phraseKey(phrase)).toString('base64').replace(/=+$/, '')));
      t.regex(text, /\{"end":"closed","steps":\d+\}\n$/);
      const again = lanpair(t, home, ['sim', 'replay', 'run.ndjson']);
      t.is(await again.exit, 0, again.output());
      t.regex(again.output(), /says: paired, a peer, who calls itself "host-\d"/);
      t.regex(again.output(), /and the core does the same again\n$/);
    }
  });
}

test('a file that is there is refused: nothing is asked, sent or overwritten', async (t) => {
  const home = await homeWithRepository(await throwAwayHome(t));
  writeFileSync(join(home, 'run.ndjson'), 'mine');
  const there = lanpair(t, home, told.split(' '));
  t.is(await there.exit, 73);
  t.regex(there.errors(), /run\.ndjson is there already\.\nNext: name a new file/);
  t.is(readFileSync(join(home, 'run.ndjson'), 'utf8'), 'mine');
  const nowhere = lanpair(t, home, told.replace('run.ndjson', 'no/such/folder').split(' '));
  t.is(await nowhere.exit, 73);
  t.regex(nowhere.errors(), /cannot be written: ENOENT/);
});

test('what a kill leaves behind replays as far as it goes, and says that it was cut off', async (t) => {
  const home = await homeWithRepository(await throwAwayHome(t));
  const port = await freePort();
  const program = lanpair(t, home, `${told.replace('annex', 'lp1')} --port ${port}`.split(' '));
  program.say(phrase);
  await program.event('seeking', ({ role }) => role === 'asking');
  program.child.kill('SIGKILL');
  await program.exit;
  const again = lanpair(t, home, ['sim', 'replay', 'run.ndjson']);
  t.is(await again.exit, 2, again.errors());
  t.regex(
    again.output(),
    /^CUT OFF {2}run\.ndjson:\d+: there is no last line: lanpair was ended before it could write one$/m,
  );
  const file = join(home, 'run.ndjson');
  writeFileSync(file, readFileSync(file, 'utf8').slice(0, -20));
  const torn = lanpair(t, home, ['sim', 'replay', 'run.ndjson']);
  t.is(await torn.exit, 2, torn.errors());
  t.regex(torn.output(), /CUT OFF .*cut off in its middle/);
});

test('a pairing that cannot begin leaves no recording behind', async (t) => {
  const home = await homeWithRepository(await throwAwayHome(t));
  const program = lanpair(t, home, told.replace('--iface lo', '--iface no-such').split(' '));
  t.is(await program.exit, 64, program.errors());
  t.false(existsSync(join(home, 'run.ndjson')));
});

const sshKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIRDC8VC3cuhXtyOM7ZfstB5duT2dyU9bfii1aImtTbE';

/** As many steps as it takes: each is a start, heard by a core of its own, and one timer after the other. */
function record(
  file: string,
  options: { bytesMax?: number; put?: (descriptor: number, text: string) => void },
): { readonly troubles: readonly string[]; readonly situation: string } {
  const troubles: string[] = [];
  const recording = openRecording({ file, protocol: 'annex', trouble: (text) => troubles.push(text), ...options });
  const ports = new Proxy({}, { get: () => () => undefined }) as Ports;
  const { suite, observe } = recording;
  const driver = drive({ protocol: annex.protocol, suite, ports, observe });
  driver.input({
    type: 'start',
    phrase: { text: phrase, bits: 80 },
    self: { ...nobody, sshKey },
    interfaces: [loopback],
    peers: [],
    entropy: new Uint8Array(32).fill(7),
    records: [],
    windowMs: 60_000,
  });
  for (const name of ['ask', ...Array.from({ length: 20 }, () => 'repeat')]) driver.input({ type: 'timer', name });
  recording.close();
  return { troubles, situation: driver.state.situation };
}

const again = (file: string): ReturnType<typeof replay> =>
  replay({ lines: readFileSync(file, 'utf8').split('\n'), protocol: () => annex.protocol as never });

test('a recording that has become too large ends with a last line, says so once, and the run goes on', async (t) => {
  const file = join(await throwAwayHome(t), 'run.ndjson');
  const { troubles, situation } = record(file, { bytesMax: 8000 });
  t.is(situation, 'Requesting');
  t.is(troubles.length, 1);
  t.regex(
    troubles[0] ?? '',
    /^The recording ends here, all else goes on: .*run\.ndjson is as large as it may become\.$/,
  );
  t.true(statSync(file).size <= 8000);
  t.like(again(file), { verdict: 'equal', end: 'full' });
});

test('a full disk ends the recording and not the run; what was written replays up to there', async (t) => {
  const file = join(await throwAwayHome(t), 'run.ndjson');
  let lines = 0;
  const { troubles, situation } = record(file, {
    put(descriptor, text) {
      if (++lines > 5) throw new Error('ENOSPC: no space left on device, write');
      writeFileSync(descriptor, text);
    },
  });
  t.is(situation, 'Requesting');
  t.deepEqual(troubles, ['The recording ends here, all else goes on: ENOSPC: no space left on device, write.']);
  t.like(again(file), { verdict: 'cutOff', steps: 4, line: 5 });
});

test('a disk that is full from the first is told before anything begins, and no empty file is left', async (t) => {
  const home = await throwAwayHome(t);
  const put = (): never => {
    throw new Error('ENOSPC: no space left on device, write');
  };
  t.throws(() => record(join(home, 'run.ndjson'), { put }), {
    instanceOf: Complaint,
    message: /run\.ndjson cannot be written: ENOSPC/,
  });
  t.deepEqual(readdirSync(home), []);
});

test('without trouble there is no word of it', async (t) => {
  const file = join(await throwAwayHome(t), 'run.ndjson');
  t.deepEqual(record(file, {}).troubles, []);
  t.like(again(file), { verdict: 'equal', end: 'closed', steps: 22 });
  t.throws(() => record(file, {}), { instanceOf: Complaint });
});
