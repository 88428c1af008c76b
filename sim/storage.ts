/** A host's disk: the records of its peers and the lines of authorized_keys. Both outlive a crash. */
import { toHex } from '../protocol/bytes.ts';
import type { Grant, Json, StoredRecord } from '../protocol/contract.ts';

export interface Contents {
  readonly records: readonly StoredRecord[];
  readonly lines: readonly Grant[];
}

const nothing: Contents = { records: [], lines: [] };

/** One thing that is now on the disk, or is not any more. */
export type DiskChange =
  | { readonly type: 'stored'; readonly record: StoredRecord }
  | { readonly type: 'discarded'; readonly record: string }
  | ({ readonly type: 'authorized' | 'withdrawn' } & Grant);

export class Disk {
  private readonly stored: Map<string, StoredRecord> = new Map();
  private granted: readonly Grant[] = [];
  private saved: Contents = nothing;
  /** What its host has heard since it was put in, as hex: its records may tell of it. Only for runs that ask. */
  private heard: Set<string> = new Set();
  private savedHeard: ReadonlySet<string> = new Set();

  /** By id, as a directory listing that is sorted by name. */
  get records(): readonly StoredRecord[] {
    return [...this.stored.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** authorized_keys, oldest line first. */
  get lines(): readonly Grant[] {
    return this.granted;
  }

  /** Id of the record that names this ssh key; empty where there is none. */
  recordOf(sshKey: string): string {
    return this.records.find(({ body }) => names(body, sshKey))?.id ?? '';
  }

  write(record: StoredRecord): void {
    this.stored.set(record.id, record);
  }

  /** False when there was no such record. */
  erase(id: string): boolean {
    return this.stored.delete(id);
  }

  /** Adds the line, once: false when it stood there already. */
  authorize(grant: Grant): boolean {
    if (this.granted.some((line) => same(line, grant))) return false;
    this.granted = [...this.granted, { record: grant.record, key: grant.key }];
    return true;
  }

  /** False when there was no such line. */
  withdraw(grant: Grant): boolean {
    const left = this.granted.filter((line) => !same(line, grant));
    const found = left.length < this.granted.length;
    this.granted = left;
    return found;
  }

  /** Whether its host hears these bytes for the first time, as far as this disk can know. Asking is hearing. */
  hears(bytes: Uint8Array): boolean {
    const before = this.heard.size;
    return this.heard.add(toHex(bytes)).size > before;
  }

  /** What was on it before the run. */
  furnish({ records, lines }: Contents): void {
    for (const record of records) this.write(record);
    this.granted = lines;
  }

  /** Remembers all of it, as it is now. */
  backup(): void {
    this.saved = { records: this.records, lines: this.granted };
    this.savedHeard = new Set(this.heard);
  }

  /** The disk was replaced by an empty one, or by its last backup: what that changed. */
  replace(by: 'wiped' | 'restored'): readonly DiskChange[] {
    const { records, lines } = by === 'restored' ? this.saved : nothing;
    const changes: readonly DiskChange[] = [
      ...this.granted.map((line): DiskChange => ({ type: 'withdrawn', ...line })),
      ...this.records.map(({ id }): DiskChange => ({ type: 'discarded', record: id })),
      ...records.map((record): DiskChange => ({ type: 'stored', record })),
      ...lines.map((line): DiskChange => ({ type: 'authorized', ...line })),
    ];
    this.stored.clear();
    for (const record of records) this.stored.set(record.id, record);
    this.granted = lines;
    this.heard = new Set(by === 'restored' ? this.savedHeard : []);
    return changes;
  }
}

function same(a: Grant, b: Grant): boolean {
  return a.record === b.record && a.key === b.key;
}

/** Whether this text is anywhere in a record's body. */
function names(body: Json, text: string): boolean {
  if (typeof body === 'string') return body === text;
  return typeof body === 'object' && body !== null && Object.values(body).some((part: Json) => names(part, text));
}
