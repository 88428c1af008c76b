/** One thing is no things: in what oracles saw, and in what was expected. */
import test from 'ava';
import { amount, inPlural, wordsFor } from '../amount.ts';
import { oracles } from '../oracles/index.ts';
import { lp1Subject, play } from './play.ts';

test('a noun is in the singular after one alone', (t) => {
  t.is(amount(0, 'couples with a fair chance'), '0 couples with a fair chance');
  t.is(amount(1, 'couples with a fair chance'), '1 couple with a fair chance');
  t.is(amount(2, 'steps, their effects'), '2 steps, their effects');
  for (const words of ['couples with a fair chance', 'steps, their effects'])
    for (const number of [0, 1, 2]) t.is(inPlural(number, wordsFor(number, words)), words);
});

test('what oracles and expectations say of a run of two has no "1 things" in it', (t) => {
  const text = `
title: two pair, and one says it once
protocols: {lp1: pass}
network: {lan: {}}
hosts:
  alice: {on: lan, phrase: my hovercraft is full of eels}
  bob: {on: lan, phrase: my hovercraft is full of eels}
expect:
  - {paired: [alice, bob]}
  - {notice: paired, host: alice, count: 1}
  - {lines: 1, host: alice}
`;
  const { verdict, oracles: found, expectations } = play(text, { subject: lp1Subject() });
  t.is(verdict, 'pass');
  t.is(found.length, oracles.length);
  const said = [...found.map(({ saw }) => saw), ...expectations.flatMap(({ what, saw }) => [what, saw])];
  t.true(
    said.some((words) => /\b1 couple\b/.test(words)),
    said.join('\n'),
  );
  t.deepEqual(
    said.filter((words) => /\b1 \w+s\b/.test(words)),
    [],
  );
});
