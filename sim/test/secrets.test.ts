/** The oracle of secrets passes over what a state has kept: what is new in it is found wherever it comes to stand. */
import test from 'ava';
import fc from 'fast-check';
import { utf8 } from '../../protocol/bytes.ts';
import type { PlainState } from '../../protocol/contract.ts';
import type { StepEvent } from '../events.ts';
import type { Ending } from '../oracles/oracle.ts';
import { secrets } from '../oracles/secrets.ts';
import { lp1Subject, scenarioOf } from './play.ts';

const phrase = 'my hovercraft is full of eels';

interface Item {
  readonly place: string;
  readonly heard: { readonly bytes: Uint8Array };
}

/** What a table of the core may become in one step. */
type Change = (items: readonly Item[], item: Item) => readonly Item[];

const nat = fc.nat({ max: 7 });
const changes: fc.Arbitrary<Change> = fc.oneof(
  nat.map(
    (at): Change =>
      (items, item) =>
        items.toSpliced(at, 0, item),
  ),
  nat.map(
    (at): Change =>
      (items, item) =>
        items.toSpliced(at, 1, item),
  ),
  nat.map(
    (at): Change =>
      (items, item) => [...items.toSpliced(at, 2), item],
  ),
  nat.map(
    (at): Change =>
      (items, item) => [item, ...items.slice(at), ...items.slice(0, at)],
  ),
  fc.constant<Change>((items, item) => [...items.map((one) => ({ ...one })), item].toReversed()),
);

function verdictOn(tables: readonly (readonly Item[])[]): string {
  return verdictOf(tables.map(stepTo));
}

function verdictOf(steps: readonly StepEvent[]): string {
  const scenario = scenarioOf(`
title: two pair
protocols: {lp1: pass}
network: {lan: {}}
hosts:
  alice: {on: lan, phrase: ${phrase}}
  bob: {on: lan, phrase: ${phrase}}
expect: [{paired: [alice, bob]}]
`);
  const watcher = secrets.watch({ scenario, subject: lp1Subject(), keys: new Map(), owners: new Map() });
  for (const step of steps) watcher.sees?.step?.({ atUs: 0, ...step });
  return watcher.finish({} as Ending).verdict;
}

function stepTo(items: readonly Item[]): StepEvent {
  const state: PlainState & { readonly items: readonly Item[] } = { situation: 'Seeking', secrets: null, items };
  const cell = { situation: 'Seeking', event: 'heard' };
  return {
    type: 'step',
    host: 'alice',
    boot: 1,
    input: { type: 'timer', name: 'beacon' },
    effects: [],
    state,
    cell,
    calls: [],
    heard: null,
  };
}

function item(place: string, text: string): Item {
  return { place, heard: { bytes: utf8(text) } };
}

test('a secret is found in whatever item it comes, and however the table around it was changed', (t) => {
  fc.assert(
    fc.property(fc.array(changes, { minLength: 1, maxLength: 12 }), fc.nat(), fc.boolean(), (steps, where, inText) => {
      const at = where % steps.length;
      const tables = (leak: Item): readonly (readonly Item[])[] => {
        let items: readonly Item[] = [item('10.0.0.1', 'hello, hello')];
        return steps.map((change, index) => {
          items = change(items, index === at ? leak : item(`10.0.0.${index + 2}`, 'hello, hello'));
          return items;
        });
      };
      t.is(verdictOn(tables(item('10.0.0.99', 'hello, hello'))), 'pass');
      t.is(verdictOn(tables(inText ? item(`at ${phrase}`, 'hello') : item('10.0.0.99', `it is ${phrase}`))), 'fail');
    }),
  );
});

test('what was among the secrets is found where it stands in the open, in the same place as well', (t) => {
  const step = stepTo([]);
  const typed = { prs: utf8(phrase) };
  const open: PlainState & { readonly shown: typeof typed } = { situation: 'Seeking', shown: typed, secrets: null };
  t.is(verdictOf([{ ...step, state: { situation: 'Seeking', secrets: typed } }]), 'pass');
  t.is(
    verdictOf([
      { ...step, state: { situation: 'Seeking', secrets: typed } },
      { ...step, state: open },
    ]),
    'fail',
  );
});
