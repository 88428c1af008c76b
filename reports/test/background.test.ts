import test from 'ava';
import { Background } from '../viewer/work/background.ts';
import type { Progress, Task } from '../viewer/work/task.ts';
import { staff } from './staff.ts';

const task: Task = { does: 'guess', recording: [], protocol: 'annex', typed: [] };

const progress = (events: number): { readonly progress: Progress } => ({ progress: { events, atUs: 0 } });
const stillOpen = (answer: Promise<unknown>): Promise<unknown> => Promise.race([answer, Promise.resolve('open')]);

test('what was called off tells no more, though who does it has not been dismissed yet', async (t) => {
  const { hired, hire } = staff();
  const seen: number[] = [];
  const { answer, cancel } = new Background(hire).ask(task, ({ events }) => void seen.push(events));
  hired[0]?.tell(progress(1));
  cancel();
  hired[0]?.tell(progress(2));
  t.deepEqual(seen, [1]);
  await hired[0]?.dismissed;
  t.is(await stillOpen(answer), 'open');
});

test('an answer to what was called off is nobody’s, and the next task has the same hand', async (t) => {
  const { hired, hire } = staff();
  const background = new Background(hire);
  const first = background.ask(task);
  const second = background.ask(task);
  first.cancel();
  hired[0]?.tell({ answer: null });
  t.is(hired[0]?.tasks.length, 2);
  hired[0]?.tell({ answer: null });
  t.is(await second.answer, null);
  t.is(await stillOpen(first.answer), 'open');
  t.is(hired.length, 1);
});

test('what waits behind a task that was called off is done by somebody else', async (t) => {
  const { hired, hire } = staff();
  const background = new Background(hire);
  const first = background.ask(task);
  const second = background.ask(task);
  first.cancel();
  await hired[0]?.dismissed;
  t.is(hired[0]?.tasks.length, 1);
  t.is(hired[1]?.tasks.length, 1);
  hired[1]?.tell({ answer: null });
  t.is(await second.answer, null);
});

test('what could not be begun is begun anew, and an error is told', async (t) => {
  const { hired, hire } = staff();
  const { answer } = new Background(hire).ask(task);
  hired[0]?.fail();
  t.is(hired[1]?.tasks.length, 1);
  hired[1]?.tell({ threw: 'no memory' });
  await t.throwsAsync(answer, { message: 'no memory' });
});
