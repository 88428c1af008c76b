/** lp1 between two real processes on this machine's own multicast: the phrase's ways in, and what must never come out. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { lp1 } from '../../protocol/index.ts';
import { bitsOf, corrections, newPhrase, phraseFor } from '../phrases.ts';
import { throwAwayHome } from './home.ts';
import { freePort } from './loopback.ts';
import { homeWithRepository, lanpair, type Program } from './program.ts';

interface Two {
  readonly homes: { readonly alice: string; readonly bob: string };
  readonly port: number;
  readonly start: (name: 'alice' | 'bob', ...more: string[]) => Program;
  /** To be killed: what it covers is not counted, for it may die while it writes that down. */
  readonly startDoomed: (name: 'alice' | 'bob') => Program;
}

async function two(t: ExecutionContext): Promise<Two> {
  const port = await freePort();
  const homes = {
    alice: await homeWithRepository(await throwAwayHome(t)),
    bob: await homeWithRepository(await throwAwayHome(t)),
  };
  const how = (name: string): string =>
    `pair --json --iface lo --port ${port} --dir annex --phrase-fd 3 --host-name ${name}-host --user-name ${name}`;
  return {
    homes,
    port,
    start: (name, ...more) => lanpair(t, homes[name], how(name).split(' ').concat(more)),
    startDoomed: (name) => lanpair(t, homes[name], how(name).split(' '), { NODE_V8_COVERAGE: '' }),
  };
}

/** Both say that they are paired, and end well. Each stays some seconds for the other's sake; we know that it need not. */
async function bothPaired(t: ExecutionContext, ...programs: readonly Program[]): Promise<void> {
  await Promise.all(programs.map((program) => program.event('paired')));
  for (const { child } of programs) child.kill('SIGINT');
  const said = programs.map((program) => program.output() + program.errors()).join('');
  t.deepEqual(await Promise.all(programs.map(({ exit }) => exit)), [0, 0], said);
}

const read = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');
const authorized = (home: string): string => read(join(home, '.ssh', 'authorized_keys'));
const state = (home: string, ...parts: string[]): string => join(home, '.local', 'state', 'lanpair', ...parts);
const records = (home: string): string[] => (existsSync(state(home, 'peers')) ? readdirSync(state(home, 'peers')) : []);
const publicKey = (home: string): string => read(state(home, 'id_ed25519.pub')).split(' ').slice(0, 2).join(' ');

test.serial(
  'with a phrase from `lanpair phrase` two machines that start at once pair, and can take it back',
  async (t) => {
    const { homes, start } = await two(t);
    const made = lanpair(t, homes.alice, ['phrase']);
    t.is(await made.exit, 0);
    const phrase = made.output().trim();
    t.regex(phrase, /^[1-9][0-9]?(-[a-z]{3,8}){4}$/);
    const [alice, bob] = [start('alice'), start('bob')];
    alice.say(phrase);
    // As somebody types it who heard it: other signs, capitals, words cut to four letters.
    const [channel = '', ...words] = phrase.split('-');
    bob.say(`${channel} ${words.map((word) => word.slice(0, 4).toUpperCase()).join(', ')}!`);
    await bothPaired(t, alice, bob);
    for (const [program, name, other] of [
      [alice, 'alice', 'bob'],
      [bob, 'bob', 'alice'],
    ] as const) {
      t.like(await program.event('paired'), {
        peer: { userName: other, hostName: `${other}-host`, directory: '~/annex' },
      });
      const file = state(homes[name], 'peers', records(homes[name])[0] ?? '');
      const id = records(homes[name])[0]?.replace('.json', '') ?? '';
      t.true(authorized(homes[name]).endsWith(`shell ${id}" ${publicKey(homes[other])} lanpair:${id}\n`));
      t.is(statSync(file).mode & 0o777, 0o600);
      // The keys of the pair are in the record and nowhere else; the phrase is nowhere.
      const stored = JSON.parse(read(file)) as { body: Record<string, unknown> };
      const secrets = ['finMine', 'finTheirs', 'pair'].map((key) => String(stored.body[key]));
      const show = lanpair(t, homes[name], ['peers', 'show', `${other}-host`]);
      const list = lanpair(t, homes[name], ['peers', 'list', '--json']);
      t.deepEqual([await show.exit, await list.exit], [0, 0]);
      t.regex(show.output(), /conversation +lp1, paired/);
      t.regex(show.output(), /offered from here ~\/annex/);
      const said = program.output() + program.errors() + show.output() + list.output();
      for (const secret of secrets) {
        t.regex(secret, /^[0-9a-f]{64}$/);
        t.false(said.includes(secret));
      }
      // Two at a time: "host" is a word of the list as well, and hosts are called by it here.
      for (const [nth, word] of words.slice(1).entries())
        t.false((said + read(file)).includes(`${words[nth]}-${word}`), 'no phrase in events or records');
      // Once: taken back, the peer still to be told. Twice: not even that is left.
      t.is(await lanpair(t, homes[name], ['peers', 'forget', `${other}-host`]).exit, 0);
      t.is(authorized(homes[name]), '');
      t.is(records(homes[name]).length, 1);
      const owed = lanpair(t, homes[name], ['peers']);
      await owed.exit;
      t.regex(owed.output(), /forgotten/);
      t.is(await lanpair(t, homes[name], ['peers', 'forget', `${other}-host`]).exit, 0);
      t.deepEqual(records(homes[name]), []);
    }
  },
);

