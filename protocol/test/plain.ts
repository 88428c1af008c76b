/** What the contract says of states, made checkable: plain, canonical, frozen. */
import { toHex } from '../bytes.ts';

/** One text for one value: keys sorted, bytes in hex. Throws where a value is not plain. */
export function canonical(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`not a plain number: ${value}`);
    return JSON.stringify(value);
  }
  if (value instanceof Uint8Array) return `x"${toHex(value)}"`;
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join(',')}}`;
  }
  throw new TypeError(`not plain: ${typeof value}`);
}

/** Frozen to the ground (bytes cannot be: they are compared instead). */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
