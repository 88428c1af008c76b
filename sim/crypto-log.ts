/**
 * What a host's core computes, call by call: a suite that answers as the one it wraps and writes down what oracles ask
 * about. Only calls that the claims of PROTOCOL.md §2.8 speak of; the rest passes through.
 */
import type { Suite } from '../protocol/contract.ts';

export type CryptoCall =
  | { readonly of: 'element'; readonly element: Uint8Array }
  | {
      readonly of: 'multiply';
      readonly scalar: Uint8Array;
      readonly element: Uint8Array;
      readonly product: Uint8Array | null;
    }
  | { readonly of: 'expand'; readonly key: Uint8Array; readonly info: Uint8Array; readonly value: Uint8Array }
  | {
      readonly of: 'seal';
      readonly key: Uint8Array;
      readonly nonce: Uint8Array;
      readonly plaintext: Uint8Array;
      readonly more: Uint8Array;
    };

export interface RecordingSuite {
  readonly suite: Suite;
  /** The calls since the last time. */
  take(): readonly CryptoCall[];
}

const none: readonly CryptoCall[] = [];

export function recording(inner: Suite): RecordingSuite {
  let calls: CryptoCall[] = [];
  const suite: Suite = {
    ...inner,
    expand(key, salt, info, length) {
      const value = inner.expand(key, salt, info, length);
      calls.push({ of: 'expand', key, info, value });
      return value;
    },
    aead: {
      ...inner.aead,
      seal(key, nonce, plaintext, more) {
        calls.push({ of: 'seal', key, nonce, plaintext, more });
        return inner.aead.seal(key, nonce, plaintext, more);
      },
    },
    group: {
      ...inner.group,
      element(uniform) {
        const element = inner.group.element(uniform);
        calls.push({ of: 'element', element });
        return element;
      },
      multiply(scalar, element) {
        const product = inner.group.multiply(scalar, element);
        calls.push({ of: 'multiply', scalar, element, product });
        return product;
      },
    },
  };
  return {
    suite,
    take() {
      if (calls.length === 0) return none;
      const taken = calls;
      calls = [];
      return taken;
    },
  };
}
