import { toHex, utf8 } from '../../protocol/bytes.ts';
import type { CryptoCall } from '../crypto-log.ts';

/** What one key of an AEAD has sealed, by nonce. */
interface Sealing {
  /** A box key of lp1: it seals one identity, under one nonce. Keys of locate seal many, each under its own. */
  once: boolean;
  readonly texts: Map<string, string>;
}

/**
 * Part of the secrets' claim, because this is how a sealed text gets out though no key does: who hears two texts under one key
 * and nonce knows their difference, and can seal a third. Kept for all hosts and lives together: a machine that comes back from
 * a backup, or that starts anew, must not seal under an old nonce what it did not seal then. The same text again is the same box.
 */
export function watchSeals(): (calls: readonly CryptoCall[]) => string | null {
  const sealings = new Map<string, Sealing>();
  const sealingOf = (key: Uint8Array): Sealing => {
    const hex = toHex(key);
    const known = sealings.get(hex) ?? { once: false, texts: new Map() };
    sealings.set(hex, known);
    return known;
  };
  return (calls) => {
    for (const call of calls) {
      if (call.of === 'expand' && isBoxKey(call.info)) sealingOf(call.value).once = true;
      if (call.of !== 'seal') continue;
      const { once, texts } = sealingOf(call.key);
      const [nonce, text] = [toHex(call.nonce), `${toHex(call.plaintext)} ${toHex(call.more)}`];
      const before = texts.get(nonce);
      texts.set(nonce, text);
      if (before !== undefined && before !== text) return 'seals two texts under one key and nonce';
      if (once && texts.size > 1) return 'seals under a second nonce with a box key, which seals once';
    }
    return null;
  };
}

const boxLabel = utf8('lanpair/1 box ');

function isBoxKey(info: Uint8Array): boolean {
  return boxLabel.every((byte, at) => info[at] === byte);
}
