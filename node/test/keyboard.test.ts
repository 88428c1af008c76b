/** The person at a terminal: every way to answer, and to leave, whatever is being asked. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import type { Command } from '../../protocol/contract.ts';
import { Complaint } from '../complaint.ts';
import { identityOf, plainHostName } from '../identity.ts';
import { type Keyboard, makeKeyboard } from '../keyboard.ts';
import { peerOf } from '../option-values.ts';
import { makeScreen } from '../screen.ts';
import { throwAwayHome } from './home.ts';
import { until } from './interop/until.ts';
import { freePort } from './loopback.ts';
import { cli, homeWithRepository, lanpair } from './program.ts';
import { hasTerminal, keys, lanpairAtTerminal, type Terminal } from './terminal.ts';

const atTerminal = hasTerminal ? test.serial : test.serial.skip;

interface Room {
  readonly home: (name: string) => Promise<string>;
  readonly how: (name: string) => string;
  /** Somebody at a terminal, asked for the phrase. */
  readonly sit: (name: string, more?: string) => Promise<Terminal>;
}

async function room(t: ExecutionContext): Promise<Room> {
  const port = await freePort();
  const homes = new Map<string, string>();
  const home = async (name: string): Promise<string> => {
    const known = homes.get(name) ?? (await homeWithRepository(await throwAwayHome(t)));
    homes.set(name, known);
    return known;
  };
  const how = (name: string): string =>
    `pair --iface lo --port ${port} --dir annex --host-name ${name}-host --user-name ${name}`;
  return {
    home,
    how,
    sit: async (name, more = '') => {
      const terminal = lanpairAtTerminal(t, await home(name), `${how(name)} ${more}`);
      await terminal.until(/phrase: /);
      return terminal;
    },
  };
}

const records = (home: string): string[] => {
  const peers = join(home, '.local', 'state', 'lanpair', 'peers');
  return existsSync(peers) ? readdirSync(peers) : [];
};

