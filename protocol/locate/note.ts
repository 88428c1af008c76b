/**
 * What `locate` itself must not forget of a peer: which epochs are used up, and where the peer was last. A record of its
 * own beside lp1's, because lp1 rewrites its records as a whole. It holds no secret.
 */
import { parseAddress } from '../address.ts';
import { utf8 } from '../bytes.ts';
import type { Json, StoredRecord, Suite } from '../contract.ts';
import { epochMax } from './sealed.ts';

export const noteVersion = 1;
/** Last proven addresses that are kept. */
export const knownMax = 4;

export interface Note {
  /** lp1's record of the same peer. */
  readonly record: string;
  /** Our highest epoch, used or about to be. */
  readonly epoch: number;
  /** What the next epoch is higher by: doubled for every epoch that nobody answered, 1 again when somebody does. */
  readonly step: number;
  /** The peer's highest epoch, heard or said to be over. */
  readonly heard: number;
  /** Where the peer was proven to be, the latest first. */
  readonly addresses: readonly string[];
}

/** Beyond this a step does not double: a thousand starts lost from a backup are caught up with in ten epochs. */
export const stepMax: number = 2 ** 16;

export function noteId(suite: Suite, record: string): string {
  const digits = '0123456789abcdefghijklmnopqrstuv';
  const bytes = suite.hash(utf8(`lanpair/1 locate ${record}`)).slice(0, 16);
  return [...bytes].map((byte) => digits[byte & 31] ?? '').join('');
}

export function writeNote(suite: Suite, { record, epoch, step, heard, addresses }: Note): StoredRecord {
  const body: Json = { version: noteVersion, record, epoch, step, heard, addresses };
  return { id: noteId(suite, record), protocol: 'locate', body };
}

/** Null for a record that is not one of ours, or damaged. */
export function readNote(record: StoredRecord): Note | null {
  const { body } = record;
  if (record.protocol !== 'locate' || typeof body !== 'object' || body === null || Array.isArray(body)) return null;
  const fields = body as { readonly [name: string]: Json };
  const number = (name: string, max: number): number | null => {
    const value = fields[name];
    return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max ? value : null;
  };
  const [of, list] = [fields['record'], fields['addresses']];
  const [epoch, step, heard] = [number('epoch', epochMax), number('step', stepMax), number('heard', epochMax)];
  if (fields['version'] !== noteVersion || typeof of !== 'string' || !Array.isArray(list)) return null;
  if (epoch === null || step === null || step === 0 || heard === null) return null;
  const texts = (list as readonly Json[]).filter((item) => typeof item === 'string');
  const addresses = texts.filter((text) => parseAddress(text) !== null).slice(0, knownMax);
  return { record: of, epoch, step, heard, addresses };
}
