/** A recorded datagram of git-annex's pairing confirms or denies any phrase: the digest is an HMAC under it. */
import { verify } from '../../protocol/annex/digest.ts';
import { phraseKey } from '../../protocol/annex/phrase.ts';
import { read } from '../../protocol/annex/reader.ts';
import type { MakeTrial } from './eavesdropper.ts';

export const annexTrial: MakeTrial = (recording, suite) => {
  const messages = recording.flatMap(({ bytes }) => {
    const reading = read(bytes);
    return reading.ok ? [reading.message] : [];
  });
  const [first] = messages;
  return {
    heard: first === undefined ? null : `${messages.length} signed datagrams`,
    confirms: (guess) =>
      first !== undefined && verify(first, phraseKey(guess), suite) ? `the digest of a ${first.stage}` : null,
  };
};
