/** A host's disk: the records of its peers and the lines of authorized_keys. Both outlive a crash. */
import type { Grant, StoredRecord } from '../protocol/contract.ts';

export class Disk {
  private readonly stored: Map<string, StoredRecord> = new Map();
  private granted: readonly Grant[] = [];

  /** By id, as a directory listing that is sorted by name. */
  get records(): readonly StoredRecord[] {
    return [...this.stored.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** authorized_keys, oldest line first. */
  get lines(): readonly Grant[] {
    return this.granted;
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

  /** The disk was replaced. */
  wipe(): void {
    this.stored.clear();
    this.granted = [];
  }
}

function same(a: Grant, b: Grant): boolean {
  return a.record === b.record && a.key === b.key;
}
