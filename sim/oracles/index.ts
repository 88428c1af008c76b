/** The oracles, by their numbers in PROTOCOL.md §2.8. Those that are missing here are claims that annex cannot keep. */
import { agreement } from './agreement.ts';
import { crashRecovers } from './crash.ts';
import { fairLossPairs } from './fair-loss.ts';
import { onePeer } from './one-peer.ts';
import type { Oracle } from './oracle.ts';
import { proof } from './proof.ts';
import { quietEnd } from './quiet-end.ts';
import { replayChangesNothing } from './replay.ts';
import { secrets } from './secrets.ts';

export const oracles: readonly Oracle[] = [
  proof,
  agreement,
  onePeer,
  fairLossPairs,
  quietEnd,
  secrets,
  crashRecovers,
  replayChangesNothing,
];
