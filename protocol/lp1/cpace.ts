/**
 * CPace, suite CPACE-RISTR255-SHA512, symmetric setting: draft-irtf-cfrg-cpace-21, whose names are kept.
 *
 * Both parties turn the shared secret PRS (and what else must agree: CI, sid) into a generator g of the group, multiply
 * it with a secret scalar, exchange the products Y together with associated data AD, and arrive at the same
 * intermediate session key ISK if and only if all of it agreed. Who listens learns nothing about PRS; who takes part
 * tests one guess of it. The draft leaves key confirmation to the application: `keys.ts` and `messages.ts`.
 *
 * Deliberately not here: the draft's initiator-responder setting (lp1 has no roles), other groups, sampling (a scalar
 * comes from the caller: the core draws nothing).
 */
import { compareBytes, concat, fresh, utf8 } from '../bytes.ts';
import type { Suite } from '../contract.ts';

export const suiteName = 'CPACE-RISTR255-SHA512';

/** G.DSI of the ristretto255 group (draft §7.3) and the block of SHA-512 (H.s_in_bytes). */
const dsi: Uint8Array = utf8('CPaceRistretto255');
const dsiIsk: Uint8Array = utf8('CPaceRistretto255_ISK');
const blockBytes = 128;

/** What must agree before a key can. */
export interface Setting {
  readonly prs: Uint8Array;
  readonly ci: Uint8Array;
  readonly sid: Uint8Array;
}

/** What one party sends: Y (32 B) and the associated data that both authenticate by arriving at one ISK. */
export interface Share {
  readonly y: Uint8Array;
  readonly ad: Uint8Array;
}

/** A length in LEB128, then the bytes (draft appendix A.1). */
export function prependLength(bytes: Uint8Array): Uint8Array {
  return lvCat(bytes);
}

/** lv_cat: unambiguous concatenation, each part with its length. */
export function lvCat(...parts: readonly Uint8Array[]): Uint8Array {
  let total = 0;
  for (const { length } of parts) total += lebBytes(length) + length;
  const out = fresh(total);
  let at = 0;
  for (const part of parts) {
    let { length } = part;
    for (; length >= 0x80; length = Math.floor(length / 0x80)) out[at++] = (length % 0x80) | 0x80;
    out[at++] = length;
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Bytes of a length in LEB128: seven bits each. */
function lebBytes(length: number): number {
  return length < 0x80 ? 1 : 1 + lebBytes(Math.floor(length / 0x80));
}

/** o_cat: the same whichever order the two are given in. */
export function orderedCat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const [larger, smaller] = compareBytes(a, b) > 0 ? [a, b] : [b, a];
  return concat(utf8('oc'), larger, smaller);
}

/** transcript_oc: the transcript of the symmetric setting. */
export function transcript(a: Share, b: Share): Uint8Array {
  return orderedCat(lvCat(a.y, a.ad), lvCat(b.y, b.ad));
}

/** generator_string: PRS and padding fill the first block of the hash, so that its timing says nothing about PRS. */
export function generatorString({ prs, ci, sid }: Setting): Uint8Array {
  const used = 1 + prependLength(prs).length + prependLength(dsi).length;
  return lvCat(dsi, prs, new Uint8Array(Math.max(0, blockBytes - used)), ci, sid);
}

/** calculate_generator: the encoding of g. */
export function generator(suite: Suite, setting: Setting): Uint8Array {
  return suite.group.element(suite.hash(generatorString(setting)));
}

/** Y = scalar * g. Null for a scalar of zero, which no entropy of ours has ever given. */
export function share(suite: Suite, setting: Setting, scalar: Uint8Array): Uint8Array | null {
  return suite.group.multiply(scalar, generator(suite, setting));
}

/**
 * ISK, 64 bytes, or null where the draft says abort: theirs does not decode, or K is the identity.
 * The caller must have refused `theirs.y` equal to `mine.y` (a reflected share).
 */
export function sessionKey(
  suite: Suite,
  { scalar, sid, mine, theirs }: { scalar: Uint8Array; sid: Uint8Array; mine: Share; theirs: Share },
): Uint8Array | null {
  const k = suite.group.multiply(scalar, theirs.y);
  return k === null ? null : suite.hash(concat(lvCat(dsiIsk, sid, k), transcript(mine, theirs)));
}
