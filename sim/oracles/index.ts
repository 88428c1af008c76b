/** The oracles, by their numbers in PROTOCOL.md §2.8. A subject is exempt from what it cannot keep. */
import { agreement } from './agreement.ts';
import { amplification } from './amplification.ts';
import { crashRecovers } from './crash.ts';
import { fairLossPairs } from './fair-loss.ts';
import { guesses } from './guesses.ts';
import { onePeer } from './one-peer.ts';
import type { Oracle } from './oracle.ts';
import { proof } from './proof.ts';
import { quietEnd } from './quiet-end.ts';
import { replayChangesNothing } from './replay.ts';
import { secrets } from './secrets.ts';
import { strangers } from './strangers.ts';
import { traffic } from './traffic.ts';

export const oracles: readonly Oracle[] = [
  proof,
  agreement,
  onePeer,
  guesses,
  strangers,
  fairLossPairs,
  quietEnd,
  secrets,
  amplification,
  crashRecovers,
  traffic,
  replayChangesNothing,
];
