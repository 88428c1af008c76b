/**
 * The viewer's addresses, in the hash of the page:
 *
 *     #/run/<family>/<name>?protocol=lp1&seed=7&step=214
 *
 * `step` is the number of an event, as `n` in the run's NDJSON trace. What is left out has the scenario's own value.
 */
export interface Route {
  /** `family/name` of a scenario. */
  readonly name: string;
  readonly protocol: string | null;
  readonly seed: number | null;
  readonly step: number | null;
}

/** Null: the address is none of the viewer's. */
export function routeOf(hash: string): Route | null {
  const [, path, query] = /^#\/run\/([^?]+)(?:\?(.*))?$/.exec(hash) ?? [];
  if (path === undefined) return null;
  const given = new URLSearchParams(query ?? '');
  return {
    name: decoded(path),
    protocol: given.get('protocol'),
    seed: count(given.get('seed')),
    step: count(given.get('step')),
  };
}

export function hashOf({ name, protocol, seed, step }: Route): string {
  const query = new URLSearchParams();
  if (protocol !== null) query.set('protocol', protocol);
  if (seed !== null) query.set('seed', String(seed));
  if (step !== null) query.set('step', String(step));
  const text = query.toString();
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
