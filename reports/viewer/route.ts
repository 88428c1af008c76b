/**
 * The viewer's addresses, in the hash of the page:
 *
 *     #/run/<family>/<name>?protocol=lp1&seed=7&suite=real&loss=1/5&drop=SHARE,alice,bob,2&step=214
 *
 * `suite` is the cryptography where it is not the one that the conversation is simulated with: another one is another run. `step` is the number of an event, as `n` in the run's NDJSON trace; `zoom` stretches time (0.125 to 8). `loss`, `drop`, `delay` and `repeat` change the
 * scenario; the last three name a datagram by kind, sender, receiver and number, and may come more than once. What is left
 * out has the scenario's own value.
 *
 *     #/run/trace        a saved trace, which a person opens or drops
 */
import { type Edits, noEdits, type Rule, ruleOf, ruleText } from './history/edits.ts';

export interface Route {
  /** `family/name` of a scenario, or `trace`. */
  readonly name: string;
  readonly protocol: string | null;
  readonly seed: number | null;
  readonly suite: 'real' | null;
  readonly edits: Edits;
  readonly step: number | null;
  /** One of `zooms`; null: 1. */
  readonly zoom: number | null;
}

/** How much time may be stretched. */
export const zooms: readonly number[] = [0.125, 0.25, 0.5, 1, 2, 4, 8];

/** Which run it is, wherever in it one stands. */
export function runOf(route: Route): string {
  return hashOf({ ...route, step: null, zoom: null });
}

export const traceRoute: Route = {
  name: 'trace',
  protocol: null,
  seed: null,
  suite: null,
  edits: noEdits,
  step: null,
  zoom: null,
};

const deeds = ['drop', 'delay', 'repeat'] as const satisfies readonly Rule['does'][];

/** Changes in one address; more than a person makes by hand. */
const rulesMax = 100;

/** Null: the address is none of the viewer's. */
export function routeOf(hash: string): Route | null {
  const [, path, query] = /^#\/run\/([^?]+)(?:\?(.*))?$/.exec(hash) ?? [];
  if (path === undefined) return null;
  const given = new URLSearchParams(query ?? '');
  const rules = deeds.flatMap((does) => given.getAll(does).flatMap((text) => ruleOf(does, text) ?? []));
  return {
    name: decoded(path),
    protocol: given.get('protocol'),
    seed: count(given.get('seed')),
    suite: given.get('suite') === 'real' ? 'real' : null,
    edits: { loss: given.get('loss'), rules: rules.slice(0, rulesMax) },
    step: count(given.get('step')),
    zoom: zooms.find((zoom) => zoom !== 1 && String(zoom) === given.get('zoom')) ?? null,
  };
}

export function hashOf({ name, protocol, seed, suite, edits, step, zoom }: Route): string {
  const query = new URLSearchParams();
  if (protocol !== null) query.set('protocol', protocol);
  if (seed !== null) query.set('seed', String(seed));
  if (suite !== null) query.set('suite', suite);
  if (edits.loss !== null) query.set('loss', edits.loss);
  for (const rule of edits.rules) query.append(rule.does, ruleText(rule));
  if (step !== null) query.set('step', String(step));
  if (zoom !== null) query.set('zoom', String(zoom));
  const text = query.toString().replaceAll('%2C', ',').replaceAll('%2F', '/');
  return `#/run/${name.split('/').map(encodeURIComponent).join('/')}${text === '' ? '' : `?${text}`}`;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function count(text: string | null): number | null {
  const number = text === null || !/^\d{1,16}$/.test(text) ? Number.NaN : Number(text);
  return Number.isSafeInteger(number) ? number : null;
}
