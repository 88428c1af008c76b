/**
 * The records of our peers: one JSON file each, `peers/<id>.json`, mode 0600, replaced atomically and fsynced.
 *
 * A file that is not what we wrote is left where it is and reported; the others still load. Nothing is ever guessed from
 * half a file.
 */
import { chmod, readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Json, StoredRecord } from '../protocol/contract.ts';
import { Complaint, codeOf, exitCode, reasonOf } from './complaint.ts';
import { makePrivateDirectory, removeDurably, writeDurably } from './durable-file.ts';

/** Of the files' layout, not of a protocol's body. */
const version = 1;
/** Records are a few kilobytes; a larger file is not ours. */
const fileMax = 256 * 1024;
/** More peers than a person has machines; the rest is reported, not read. */
const recordsMax = 1000;

export interface Loaded {
  readonly records: readonly StoredRecord[];
  /** One sentence for each file that could not be used. */
  readonly problems: readonly string[];
}

export function isRecordId(text: string): boolean {
  return /^[a-z0-9]{16}$/.test(text);
}

export async function storeRecord(directory: string, record: StoredRecord): Promise<void> {
  if (!isRecordId(record.id)) throw new Error(`a record id has 16 letters or digits, not ${JSON.stringify(record.id)}`);
  await preparePeers(directory);
  const { id, protocol, body } = record;
  const text = `${JSON.stringify({ lanpair: 'peer', version, id, protocol, body }, null, 2)}\n`;
  await writeDurably(pathOf(directory, id), text, { mode: 0o600 });
}

export async function discardRecord(directory: string, id: string): Promise<void> {
  if (!isRecordId(id)) throw new Error(`no such record id: ${JSON.stringify(id)}`);
  await preparePeers(directory);
  await removeDurably(pathOf(directory, id));
}

/** All records, in the order of their ids. An absent directory holds none. */
export async function loadRecords(directory: string): Promise<Loaded> {
  let names: string[];
  try {
    names = (await readdir(directory)).filter((name) => name.endsWith('.json')).sort();
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return { records: [], problems: [] };
    throw cannotUse(directory, thrown);
  }
  const records: StoredRecord[] = [];
  const problems: string[] = [];
  for (const name of names.slice(0, recordsMax)) {
    const path = join(directory, name);
    const outcome = await readRecord(path);
    if (outcome.ok) records.push(outcome.record);
    else problems.push(`${path}: ${outcome.problem}. It was left as it is; move it away, or pair again.`);
  }
  if (names.length > recordsMax) problems.push(`${directory}: more than ${recordsMax} records; the rest was not read.`);
  return { records, problems };
}

type Read =
  | { readonly ok: true; readonly record: StoredRecord }
  | { readonly ok: false; readonly problem: string; readonly absent: boolean };

/** One record by its id. */
export async function readRecordById(directory: string, id: string): Promise<Read> {
  if (!isRecordId(id)) return { ok: false, problem: 'is not a record id', absent: true };
  return readRecord(pathOf(directory, id));
}

async function readRecord(path: string): Promise<Read> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    return { ok: false, problem: `cannot be read (${reasonOf(thrown)})`, absent: codeOf(thrown) === 'ENOENT' };
  }
  const problem = (what: string): Read => ({ ok: false, problem: what, absent: false });
  if (text.length > fileMax) return problem(`is too large for a record (over ${fileMax / 1024} KiB)`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return problem('is no whole JSON text');
  }
  if (!isFields(value) || value['lanpair'] !== 'peer') return problem('is not a record of lanpair');
  if (value['version'] !== version)
    return problem(`has the version ${JSON.stringify(value['version'])}, and this lanpair reads ${version}`);
  const { id, protocol, body } = value;
  if (typeof id !== 'string' || `${id}.json` !== basename(path)) return problem('holds another id than its name says');
  if (typeof protocol !== 'string' || body === undefined) return problem('lacks its protocol or its body');
  return { ok: true, record: { id, protocol, body: body as Json } };
}

function isFields(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A field of a record's body, or null. */
export function field(value: Json, name: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  return (value as { readonly [key: string]: Json })[name] ?? null;
}

async function preparePeers(directory: string): Promise<void> {
  await makePrivateDirectory(directory);
  await chmod(directory, 0o700);
}

function pathOf(directory: string, id: string): string {
  return join(directory, `${id}.json`);
}

/** A complaint about a directory that cannot be used. */
export function cannotUse(path: string, thrown: unknown): Complaint {
  const isFull = ['ENOSPC', 'EDQUOT'].includes(codeOf(thrown));
  return new Complaint(
    `Cannot use ${path}: ${reasonOf(thrown)}.`,
    isFull
      ? 'Next: free some space there, and try again.'
      : 'Next: make it yours and writable, or set XDG_STATE_HOME to a directory that is.',
    exitCode.cannotCreate,
  );
}