test.serial('a peer that was forgotten hears of it at the next contact, and takes its own half back', async (t) => {
  const { homes, start } = await two(t);
  const phrase = newPhrase();
  const first = [start('alice'), start('bob')];
  for (const program of first) program.say(phrase);
  await bothPaired(t, ...first);
  const keys = authorized(homes.alice);
  t.is(await lanpair(t, homes.alice, ['peers', 'forget', 'bob-host']).exit, 0);
  t.not(authorized(homes.bob), '');
  // What was taken back is no news at each start; what a crash had left is, when it goes.
  for (const left of ['', keys]) {
    writeFileSync(join(homes.alice, '.ssh', 'authorized_keys'), left);
    const alone = start('alice');
    await alone.event('unfinished');
    alone.child.kill('SIGINT');
    t.is(await alone.exit, 130);
    t.is(
      alone.events.some(({ event }) => event === 'revoked'),
      left !== '',
      alone.output(),
    );
    t.is(authorized(homes.alice), '');
  }
  const again = newPhrase();
  const second = [start('alice'), start('bob')];
  for (const program of second) program.say(again);
  await bothPaired(t, ...second);
  for (const home of Object.values(homes)) {
    t.is(authorized(home).split('\n').length, 2, 'one line');
    t.is(records(home).length, 1);
  }
});

/** As it is when the other's last word was never heard; `stored`: nor its word before that, so that its key was not installed. */
function halve(home: string, how: 'installed' | 'stored'): string {
  const [name = ''] = records(home);
  const file = state(home, 'peers', name);
  const text = read(file).replace(/"heard": ?"done"/, `"heard": "${how === 'stored' ? 'nothing' : 'ready'}"`);
  writeFileSync(file, text.replace(/"step": ?"installed"/, `"step": "${how}"`));
  if (how === 'stored') writeFileSync(join(home, '.ssh', 'authorized_keys'), '');
  return name.replace('.json', '');
}

