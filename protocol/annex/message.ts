/**
 * The messages of git-annex's local pairing, as values. Names are the wire's own (git-annex's record fields), so that a
 * reader can lay a datagram beside the code. All texts are data of others; nothing here has been proven or cleaned.
 */

/** PairReq asks; PairAck answers, by somebody who typed the phrase; PairDone closes. */
export type Stage = 'PairReq' | 'PairAck' | 'PairDone';

export interface PairData {
  /** `uname -n` of the sender; null is the wire's `Nothing`. */
  readonly remoteHostName: string | null;
  readonly remoteUserName: string;
  /** `~/relative` or absolute. May hold lone surrogates U+DC80..DCFF: bytes that were not UTF-8. */
  readonly remoteDirectory: string;
  /** `type base64`, as sent: see ssh-key.ts for what is accepted of it. */
  readonly remoteSshPubKey: string;
  /** Of the pairing, made by the initiator, the same in all three stages; null is the wire's `NoUUID`. */
  readonly pairUUID: string | null;
}

/** What the digest covers. */
export interface Body {
  readonly stage: Stage;
  readonly data: PairData;
  /** The sender's address on the interface it left by: `10.77.0.1`, or an IPv6 address (parsed, never sent by git-annex). */
  readonly address: string;
}

export interface Message extends Body {
  /** As sent; lower-case hex HMAC-SHA1 over the canonical text of the body when it is right. */
  readonly digest: string;
}
