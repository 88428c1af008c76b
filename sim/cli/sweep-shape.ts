/** The lines of a result file as JSON Schemas: what somebody's file is held to before a number of it is added up. */
import { Ajv, type ValidateFunction } from 'ajv';
import * as shape from '../json-shape.ts';
import type { Plan } from '../sweep/plan.ts';
import type { Tally } from '../sweep/tally.ts';

/**
 * Goes up when a sum over lines of two versions would be wrong. 2: tallies count cells, and long sweeps have larger blocks.
 * 3: a run's hash is made otherwise, and of nothing secret. 4: what takes its seconds is drawn less often, and runs are counted by
 * scenario. 5: the ideal suite makes its terms otherwise, which the luck of a run hangs on. Files without a format are of 1.
 */
export const sweepFormat = 6;

const text = { type: 'string', maxLength: 1000 } as const;
const count = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER } as const;
const hash = { type: 'string', pattern: '^[0-9a-f]{16}$' } as const;
const { objectOf } = shape;
const listOf = (items: object): object => shape.listOf(items, 100);
const mapOf = (values: object): object => shape.mapOf(text, values);

const find = objectOf({
  seed: count,
  scenario: text,
  protocol: text,
  failure: objectOf({ of: { enum: ['core', 'oracle', 'expectation'] }, name: text }),
  why: text,
  events: count,
});

const block = objectOf({
  block: count,
  tally: objectOf(
    {
      runs: count,
      events: count,
      steps: count,
      deliveries: count,
      virtualMs: count,
      scenarios: mapOf({ type: 'array', items: count, minItems: 2, maxItems: 2 }),
      cutOff: count,
      hash,
      oracles: mapOf({ type: 'array', items: count, minItems: 3, maxItems: 3 }),
      limits: mapOf(count),
      cells: mapOf(mapOf(mapOf({ ...count, minimum: 1 }))),
      pairs: mapOf(objectOf({ runs: count, paired: listOf(count), datagrams: count })),
      guesses: mapOf(objectOf({ runs: count, released: count })),
      found: mapOf(objectOf({ count, first: listOf(find) })),
    },
    ['pairs', 'guesses'],
  ),
});

const head = objectOf({
  format: { const: sweepFormat },
  sweep: objectOf({
    seeds: objectOf({ first: count, last: count }),
    protocols: listOf(text),
    suite: text,
    madeUp: count,
    catalogue: hash,
  }),
});

const ajv = new Ajv({ allowUnionTypes: true });
export const isHead: ValidateFunction<{ readonly sweep: Plan }> = ajv.compile<{ readonly sweep: Plan }>(head);
export const isBlock: ValidateFunction<{ readonly block: number; readonly tally: Tally }> = ajv.compile<{
  readonly block: number;
  readonly tally: Tally;
}>(block);
