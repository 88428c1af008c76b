/**
 * git-annex's proof: HMAC-SHA1 under the phrase's key, over the canonical text of a body.
 *
 * The digest covers the value, not the bytes that came: git-annex renders what it parsed again and compares, and so do
 * we. What it does not cover: the packet's source, the ssh host key, a time.
 */
import { equalBytes, toHex, utf8 } from '../bytes.ts';
import type { Suite } from '../contract.ts';
import { realSuite } from '../suite.ts';
import type { Body, Message } from './message.ts';
import { bodyText } from './writer.ts';

/** The body with its digest under this key (of `phraseKey`). Throws Misuse where `bodyText` does. */
export function sign(body: Body, key: Uint8Array, suite: Suite = realSuite): Message {
  return { stage: body.stage, data: body.data, address: body.address, digest: digestOf(body, key, suite) };
}

/**
 * Whether the digest of a message is right under this key. Exactly lower-case hex, as git-annex compares: an upper-case
 * or spaced digest is wrong. Takes the same time wherever the digests differ.
 */
export function verify(message: Message, key: Uint8Array, suite: Suite = realSuite): boolean {
  return equalBytes(utf8(message.digest), utf8(digestOf(message, key, suite)));
}

function digestOf(body: Body, key: Uint8Array, suite: Suite): string {
  return toHex(suite.hmacSha1(key, utf8(bodyText(body))));
}