test.serial(
  'who looks for somebody else in vain hears at the end what is half since earlier, and what to do',
  async (t) => {
    const { homes, port, start } = await two(t);
    const first = [start('alice'), start('bob')];
    const phrase = newPhrase();
    for (const program of first) program.say(phrase);
    await bothPaired(t, ...first);
    const id = halve(homes.alice, 'installed');
    const alone = start('alice', '--timeout', '2s');
    alone.say('12-ladder-acid-hope-rabbit');
    t.is(await alone.exit, 1, alone.output());
    t.like(await alone.event('half'), { peer: { hostName: 'bob-host' } });
    t.like(await alone.event('result'), { outcome: 'failed', record: null });
    const words = `pair --iface lo --port ${port} --dir annex --phrase-fd 3 --timeout 2s`.split(' ');
    const person = lanpair(t, homes.alice, words);
    person.say('12-ladder-acid-hope-rabbit');
    t.is(await person.exit, 1);
    t.is(person.output().match(/nobody/gi)?.length, 1, 'said once, with what to do');
    t.regex(person.output(), /Half paired with bob@bob-host:~\/annex: its key is installed here/);
    t.regex(
      person.output(),
      new RegExp(`Nobody with this phrase was found.*Next, for what is half: .*lanpair peers forget ${id}`, 's'),
    );
  },
);

test.serial(
  'who looks for somebody else in vain hears at the end what was half and became whole by the way; Ctrl-C takes that for enough',
  async (t) => {
    const { homes, port, start } = await two(t);
    const first = [start('alice'), start('bob')];
    const phrase = newPhrase();
    for (const program of first) program.say(phrase);
    await bothPaired(t, ...first);
    // Bob looks for somebody else, too.
    const bob = start('bob');
    bob.say('13-ladder-acid-hope-rabbit');
    for (const how of ['time', 'Ctrl-C', 'person'] as const) {
      const id = halve(homes.alice, 'stored');
      const words = `pair --iface lo --port ${port} --dir annex --phrase-fd 3 --timeout 4s`.split(' ');
      const alone = how === 'person' ? lanpair(t, homes.alice, words) : start('alice', '--timeout', '4s');
      alone.say('12-ladder-acid-hope-rabbit');
      if (how !== 'person') await alone.event('paired', ({ record }) => record === id);
      if (how === 'Ctrl-C') alone.child.kill('SIGINT');
      t.is(await alone.exit, how === 'Ctrl-C' ? 0 : 1, alone.output());
      t.true(authorized(homes.alice).includes(id));
      if (how === 'person') {
        t.regex(
          alone.output(),
          new RegExp(
            `Nobody with this phrase was found.*The pairing with bob@bob-host:~/annex, which was half, is whole on both sides\\. Next, .*lanpair peers show ${id}`,
            's',
          ),
        );
        t.regex(alone.output(), /of an earlier run; still looking/);
        t.notRegex(alone.output(), /what is half|staying a little/);
        continue;
      }
      t.true(alone.events.some(({ event, record }) => event === 'granted' && record === id));
      const is = how === 'time' ? { outcome: 'failed', record: null } : { outcome: 'paired', record: id };
      t.like(await alone.event('result'), is);
      t.false(alone.output().includes('staying a little'));
    }
    bob.child.kill('SIGINT');
    t.is(await bob.exit, 130);
  },
);

test.serial(
  'killed when a key was given, and started again with the phrase: both end by themselves, well',
  async (t) => {
    const { start, startDoomed } = await two(t);
    const [alice, bob] = [startDoomed('alice'), start('bob')];
    const phrase = newPhrase();
    for (const program of [alice, bob]) program.say(phrase);
    await alice.event('granted');
    alice.child.kill('SIGKILL');
    await alice.exit;
    const back = start('alice');
    back.say(phrase);
    for (const program of [back, bob]) {
      t.is(await program.exit, 0, program.output());
      t.like(await program.event('result'), { outcome: 'paired', exitCode: 0 });
    }
  },
);

test.serial('who comes back after a crash has what he came for, when his peer has no phrase any more', async (t) => {
  const { homes, start } = await two(t);
  const first = [start('alice'), start('bob')];
  const phrase = newPhrase();
  for (const program of first) program.say(phrase);
  await bothPaired(t, ...first);
  const id = halve(homes.alice, 'stored');
  // As one that is paired already: it answers for its record, and looks for nobody.
  const bob = start('bob');
  const back = start('alice', '--timeout', '3s');
  back.say(phrase);
  t.is(await back.exit, 0, back.output());
  t.true(back.events.some(({ event, record }) => event === 'paired' && record === id));
  t.like(await back.event('result'), { outcome: 'paired', exitCode: 0, record: id });
  t.regex(back.output(), /An earlier pairing became whole, and nobody else proved the phrase/);
  t.true(authorized(homes.alice).includes(id));
  bob.child.kill('SIGINT');
  await bob.exit;
});