atTerminal('a long wait says at the bottom what was heard: another channel, then another phrase', async (t) => {
  const { home, how, sit } = await room(t);
  const alice = await sit('alice');
  alice.type(`7-ladder-acid-hope-rabbit${keys.enter}`);
  await alice.until(/waiting for the other machine \(Enter: ask again, Ctrl-C: end\)/);
  const other = async (name: string, phrase: string): Promise<void> => {
    const program = lanpair(t, await home(name), [...how(name).split(' '), '--json', '--phrase-fd', '3']);
    program.say(phrase);
    await program.event('seeking', ({ role }) => role === 'asking');
  };
  await other('bob', '8-ladder-acid-hope-rabbit');
  await alice.until(/1 device is on another channel \(Enter/);
  await other('carol', '7-ladder-acid-hope-absent');
  await alice.until(/127\.0\.0\.1 has another phrase \(Enter/);
  alice.type(keys.interrupt);
  t.is(await alice.exit, 130);
});

atTerminal('Enter makes a phrase and shows it; what was mistyped is asked again; that phrase pairs', async (t) => {
  const { home, how, sit } = await room(t);
  const alice = await sit('alice');
  // Nearly right first: it asks back, and names the word that was meant.
  alice.type(`7 ladder acid hope rabbbit${keys.enter}`);
  await alice.until(/word 4 is not on the list[\s\S]*meant perhaps: .*rabbit[\s\S]*Type it again/);
  alice.type(`short${keys.enter}`);
  await alice.until(/it needs 6 letters[\s\S]*Enter for a new one\):[\s\S]*phrase: /);
  alice.type(keys.enter);
  const [, phrase = ''] = await alice.until(/ {2}(\d+-[a-z]+-[a-z]+-[a-z]+-[a-z]+) {7}say it to the other person/);
  await alice.until(/Enter: ask again/);
  alice.type(keys.enter);
  const bob = lanpair(t, await home('bob'), `${how('bob')} --json --phrase-fd 3`.split(' '));
  bob.say(phrase);
  await Promise.all([bob.event('paired'), alice.until(/Paired with bob@bob-host/)]);
  t.notRegex(alice.shown(), /\n +at /);
  // At once, not after the time for which one of them stays; and nobody is waited for any more.
  await alice.until(/Undo with: lanpair peers forget [a-z0-9]{16}/);
  t.notRegex(alice.shown().split('Paired with')[1] ?? '', /waiting for the other machine/);
  // Either of the two may be the one that stays; to go is not to take back.
  alice.type(keys.interrupt);
  bob.child.kill('SIGINT');
  t.deepEqual([await alice.exit, await bob.exit], [0, 0], alice.shown() + bob.output());
  t.is(records(await home('alice')).length, 1);
});

for (const [key, typed] of [
  ['Ctrl-C', keys.interrupt],
  ['Ctrl-D', keys.end],
] as const) {
  atTerminal(`${key} at a question ends it, and nothing is left`, async (t) => {
    const { home, sit } = await room(t);
    const alice = await sit('alice');
    alice.type(typed);
    await alice.until(/Cancelled\. Nothing is left behind\./);
    t.is(await alice.exit, 130);
    t.deepEqual(records(await home('alice')), []);
  });
}

atTerminal(
  'Ctrl-C while it waits ends it; what was accepted of one weak phrase is asked again of the next',
  async (t) => {
    const { sit } = await room(t);
    const alice = await sit('alice');
    alice.type(`purple hovercraft${keys.enter}`);
    await alice.until(/Another phrase, or Enter to take this one all the same: /);
    alice.type(`12 ladder acid hope rabbbit${keys.enter}`);
    await alice.until(/Enter if it is right as it is: /);
    alice.type(keys.enter);
    await alice.until(/waiting for the other machine/);
    alice.type(keys.interrupt);
    await alice.until(/Cancelled\. Nothing is left behind\./);
    t.is(await alice.exit, 130);
    const bob = await sit('bob');
    bob.type(`purple hovercraft${keys.enter}`);
    await bob.until(/Another phrase, or Enter/);
    bob.type(`green hovercraft${keys.enter}`);
    await bob.until(/Another phrase, or Enter/);
    bob.type(keys.enter);
    await bob.until(/looking on lo/);
    bob.type(keys.interrupt);
    t.is(await bob.exit, 130);
  },
);

atTerminal('a window that is closed ends it as Ctrl-C does', async (t) => {
  const { home, sit } = await room(t);
  const alice = await sit('alice', '--record run.ndjson');
  alice.type(`73-ladder-acid-hope-rabbit${keys.enter}`);
  await alice.until(/waiting for the other machine/);
  const recording = join(await home('alice'), 'run.ndjson');
  t.false(readFileSync(recording, 'utf8').includes('"cancel"'));
  alice.hangUp();
  await until('the pairing to be called off', 20, () => readFileSync(recording, 'utf8').includes('"cancel"'));
});

atTerminal('what is told goes into a pipe, what is asked to the terminal; the phrase is in neither', async (t) => {
  const { home, sit } = await room(t);
  for (const more of ['--json > told', '> told']) {
    const alice = await sit('alice', more);
    alice.type(keys.enter);
    const [, phrase = ''] = await alice.until(/ {2}(\d+(?:-[a-z]+){4}) {7}say it/);
    const file = join(await home('alice'), 'told');
    for (let looks = 0; looks < 600 && !/asking|looking/.test(readFileSync(file, 'utf8')); looks++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    alice.type(keys.interrupt);
    t.is(await alice.exit, 130);
    const told = readFileSync(file, 'utf8');
    t.regex(
      told,
      more === '> told' ? /looking on lo\n.*Nothing is left/s : /"role":"asking"[\s\S]*"outcome":"cancelled"/,
    );
    t.false(told.includes(phrase));
    t.notRegex(alice.shown(), /seeking|looking on/);
  }
});

atTerminal(
  'who has a terminal is asked there, wherever the phrase came from: which machine, and for another phrase',
  async (t) => {
    const { home, how } = await room(t);
    const people = await Promise.all(
      (['alice', 'bob', 'carol'] as const).map(async (name) => {
        await writeFile(join(await home(name), 'phrase'), name === 'carol' ? 'short\n' : '7-ladder-acid-hope-rabbit\n');
        const told = name === 'bob' ? ' --json > told' : '';
        return lanpairAtTerminal(t, await home(name), `${how(name)} --phrase-fd 3 3< phrase${told}`);
      }),
    );
    const [alice, bob, carol] = people;
    if (alice === undefined || bob === undefined || carol === undefined) return t.fail();
    await carol.until(/it needs 6 letters[\s\S]*phrase: /);
    carol.type(`7 ladder acid hope rabbit${keys.enter}`);
    const choice = async (person: Terminal, wanted: string): Promise<void> => {
      const list = await person.until(/2 machines know the phrase[\s\S]*Number \(Ctrl-C: none of them\): /);
      const [, number = ''] = new RegExp(`(\\d) {2}${wanted}@`).exec(list[0]) ?? [];
      person.type(`${number}${keys.enter}`);
    };
    await Promise.all([choice(alice, 'bob'), choice(bob, 'alice')]);
    await alice.until(/Paired with bob@/);
    const told = join(await home('bob'), 'told');
    await until('bob to be paired', 20, () => readFileSync(told, 'utf8').includes('"event":"paired"'));
    for (const person of people) person.type(keys.interrupt);
    t.deepEqual([await alice.exit, await bob.exit], [0, 0], alice.shown() + bob.shown());
  },
);

atTerminal('a phrase that is read from the terminal itself leaves none to ask at', async (t) => {
  const { home, how } = await room(t);
  const alice = lanpairAtTerminal(t, await home('alice'), `${how('alice')} --phrase-fd 0`);
  alice.type(`short${keys.enter}`);
  t.is(await alice.exit, 64, alice.shown());
});

interface Seat {
  readonly keyboard: Keyboard;
  readonly type: (typed: string) => void;
  readonly shown: () => string;
  /** What it told the core, and what it said to the person. */
  readonly commands: Command[];
  readonly said: string[];
  readonly gaveUp: [string, number][];
  readonly calledOff: string[];
}

/** A keyboard without a program around it. `refuses`: what the core says of each phrase, one after the other. */
function seat(isTerminal: boolean, refuses: readonly (string | null)[] = []): Seat {
  let shown = '';
  const out = Object.assign(new PassThrough(), { isTTY: true });
  out.on('data', (chunk: Buffer) => {
    shown += chunk.toString();
  });
  const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined });
  const [commands, said, gaveUp, calledOff]: [Command[], string[], [string, number][], string[]] = [[], [], [], []];
  const verdicts = [...refuses];
  const keyboard = makeKeyboard({
    protocol: 'lp1',
    typing: isTerminal ? (input as never) : null,
    phraseDescriptor: undefined,
    accepted: [],
    narrator: { notice: () => undefined, say: (text) => said.push(text), result: () => undefined },
    screen: makeScreen(out as never, { NO_COLOR: '1' }),
    isWaitingShown: true,
    awaited: () => 'waiting for the other machine',
    startedMs: performance.now(),
    command: (command) => {
      commands.push(command);
      const rule = command.name === 'phrase' ? verdicts.shift() : null;
      if (typeof rule === 'string') keyboard.refused(rule);
    },
    interrupt: () => said.push('interrupted'),
    callOff: (detail) => calledOff.push(detail),
    giveUp: (detail, code) => gaveUp.push([detail, code]),
  });
  return { keyboard, type: (typed) => void input.push(typed), shown: () => shown, commands, said, gaveUp, calledOff };
}

