/** A protocol as the testbed takes it: the value itself, and what only the testbed needs to know of it. */
import type { Description, Protocol, StoredRecord, Suite } from '../protocol/contract.ts';
import type { AdversaryTable } from './adversaries/adversary.ts';

export interface Subject {
  readonly name: string;
  readonly protocol: Protocol;
  readonly suite: Suite;
  /** What it can run on, its own suite first. */
  readonly suites: readonly Suite[];
  /** What two phrases must have in common to be the same one, as bytes; for annex this is its HMAC key, and a secret. */
  phraseKey(phrase: string): Uint8Array;
  /** Another phrase of the same kind in place of this one, by a number; the phrase itself where it is refused. */
  rephrase(phrase: string, number: number): string;
  /** What a record says that both sides agreed upon; null where its records say nothing of the kind. */
  agreedIn(record: StoredRecord): Agreed | null;
  /** Where a record says that its peer was found since the two paired: addresses. */
  placesIn(record: StoredRecord): readonly string[];
  /** How its adversaries speak, by their name in scenario files. */
  readonly adversaries: AdversaryTable;
  /** Oracles that this protocol cannot keep in any terms (PROTOCOL.md §2.8), by name. */
  readonly exempt: readonly string[];
}

/** One side's record of one pairing. */
export interface Agreed {
  readonly transcript: string;
  readonly mine: string;
  readonly theirs: string;
  /** Of the peer: where it was proven to be. */
  readonly address: string;
}

/** The subject on the suite of that name; as it is where it has no choice. */
export function onSuite(subject: Subject, name: string): Subject {
  const suite = subject.suites.find((one) => one.name === name);
  return suite === undefined ? subject : { ...subject, suite };
}

/**
 * The subject, where what a datagram says is read once, however many oracles and scripts ask. Datagrams are never written
 * to once they are sent, so the bytes themselves are the name.
 */
export function readingOnce(subject: Subject): Subject {
  const read = new WeakMap<Uint8Array, Description>();
  const { protocol } = subject;
  const describe = (bytes: Uint8Array): Description => {
    const known = read.get(bytes);
    if (known !== undefined) return known;
    const description = protocol.describe(bytes);
    read.set(bytes, description);
    return description;
  };
  return { ...subject, protocol: { ...protocol, describe } };
}