test.serial('who ends the looking by Ctrl-C hears what is half still', async (t) => {
  const { homes, start } = await two(t);
  const first = [start('alice'), start('bob')];
  const phrase = newPhrase();
  for (const program of first) program.say(phrase);
  await bothPaired(t, ...first);
  const id = halve(homes.alice, 'installed');
  const alone = start('alice');
  alone.say('12-ladder-acid-hope-rabbit');
  await alone.event('seeking', ({ role }) => role === 'asking');
  alone.child.kill('SIGINT');
  t.is(await alone.exit, 130, alone.output());
  const half = await alone.event('half');
  t.like(half, { record: id, peer: { hostName: 'bob-host' } });
  t.regex(String(half['why']), /its key is installed here; it has not said that ours is installed there/);
  t.like(await alone.event('result'), { outcome: 'cancelled', record: null });
});

test.serial(
  'where nobody can choose among several machines they are told, nothing is left, and it is no half',
  async (t) => {
    const { homes, port, start } = await two(t);
    const carolHome = await homeWithRepository(await throwAwayHome(t));
    const how = `pair --json --iface lo --port ${port} --dir annex --phrase-fd 3 --host-name carol-host --user-name carol`;
    const all = [
      { home: homes.alice, program: start('alice') },
      { home: homes.bob, program: start('bob') },
      { home: carolHome, program: lanpair(t, carolHome, how.split(' ')) },
    ];
    for (const { program } of all) program.say('12-ladder-acid-hope-rabbit');
    // Whoever sees two first calls it off, perhaps before the others do.
    const first = await Promise.any(all.map((one) => one.program.event('choose').then(() => one)));
    const { program: ended, home } = first;
    t.is(await ended.exit, 1, ended.output());
    t.like(await ended.event('result'), { outcome: 'failed', exitCode: 1, record: null });
    t.regex(String((await ended.event('result'))['detail']), /only a person can choose/);
    t.true(
      ended.events.some(({ event }) => event === 'settled'),
      'it heard that they heard',
    );
    t.deepEqual([authorized(home), records(home)], ['', []]);
  },
);

test.serial('a wrong phrase pairs nobody, says so, and leaves nothing', async (t) => {
  const { homes, start } = await two(t);
  const [alice, bob] = [start('alice', '--timeout', '4s'), start('bob', '--timeout', '4s')];
  alice.say('12-ladder-acid-hope-rabbit');
  bob.say('12-ladder-acid-hope-range');
  t.deepEqual(await Promise.all([alice.exit, bob.exit]), [1, 1]);
  const refused = [...alice.events, ...bob.events].filter(({ event }) => event === 'refused');
  t.true(refused.some((told) => JSON.stringify(told).includes('"tag"')));
  // Lines are told of the 1st, 10th, 100th; the result counts them all.
  for (const program of [alice, bob]) {
    const counts = (await program.event('result'))['refused'] as { readonly [rule: string]: number };
    const tags = program.events.filter((told) => told.event === 'refused' && JSON.stringify(told).includes('"tag"'));
    t.true((counts['tag'] ?? 0) >= tags.length);
  }
  t.regex(alice.output(), /Is the other machine on this network/);
  for (const home of Object.values(homes)) t.deepEqual([authorized(home), records(home)], ['', []]);
});