/** What was typed has been read. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('several know the phrase: a number chooses, anything else is asked again, Ctrl-C is none of them', async (t) => {
  const { keyboard, type, shown, commands, said } = seat(true);
  keyboard.choose(['first', 'second']);
  for (const typed of ['7', 'x', '0', '']) {
    type(`${typed}${keys.enter}`);
    await turn();
  }
  t.deepEqual(commands, []);
  t.true((shown().match(/Number \(Ctrl-C: none of them\): /g)?.length ?? 0) >= 5);
  type(`2${keys.enter}`);
  await turn();
  t.deepEqual(commands, [{ name: 'choose', candidate: 'second' }]);
  keyboard.choose(['third']);
  type(keys.interrupt);
  await turn();
  t.deepEqual(said, ['interrupted']);
  keyboard.close();
  const nowhere = seat(false);
  nowhere.keyboard.choose(['first', 'second']);
  t.regex(nowhere.calledOff[0] ?? '', /only a person can choose\. Next: run it on a terminal/);
});

test('while it waits Enter asks again and g grants a guess; no other key does anything', async (t) => {
  const { keyboard, type, commands, said } = seat(true, ['phrase-short', 'phrase-weak', null]);
  keyboard.askPhrase();
  for (const typed of ['x', 'purple', '']) {
    type(`${typed}${keys.enter}`);
    await turn();
  }
  const phrases = commands.flatMap((command) => (command.name === 'phrase' ? [command.phrase] : []));
  t.deepEqual(
    phrases.map(({ text, accepted }) => [text, accepted]),
    [
      ['x', []],
      ['purple', []],
      ['purple', ['weak']],
    ],
  );
  keyboard.mayGrant();
  t.regex(said[0] ?? '', /press g to let it try once/);
  type(`q${keys.enter}g\u001b[A`);
  await turn();
  t.deepEqual(commands.slice(3), [{ name: 'nudge' }, { name: 'grant' }]);
  type(keys.interrupt);
  await turn();
  t.is(said[1], 'interrupted');
  keyboard.close();
  const nowhere = seat(false);
  nowhere.keyboard.mayGrant();
  t.regex(nowhere.said[0] ?? '', /end this and take a longer phrase/);
});

test.serial('no phrase where one was to be read, or none that is text, is said', async (t) => {
  const home = await homeWithRepository(await throwAwayHome(t));
  const given = async (bytes: Buffer): Promise<string> => {
    const program = lanpair(t, home, ['pair', '--iface', 'lo', '--dir', 'annex', '--phrase-fd', '3']);
    const pipe = program.child.stdio[3];
    if (pipe !== null && pipe !== undefined && 'end' in pipe) pipe.end(bytes);
    t.is(await program.exit, 64, program.output());
    return program.output();
  };
  t.regex(await given(Buffer.alloc(0)), /No phrase came from file descriptor 3[\s\S]*Next: run it at a terminal/);
  t.regex(await given(Buffer.from([0x6f, 0x74, 0xff, 0x0a])), /not written in UTF-8[\s\S]*Next: /);
});

test.serial('nobody reads what it says: the pairing is taken back, and there is no stack trace', async (t) => {
  const { home, how } = await room(t);
  const child = spawn(process.execPath, [cli, ...how('alice').split(' '), '--json'], {
    cwd: await home('alice'),
    env: { PATH: process.env['PATH'], HOME: await home('alice') },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  child.stdout.destroy();
  child.stdin.end('12-ladder-acid-hope-rabbit\n');
  const code = await new Promise((resolve) => child.once('close', resolve));
  t.deepEqual([code, errors], [130, '']);
});

test.serial('a damaged record is listed as that, and to forget it says which line and file are meant', async (t) => {
  const home = await homeWithRepository(await throwAwayHome(t));
  const id = 'abcdefghijklmnop';
  t.is(await lanpair(t, home, ['peers', 'forget', 'nobody']).exit, 66);
  const peers = join(home, '.local', 'state', 'lanpair', 'peers');
  await mkdir(peers, { recursive: true });
  await writeFile(
    join(peers, `${id}.json`),
    JSON.stringify({ lanpair: 'peer', version: 1, id, protocol: 'lp1', body: {} }),
  );
  const list = lanpair(t, home, ['peers']);
  t.is(await list.exit, 0);
  t.regex(list.output(), /\(damaged, abcdefghijklmnop\)/);
  const forget = lanpair(t, home, ['peers', 'forget', id]);
  t.is(await forget.exit, 65);
  t.regex(
    forget.errors(),
    /is damaged[\s\S]*Next: delete the line that ends with lanpair:abcdefghijklmnop .*peers\/abcdefghijklmnop\.json/,
  );
});

test('names of machines become names of hosts; host keys that are none are left out', async (t) => {
  t.is(plainHostName('my_laptop'), 'mylaptop');
  t.is(plainHostName('-Zoë´s.Mac_Book.local-'), 'Zos.MacBook.local');
  t.is(plainHostName('darkstar'), 'darkstar');
  t.is(plainHostName('___'), '');
  const home = await homeWithRepository(await throwAwayHome(t));
  const key = (type: string, letter: string): string => `${type} ${letter}`;
  const ed = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDO4xHUaWPl41BPfJ23CFicChpWc81nl1FD1rLqc/4bm';
  await writeFile(join(home, 'ssh_host_rsa_key.pub'), key('ssh-rsa', 'nonsense'));
  await writeFile(join(home, 'ssh_host_zed_key.pub'), `${ed} root@host\n`);
  await writeFile(join(home, 'ssh_host_ed25519_key'), 'private');
  const whose = { home, environment: { USER: 'ann' }, directory: home, sshKey: ed };
  t.deepEqual((await identityOf({ ...whose, hostKeyDirectory: home })).hostKeys, [ed]);
  t.deepEqual((await identityOf({ ...whose, hostKeyDirectory: join(home, 'none') })).hostKeys, []);
  t.deepEqual((await identityOf({ ...whose, hostKeyDirectory: null })).hostKeys, []);
  t.throws(() => peerOf('fe80::1', 5), { instanceOf: Complaint, message: /of one link/ });
  // Not every address that begins with these letters is one.
  t.deepEqual(peerOf('fe8::1', 5), { address: 'fe8::1', port: 5 });
});
