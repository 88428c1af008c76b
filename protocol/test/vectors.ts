/** The recordings of git-annex 10.20230126 in `vectors/git-annex/`. Tests run from `dist/`, the data stays in the sources. */
import { readFileSync } from 'node:fs';

/** One datagram off the wire, with what it says and the phrase that it was signed with. */
export interface Recorded {
  readonly name: string;
  readonly stage: string;
  readonly secretPhrase: string;
  readonly normalizedSecret: string;
  readonly datagram: string;
  readonly datagramBase64: string;
  readonly fields: {
    readonly remoteHostName: string;
    readonly remoteUserName: string;
    readonly remoteDirectory: string;
    readonly remoteSshPubKey: string;
    readonly pairUUID: string;
    readonly address: string;
    readonly addressInteger: number;
  };
  /** The text that the digest covers. */
  readonly signed: string;
  readonly digest: string;
}

/** A datagram made by hand, with the verdict of git-annex's own reader. */
export interface ReaderCase {
  readonly name: string;
  readonly datagramBase64: string;
  readonly parsed: boolean;
  /** Parsed, but dropped before anything is done with it. */
  readonly ignoredForControlCharacters: boolean;
}

/** A reader case that git-annex reads and we refuse, by which rule, and why. */
export interface Stricter {
  readonly name: string;
  readonly rule: string;
  readonly why: string;
}

export const recorded: readonly Recorded[] = load('datagrams.json') as Recorded[];
export const readerCases: readonly ReaderCase[] = load('reader-cases.json') as ReaderCase[];
export const stricter: readonly Stricter[] = load('stricter.json') as Stricter[];

export function fromBase64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'));
}

function load(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../protocol/test/vectors/git-annex/${name}`, import.meta.url), 'utf8'));
}
