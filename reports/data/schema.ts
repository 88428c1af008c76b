/** The shape of `report.json` as a JSON Schema: what a file of somebody else is held to before a word of it is believed. */
import * as shape from '../../sim/json-shape.ts';

const text = { type: 'string', maxLength: 1_048_576 } as const;
const name = { type: 'string', minLength: 1, maxLength: 512 } as const;
const count = { type: 'integer', minimum: 0 } as const;
const times = { type: 'integer', minimum: 1 } as const;
const verdict = { enum: ['pass', 'fail', 'inconclusive'] } as const;
const { objectOf } = shape;
const listOf = (items: object): object => shape.listOf(items, 1_000_000);
const mapOf = (values: object): object => shape.mapOf(name, values);

const row = objectOf({
  situation: name,
  event: name,
  kind: { enum: ['moves', 'stays', 'impossible'] },
  to: listOf(name),
  why: text,
});

const entry = objectOf({
  scenario: name,
  title: text,
  file: text,
  covers: listOf(name),
  protocol: name,
  suite: name,
  seed: count,
  hash: { type: 'string', pattern: '^[0-9a-f]{16}$' },
  verdict,
  breaks: { anyOf: [name, { type: 'null' }] },
  virtualMs: count,
  tookMs: count,
  events: count,
  deliveries: count,
  steps: count,
  oracles: listOf(objectOf({ number: count, name, verdict, saw: text, why: { anyOf: [text, { type: 'null' }] } })),
  expectations: listOf(objectOf({ what: text, held: { type: 'boolean' }, saw: text })),
  failures: listOf(text),
  threw: listOf(objectOf({ host: name, message: text })),
  cells: mapOf(mapOf(times)),
  moves: mapOf(mapOf(mapOf(times))),
});

const flawed = objectOf({
  specimen: name,
  protocol: name,
  scenario: name,
  covers: listOf(name),
  seed: count,
  oracles: listOf(name),
  why: { anyOf: [text, { type: 'null' }] },
});

const ms = { anyOf: [count, { type: 'null' }] } as const;
const figures = objectOf({
  loss: listOf(
    objectOf({
      protocol: name,
      loss: { type: 'integer', minimum: 0, maximum: 10 },
      runs: times,
      paired: count,
      withinMs: count,
      medianMs: ms,
      p95Ms: ms,
      datagrams: { type: 'number', minimum: 0 },
    }),
  ),
  guesses: listOf(objectOf({ bits: count, budget: count, released: count, runs: times })),
});

const foundRun = objectOf(
  {
    seed: count,
    scenario: name,
    suite: name,
    why: text,
    again: text,
    text: { anyOf: [text, { type: 'null' }] },
  },
  ['suite'],
);

const walk = objectOf(
  {
    of: { enum: ['sweep', 'tests'] },
    name,
    cells: mapOf(mapOf(mapOf(times))),
    pairs: mapOf(objectOf({ runs: times, paired: listOf(count), datagrams: count })),
    guesses: mapOf(objectOf({ runs: times, released: count })),
    found: listOf(objectOf({ protocol: name, what: text, count: times, first: listOf(foundRun) })),
  },
  ['pairs', 'guesses', 'found'],
);

/** What a file of tests leaves with LANPAIR_CELLS (protocol/test/cells.ts). */
export const metSchema: object = objectOf({
  lanpair: { const: 'cells' },
  version: { const: 1 },
  name,
  cells: mapOf(mapOf(mapOf(times))),
});

export const reportSchema: object = objectOf({
  lanpair: { const: 'report' },
  version: { const: 1 },
  program: text,
  made: text,
  seconds: { type: 'number', minimum: 0 },
  tables: mapOf(listOf(row)),
  runs: listOf(entry),
  specimens: listOf(flawed),
  figures: { anyOf: [figures, { type: 'null' }] },
  walks: listOf(walk),
});
