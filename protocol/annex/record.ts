/**
 * What `annex` keeps on disk of a conversation: our own signed datagrams and digests of the partner's proven ones, never
 * the phrase (git-annex's HMAC key is the phrase itself). Enough to answer a byte-equal PairAck after a crash; for any
 * other unfinished step the phrase is asked for again, and our own stored datagram tells whether it is the right one.
 *
 * A record's id comes from the partner's key: pairing the same key again rewrites the same record, so there can never be
 * two lines for one key in authorized_keys, and crossing requests converge without any bookkeeping.
 */
import { toHex, utf8 } from '../bytes.ts';
import type { Json, StoredRecord, Suite } from '../contract.ts';
import type { Conversation, Partner, Role } from './state.ts';

/** asking: our request, nobody has answered. pairing: the partner is proven, its key is (being) granted. paired: done. */
export type Step = 'asking' | 'pairing' | 'paired';

/** One of our own signed datagrams; each interface's copy is signed for that interface's address. */
export interface Sent {
  readonly interface: string;
  readonly datagram: string;
}

export interface AnnexBody {
  readonly version: 1;
  readonly step: Step;
  readonly role: Role;
  readonly uuids: readonly string[];
  /** Our own crossing request, if we had asked as well: its answer may still come after a crash. */
  readonly own: string | null;
  readonly self: {
    readonly hostName: string;
    readonly userName: string;
    readonly directory: string;
    readonly sshKey: string;
  };
  readonly peer: Partner | null;
  readonly sent: readonly Sent[];
  readonly heard: readonly string[];
  /** Best name or address of the peer when it was last looked for. */
  readonly host: string | null;
  readonly previous: Json;
}

/** The id of the record (and the tag in authorized_keys) of a partner with this key. */
export function recordId(sshKey: string, suite: Suite): string {
  return toHex(suite.hash(utf8(`lanpair/1 annex record ${sshKey}`))).slice(0, 16);
}

/** The one record of a request of ours that nobody has answered yet. */
export const askingRecord = 'a5king0000000000';

/** What a byte-equal repetition of a proven datagram is recognised by. */
export function heardDigest(datagram: Uint8Array, suite: Suite): string {
  return toHex(suite.hash(datagram)).slice(0, 32);
}

export function storedRecord(id: string, body: AnnexBody): StoredRecord {
  // A round trip through plain objects: Json has no undefined, and no key order of its own.
  return {
    id,
    protocol: 'annex',
    body: {
      ...body,
      self: { ...body.self },
      peer: body.peer && { ...body.peer },
      sent: body.sent.map((sent) => ({ ...sent })),
    },
  };
}

/** The record of a pairing of which, as its initiator, we proved exactly these bytes of a PairAck. */
export function reopenable(records: readonly StoredRecord[], datagram: Uint8Array, suite: Suite): StoredRecord | null {
  const digest = heardDigest(datagram, suite);
  const found = records.find((record) => {
    const body = bodyOf(record);
    return body !== null && body.role === 'initiator' && body.step !== 'asking' && body.heard.includes(digest);
  });
  return found ?? null;
}

/** Sorted by id; one with the same id is replaced. */
export function withRecord(records: readonly StoredRecord[], record: StoredRecord): readonly StoredRecord[] {
  return [...withoutRecord(records, record.id), record].sort((a, b) => (a.id < b.id ? -1 : 1));
}

export function withoutRecord(records: readonly StoredRecord[], id: string): readonly StoredRecord[] {
  return records.filter((record) => record.id !== id);
}

/** The conversation that an unfinished or finished record holds. */
export function conversationOf(id: string, body: AnnexBody): Conversation | null {
  if (body.peer === null) return null;
  const { role, uuids, peer, heard, previous } = body;
  return { role, uuids, record: id, partner: peer, heard, writing: null, resumed: true, previous };
}

/** Null where it is not a body of ours: a newer version, another shape, a damaged file. */
export function bodyOf(record: StoredRecord): AnnexBody | null {
  const body = record.body;
  if (record.protocol !== 'annex' || !isObject(body) || body['version'] !== 1) return null;
  const { step, role, uuids, own, self, peer, sent, heard, host, previous } = body;
  if (step !== 'asking' && step !== 'pairing' && step !== 'paired') return null;
  if (role !== 'initiator' && role !== 'responder') return null;
  if (!isTexts(uuids) || !isTexts(heard) || !isObject(self) || !isSentList(sent)) return null;
  if (!hasTexts(self, ['hostName', 'userName', 'directory', 'sshKey'])) return null;
  if (peer !== null && !isPartner(peer)) return null;
  if (step !== 'asking' && peer === null) return null;
  if (host !== null && typeof host !== 'string') return null;
  if (own !== null && typeof own !== 'string') return null;
  return { version: 1, step, role, uuids, own, self, peer, sent, heard, host, previous: previous ?? null };
}

type JsonObject = { readonly [key: string]: Json };

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTexts(value: Json | undefined): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}

function hasTexts<K extends string>(
  value: JsonObject,
  keys: readonly K[],
): value is JsonObject & Readonly<Record<K, string>> {
  return keys.every((key) => typeof value[key] === 'string');
}

function isPartner(value: Json | undefined): value is JsonObject & Partner {
  return (
    isObject(value) && hasTexts(value, ['hostName', 'userName', 'directory', 'sshKey']) && isTexts(value['addresses'])
  );
}

function isSentList(value: Json | undefined): value is readonly (JsonObject & Sent)[] {
  return (
    Array.isArray(value) && value.every((sent: Json) => isObject(sent) && hasTexts(sent, ['interface', 'datagram']))
  );
}
