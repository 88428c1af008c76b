/** Which cryptography a run had, where that has to be said. */
import { subjects } from '../../sim/index.ts';

/** As an address has it: only where it is not what the conversation is simulated with. Another one makes another run. */
export function suiteIn(protocol: string, suite: string): 'real' | null {
  return suite === 'real' && subjects.get(protocol)?.suite.name !== suite ? suite : null;
}