test.serial('another channel is another room: counted, not disturbed', async (t) => {
  const { start } = await two(t);
  const [alice, bob] = [start('alice', '--timeout', '4s'), start('bob', '--timeout', '4s')];
  alice.say('12-ladder-acid-hope-rabbit');
  bob.say('13-ladder-acid-hope-rabbit');
  t.deepEqual(await Promise.all([alice.exit, bob.exit]), [1, 1]);
  t.like(await alice.event('others'), { count: 1 });
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test.serial(`${signal} while looking ends at once and leaves nothing`, async (t) => {
    const { homes, start } = await two(t);
    const alice = start('alice');
    alice.say('12-ladder-acid-hope-rabbit');
    await alice.event('seeking', ({ role }) => role === 'asking');
    alice.child.kill(signal);
    t.is(await alice.exit, 130, alice.errors());
    t.like(await alice.event('result'), { outcome: 'cancelled', exitCode: 130 });
    t.deepEqual([authorized(homes.alice), records(homes.alice)], ['', []]);
  });
}

test.serial('SIGINT after the phrase was proven tells the other machine, and neither keeps anything', async (t) => {
  const { homes, start } = await two(t);
  const [alice, bob] = [start('alice'), start('bob')];
  const phrase = newPhrase();
  alice.say(phrase);
  bob.say(phrase);
  await Promise.all([alice.event('proven'), bob.event('proven')]);
  // Within the second in which others may prove the phrase, too.
  alice.child.kill('SIGINT');
  t.is(await alice.exit, 130, alice.output());
  t.is(await bob.exit, 1, bob.output());
  t.like(await bob.event('result'), { outcome: 'cancelled', detail: 'the other side cancelled' });
  for (const home of Object.values(homes)) t.deepEqual([authorized(home), records(home)], ['', []]);
});

test.serial('weak and mistyped phrases are refused with what to do; a flag takes them', async (t) => {
  const { homes, start } = await two(t);
  const refusedBy = async (text: string, rule: string, next: RegExp): Promise<void> => {
    const program = start('alice');
    program.say(text);
    t.is(await program.exit, 64, program.output());
    t.like(await program.event('phraseRefused'), { rule });
    t.regex(program.output(), next);
    t.true(text === '' || !program.output().includes(text));
  };
  await refusedBy('purple hovercraft', 'phrase-weak', /--weak-phrase/);
  await refusedBy('hovercraft', 'phrase-too-weak', /lanpair phrase/);
  await refusedBy('12-ladder-acid-hope-rabbbit', 'phrase-slip', /--as-typed/);
  await refusedBy('', 'phrase-short', /lanpair phrase/);
  const annex = lanpair(t, homes.alice, [
    'pair',
    '--protocol',
    'annex',
    '--iface',
    'lo',
    '--dir',
    'annex',
    '--phrase-fd',
    '3',
  ]);
  annex.say('12-ladder-acid-hope-rabbit');
  t.is(await annex.exit, 64);
  t.regex(annex.output(), /one that lanpair made for its own conversation/);

  const [alice, bob] = [start('alice', '--weak-phrase'), start('bob', '--weak-phrase')];
  for (const program of [alice, bob]) program.say('purple hovercraft');
  await bothPaired(t, alice, bob);
});

test.serial('phrases are weighed as they are used: spelling adds nothing, the channel adds nothing', (t) => {
  for (let i = 0; i < 50; i++) t.is(bitsOf('lp1', newPhrase()), 44);
  t.is(bitsOf('lp1', '12-ladder-acid-hope-rabbit'), 44);
  t.is(bitsOf('lp1', '12-hope-hope-hope-hope'), 14);
  t.is(bitsOf('lp1', 'My HOVERCRAFT, is full'), bitsOf('lp1', 'my-hovercraft-is-full'));
  t.is(bitsOf('lp1', 'ladd acid hope'), bitsOf('lp1', 'ladder acid hope'));
  t.true(bitsOf('lp1', 'ladder ladd ladder ladd') < 21, 'a word and its short form are one word');
  t.deepEqual(phraseFor('lp1', 'ladder', ['weak']), { text: 'ladder', bits: 11, accepted: ['weak'] });
  t.true(corrections('12-ladder-acid-hope-rabbbit').includes('rabbit'));
  t.deepEqual(corrections('12-ladder-acid-hope-rabbit'), []);
  t.true(lp1.isGeneratedShape(newPhrase()));
});
