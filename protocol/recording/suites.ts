/** A suite that tells what it answered, and one that answers what it is told. */
import type { Suite } from '../contract.ts';
import type { Answer, SuiteMethod } from './format.ts';

/** One call as it was made. Everything in it may be secret. */
export interface Call {
  readonly method: SuiteMethod;
  readonly parameters: readonly (Uint8Array | string | number)[];
  readonly value: Answer[1];
}

/** Answers as the inner one. The values that are noted are copies: a caller may write into what it is given. */
export function recordingSuite(inner: Suite, note: (call: Call) => void): Suite {
  return suiteOf(inner.name, (method, parameters, ask) => {
    const value = ask(inner);
    note({ method, parameters, value: value instanceof Uint8Array ? Uint8Array.from(value) : value });
    return value;
  });
}

/** Thrown where the core computes something else than the recording says that it did. */
export class OtherCall extends Error {
  override readonly name = 'OtherCall';
}

/** Gives the answers of a recording, by the number of the call alone: what they were computed from is not in the file. */
export function playingSuite(name: string, next: () => Answer | undefined): Suite {
  return suiteOf(name, (method) => {
    const [recorded, value] = next() ?? ['nothing more', null];
    if (recorded !== method) throw new OtherCall(`the core asks for ${method}, and the recording has ${recorded}`);
    return value instanceof Uint8Array ? Uint8Array.from(value) : value;
  });
}

type Parameters = Call['parameters'];
type Through = (method: SuiteMethod, parameters: Parameters, ask: (suite: Suite) => Answer[1]) => Answer[1];

function suiteOf(name: string, through: Through): Suite {
  const bytes = (method: SuiteMethod, parameters: Parameters, ask: (suite: Suite) => Uint8Array): Uint8Array => {
    const value = through(method, parameters, ask);
    if (value instanceof Uint8Array) return value;
    throw new OtherCall(`the recording has no bytes for ${method}`);
  };
  const maybe = (method: SuiteMethod, parameters: Parameters, ask: (suite: Suite) => Uint8Array | null) => {
    const value = through(method, parameters, ask);
    if (value === null || value instanceof Uint8Array) return value;
    throw new OtherCall(`the recording has a verdict for ${method}, which gives bytes`);
  };
  return {
    name,
    hash: (input) => bytes('hash', [input], (suite) => suite.hash(input)),
    hmacSha1: (key, input) => bytes('hmacSha1', [key, input], (suite) => suite.hmacSha1(key, input)),
    derive: (entropy, label, context, length) =>
      bytes('derive', [entropy, label, context, length], (suite) => suite.derive(entropy, label, context, length)),
    hmac: (key, input) => bytes('hmac', [key, input], (suite) => suite.hmac(key, input)),
    expand: (key, salt, info, length) =>
      bytes('expand', [key, salt, info, length], (suite) => suite.expand(key, salt, info, length)),
    group: {
      element: (uniform) => bytes('element', [uniform], ({ group }) => group.element(uniform)),
      scalar: (uniform) => bytes('scalar', [uniform], ({ group }) => group.scalar(uniform)),
      multiply: (scalar, element) =>
        maybe('multiply', [scalar, element], ({ group }) => group.multiply(scalar, element)),
    },
    signatures: {
      publicKey: (seed) => bytes('publicKey', [seed], ({ signatures }) => signatures.publicKey(seed)),
      sign: (seed, input) => bytes('sign', [seed, input], ({ signatures }) => signatures.sign(seed, input)),
      verify: (key, input, signature) =>
        through('verify', [key, input, signature], ({ signatures }) => signatures.verify(key, input, signature)) ===
        true,
    },
    aead: {
      seal: (key, nonce, plain, more) =>
        bytes('seal', [key, nonce, plain, more], ({ aead }) => aead.seal(key, nonce, plain, more)),
      open: (key, nonce, box, more) =>
        maybe('open', [key, nonce, box, more], ({ aead }) => aead.open(key, nonce, box, more)),
    },
  };
}
