/** Where things of ours are: the XDG state directory, and the person's ~/.ssh. All from the environment, none cached. */
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

export interface Places {
  readonly home: string;
  /** `$XDG_STATE_HOME/lanpair`, else `~/.local/state/lanpair`. */
  readonly state: string;
  readonly peers: string;
  readonly lock: string;
  readonly key: string;
  readonly ssh: string;
}

export function placesOf(environment: NodeJS.ProcessEnv): Places {
  const fromEnvironment = environment['HOME'];
  const home = fromEnvironment !== undefined && isAbsolute(fromEnvironment) ? fromEnvironment : homedir();
  const xdg = environment['XDG_STATE_HOME'];
  // The XDG specification: a relative path there is invalid and ignored.
  const state = join(xdg !== undefined && isAbsolute(xdg) ? xdg : join(home, '.local', 'state'), 'lanpair');
  return {
    home,
    state,
    peers: join(state, 'peers'),
    lock: join(state, 'lock'),
    key: join(state, 'id_ed25519'),
    ssh: join(home, '.ssh'),
  };
}
