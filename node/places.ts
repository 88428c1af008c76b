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
  /** Ours alone, and written anew at each pairing: what ssh is told of the peers. */
  readonly sshConfig: string;
  readonly knownHosts: string;
  /** Where `lanpair serve` is asked to step aside. */
  readonly door: string;
  /** Null when `state` is where every program of this person looks, else `state`. */
  readonly unusualState: string | null;
}

export function placesOf(environment: NodeJS.ProcessEnv): Places {
  const fromEnvironment = environment['HOME'];
  const home = fromEnvironment !== undefined && isAbsolute(fromEnvironment) ? fromEnvironment : homedir();
  const xdg = environment['XDG_STATE_HOME'];
  // The XDG specification: a relative path there is invalid and ignored.
  const usual = join(home, '.local', 'state', 'lanpair');
  return placesIn(home, xdg !== undefined && isAbsolute(xdg) ? join(xdg, 'lanpair') : usual);
}

/** With a state directory that is known already. */
export function placesIn(home: string, state: string): Places {
  return {
    home,
    state,
    peers: join(state, 'peers'),
    lock: join(state, 'lock'),
    key: join(state, 'id_ed25519'),
    ssh: join(home, '.ssh'),
    sshConfig: join(state, 'ssh', 'config'),
    knownHosts: join(state, 'ssh', 'known_hosts'),
    door: join(state, 'door'),
    unusualState: state === join(home, '.local', 'state', 'lanpair') ? null : state,
  };
}
