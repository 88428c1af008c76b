/** A protocol as the testbed takes it: the value itself, and what only the testbed needs to know of it. */
import type { Protocol, Suite } from '../protocol/contract.ts';
import type { AdversaryTable } from './adversaries/adversary.ts';

export interface Subject {
  readonly name: string;
  readonly protocol: Protocol;
  readonly suite: Suite;
  /** What it can run on, its own suite first. */
  readonly suites: readonly Suite[];
  /** What two phrases must have in common to be the same one, as bytes; for annex this is its HMAC key, and a secret. */
  phraseKey(phrase: string): Uint8Array;
  /** How its adversaries speak, by their name in scenario files. */
  readonly adversaries: AdversaryTable;
  /** Oracles that this protocol cannot keep in any terms (PROTOCOL.md §2.8), by name. */
  readonly exempt: readonly string[];
}

/** The subject on the suite of that name; as it is where it has no choice. */
export function onSuite(subject: Subject, name: string): Subject {
  const suite = subject.suites.find((one) => one.name === name);
  return suite === undefined ? subject : { ...subject, suite };
}
