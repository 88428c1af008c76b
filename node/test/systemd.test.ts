/** The unit that `lanpair serve --systemd` prints: systemd reads it as it is meant, and what it starts serves. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { systemdAdvice, systemdUnit } from '../systemd.ts';
import { throwAwayHome } from './home.ts';
import { freePort } from './loopback.ts';
import { lanpair } from './program.ts';

test('the systemd unit has absolute paths, and what systemd would read in them is escaped', (t) => {
  const unit = systemdUnit(['--iface', 'a "b" %h $x'], '/odd "place"/%h/lanpair');
  t.regex(unit, /^ExecStart=\/\S+ \/\S+cli\.js serve --iface "a \\"b\\" %%h \$\$x"$/m);
  t.regex(unit, /^Environment="XDG_STATE_HOME=\/odd \\"place\\"\/%%h"$/m);
  t.regex(unit, /^WantedBy=default\.target$/m);
});

const noSystemd =
  spawnSync('systemd-analyze', ['--version']).status === 0 ? null : 'needs systemd-analyze (Debian package systemd)';
(noSystemd === null ? test : test.skip)(
  `systemd reads the unit as we mean it, and finds nothing to complain of${noSystemd === null ? '' : ` (${noSystemd})`}`,
  async (t) => {
    const home = await throwAwayHome(t);
    const verify = async (unit: string): Promise<{ readonly code: number | null; readonly said: string }> => {
      const file = join(home, 'lanpair.service');
      await writeFile(file, unit);
      const env = { PATH: process.env['PATH'], HOME: home, XDG_RUNTIME_DIR: home };
      const { status, stdout, stderr } = spawnSync('systemd-analyze', ['--user', 'verify', file], {
        env,
        encoding: 'utf8',
      });
      return { code: status, said: stdout + stderr };
    };
    const unit = systemdUnit([], null);
    for (const good of [unit, systemdUnit(['--iface', 'a "b" %h $x \\'], '/odd "place" \\%h$x/lanpair')])
      t.deepEqual(await verify(good), { code: 0, said: '' });
    // It does look: at keys, and at the program.
    t.regex((await verify(unit.replace('RestartSec', 'RestartSex'))).said, /RestartSex/);
    t.not((await verify(unit.replace('ExecStart=/', 'ExecStart=/nowhere/'))).code, 0);
  },
);

test('what the unit starts serves, with the records of whoever printed it', async (t) => {
  const home = await throwAwayHome(t);
  const odd = join(home, 'odd');
  const where = ['--iface', 'lo'];
  const printed = lanpair(t, home, ['serve', '--systemd', ...where], { XDG_STATE_HOME: odd });
  t.is(await printed.exit, 0);
  const line = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(printed.output())?.[1] ?? '';
  // A port of this test's own stands behind; else exactly what systemd would start, in the little that it gives a program.
  const child = spawn('sh', ['-c', `exec env ${line('Environment')} ${line('ExecStart')} --port ${await freePort()}`], {
    env: { HOME: home, PATH: process.env['PATH'], NODE_V8_COVERAGE: process.env['NODE_V8_COVERAGE'] },
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  t.teardown(() => child.kill('SIGKILL'));
  let said = '';
  await new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text: Buffer) => {
        said += text.toString();
        resolve();
      });
  });
  t.is(said, 'answering paired machines on lo\n');
  t.true(existsSync(join(odd, 'lanpair', 'door')));
  t.false(existsSync(join(home, '.local')));
  // As systemd ends it.
  child.kill('SIGTERM');
  t.is(await ended, 0);
});

test('where it belongs is said as long as it is not there, with the options that were given', async (t) => {
  t.regex(
    systemdAdvice(['--iface', "it's"], true),
    /^Next: mkdir -p (\S+)\n +lanpair serve --systemd --iface 'it'\\''s' > \1\/lanpair\.service\n +systemctl --user daemon-reload && /,
  );
  t.regex(systemdAdvice([], false), /^Next: systemctl --user daemon-reload && systemctl --user enable --now lanpair\n/);
  const recorded = lanpair(t, await throwAwayHome(t), ['serve', '--systemd', '--record', 'file']);
  t.is(await recorded.exit, 64);
  t.regex(recorded.errors(), /--record is of one run.*\nNext: /);
  t.is(recorded.output(), '');
});
