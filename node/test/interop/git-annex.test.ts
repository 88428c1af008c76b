/** Real git-annex assistants on a LAN of their own. */
import test, { type ExecutionContext } from 'ava';
import { type Assistant, startAssistant } from './assistant.ts';
import { type Lab, openLab } from './lab.ts';
import { skipReason } from './needs.ts';
import { until } from './until.ts';

interface World {
  readonly lab: Lab;
  readonly asker: Assistant;
  readonly answerer: Assistant;
}

const directory = 'Bücher';
const phrase = 'Übern Öresund, 7 ΟΔΥΣΣΕΥΣ';

const reason = skipReason();
const story = (title: string, tell: (t: ExecutionContext) => Promise<void>): void =>
  reason === null ? test.serial(title, tell) : test.serial.skip(`${title} (skipped: ${reason})`, tell);

let world: World;

if (reason === null) {
  test.before('two git-annexes start, and are deaf for a minute', async (t) => {
    t.timeout(150_000);
    world = await openWorld();
  });
  test.after.always(() => world?.lab.close());
}

story('the lab is sound: two real git-annexes pair in it', async (t) => {
  const { asker, answerer } = world;
  await asker.ask(phrase);
  await answerer.respond(phrase, `${asker.user}@`);
  await until(
    'both git-annexes to pair',
    30,
    async () => (await asker.remotes()).length + (await answerer.remotes()).length === 2,
  );
  t.is(asker.authorizedKeys().length, 1);
  t.is(answerer.authorizedKeys().length, 1);
});

async function openWorld(): Promise<World> {
  const lab = await openLab(process.cwd());
  const [one, two] = await Promise.all([
    lab.host({ hostName: 'asker', address: '10.86.0.3', users: ['jörg'] }),
    lab.host({ hostName: 'answerer', address: '10.86.0.4', users: ['bob'] }),
  ]);
  const [asker, answerer] = await Promise.all([
    startAssistant(one, 'jörg', directory),
    startAssistant(two, 'bob', 'annex'),
  ]);
  await Promise.all([asker.listening(), answerer.listening()]);
  return { lab, asker, answerer };
}
