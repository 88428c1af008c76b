/** lanpair opens no TCP port, so there is nothing on it that a stranger could hold open (row D22). */
import { spawn } from 'node:child_process';
import test, { type ExecutionContext } from 'ava';
import { newPhrase } from '../phrases.ts';
import { throwAwayHome } from './home.ts';
import { freePort } from './loopback.ts';
import { homeWithRepository, lanpair } from './program.ts';
import { hasProc, listensOn } from './tcp.ts';

const onLinux = hasProc ? test.serial : test.serial.skip;

/** Another program's port, seen with the same eyes: the look can find one. */
async function listenerIsSeen(t: ExecutionContext): Promise<void> {
  const program = `require('node:net').createServer().listen(0, '127.0.0.1', function () { console.log(this.address().port); })`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => child.kill());
  const port = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.stdout.once('data', (text: Buffer) => resolve(Number(text.toString())));
  });
  t.deepEqual(listensOn(child.pid ?? 0), [port]);
}

onLinux('a machine that is pairing listens on no TCP port; a program that does is seen', async (t) => {
  await listenerIsSeen(t);
  const home = await homeWithRepository(await throwAwayHome(t));
  const where = ['--iface', 'lo', '--port', String(await freePort())];
  for (const protocol of ['lp1', 'annex']) {
    const phrase = protocol === 'lp1' ? newPhrase() : 'seven words that nobody else would say here';
    const program = lanpair(
      t,
      home,
      `pair --json --dir annex --phrase-fd 3 --protocol ${protocol}`.split(' ').concat(where),
    );
    program.say(phrase);
    await program.event('seeking');
    t.deepEqual(listensOn(program.child.pid ?? 0), [], protocol);
    program.child.kill('SIGINT');
    await program.exit;
  }
});
