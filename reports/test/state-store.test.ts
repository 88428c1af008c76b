import test, { type ExecutionContext } from 'ava';
import { noEdits } from '../viewer/history/edits.ts';
import type { Order } from '../viewer/history/play.ts';
import { Background } from '../viewer/work/background.ts';
import { StateStore } from '../viewer/work/state-store.ts';
import type { Task } from '../viewer/work/task.ts';
import { type Hand, staff } from './staff.ts';

const order: Order = { name: 'x/y', protocol: 'lp1', seed: 1, suite: null, edits: noEdits, eventsMax: 1 };

interface Counter {
  readonly hand: () => Hand;
  readonly background: Background;
  readonly store: StateStore;
}

function counter(): Counter {
  const { hired, hire } = staff();
  const background = new Background(hire);
  return {
    hand: () => hired[0] as Hand,
    background,
    store: new StateStore({ order }, 'title: x', background),
  };
}

function asked({ tasks }: Hand): readonly (readonly number[] | string)[] {
  return tasks.map((task) => (task.does === 'states' ? task.of : task.does));
}

/** What is told of a wish, in order. */
function listener(): { readonly told: (string | null)[]; readonly onBrought: (error: Error | null) => void } {
  const told: (string | null)[] = [];
  return { told, onBrought: (error) => void told.push(error?.message ?? null) };
}

const turn = (): Promise<void> => new Promise((then) => setImmediate(then));

async function answer(t: ExecutionContext, hand: Hand, ...moments: readonly number[]): Promise<void> {
  hand.tell({ answer: new Map(moments.map((moment) => [moment, { situation: `after ${moment}`, secrets: [] }])) });
  await turn();
  t.pass();
}

test('who walks fast is brought the first state and the last, and what he passed by stands in the way of nothing', async (t) => {
  const { hand, background, store } = counter();
  const [first, passed, last] = [listener(), listener(), listener()];
  store.bring([1], [], first.onBrought);
  store.bring([2], [], passed.onBrought);
  store.bring([3], [], last.onBrought);
  const next: Task = { does: 'guess', recording: [], protocol: 'annex', typed: [] };
  background.ask(next);
  t.deepEqual(asked(hand()), [[1]]);
  await answer(t, hand(), 1);
  t.deepEqual(asked(hand()), [[1], 'guess']);
  hand().tell({ answer: null });
  await answer(t, hand(), 3);
  t.deepEqual(asked(hand()), [[1], 'guess', [3]]);
  t.deepEqual([first.told, passed.told, last.told], [[null], [], [null]]);
  t.deepEqual(
    [1, 2, 3].map((moment) => store.get(moment)?.['situation']),
    ['after 1', undefined, 'after 3'],
  );
});

test('the steps around it come along, and what is there is not asked for once more', async (t) => {
  const { hand, store } = counter();
  const ofLane = Array.from({ length: 60 }, (_, at) => at * 2);
  store.bring([40, 38], ofLane, () => undefined);
  const near = ofLane.filter((at) => at >= 16 && at < 64);
  t.deepEqual(asked(hand()), [[40, 38, ...near.filter((at) => at !== 40 && at !== 38)]]);
  await answer(t, hand(), ...near);
  store.bring([62], ofLane, () => undefined);
  t.deepEqual(asked(hand())[1], [64, 66, 68, 70, 72, 74, 76, 78, 80, 82, 84]);
});

test('a wish that was taken back is not asked for, and nothing is told of one that was', async (t) => {
  const { hand, store } = counter();
  const [first, second] = [listener(), listener()];
  const takeBack = [store.bring([1], [], first.onBrought), store.bring([2], [], second.onBrought)];
  for (const back of takeBack) back();
  await answer(t, hand(), 1);
  t.deepEqual(asked(hand()), [[1]]);
  t.deepEqual([first.told, second.told], [[], []]);
});

test('an error is told, and the next wish is asked for nevertheless', async (t) => {
  const { hand, store } = counter();
  const [first, second] = [listener(), listener()];
  store.bring([1], [], first.onBrought);
  store.bring([2], [], second.onBrought);
  hand().tell({ threw: 'no memory' });
  await turn();
  await answer(t, hand(), 2);
  t.deepEqual([first.told, second.told], [['no memory'], [null]]);
});

test('closed, it asks for nothing more, and calls off what it asked for', async (t) => {
  const { hand, store } = counter();
  const { told, onBrought } = listener();
  store.bring([1], [], onBrought);
  store.bring([2], [], onBrought);
  store.close();
  await answer(t, hand(), 1);
  t.deepEqual(asked(hand()), [[1]]);
  t.deepEqual(told, []);
});
