/** The network's word of a name against that of the peer: another machine of that name, perhaps, or somebody who lies. */
import { formatAddress, parseAddress } from '../protocol/address.ts';
import { printable } from '../protocol/display.ts';
import { addressesMax } from '../protocol/locate/sealed.ts';
import { type Resolve, systemResolve } from './lookup.ts';

interface Names {
  readonly resolve: Resolve;
  /** Names that were asked for since the last time, each with the addresses that the peer does not list as its own. */
  doubts(listed: readonly string[]): readonly (readonly [name: string, addresses: readonly string[]])[];
}

/** What the system says of names while the core asks it. */
export function makeNames(resolve: Resolve = systemResolve): Names {
  const answered = new Map<string, readonly string[]>();
  return {
    resolve: (query, done) =>
      resolve(query, (error, answers) => {
        if (query.kind === 'addresses') answered.set(query.name, answers);
        done(error, answers);
      }),
    doubts(listed): readonly (readonly [string, readonly string[]])[] {
      const known = new Set(listed.map(plain));
      // Of whoever lists as many as there is room for, or none, nothing is known of the others.
      const isWhole = listed.length > 0 && listed.length < addressesMax;
      const all = [...answered].map(
        ([name, addresses]) => [name, isWhole ? addresses.filter((each) => !known.has(plain(each))) : []] as const,
      );
      answered.clear();
      return all.filter(([, addresses]) => addresses.length > 0);
    },
  };
}

/** One text for one address, without its zone, which is of this machine. */
function plain(text: string): string {
  const address = parseAddress(text);
  return address === null ? text : formatAddress({ ...address, zone: null });
}

export function doubtText(peer: string, name: string, addresses: readonly string[]): string {
  const who = printable(peer, 80);
  const where = addresses.map((address) => printable(address)).join(' and ');
  return `careful: ${printable(name)} leads to ${where} as well, where ${who} does not say that it is; ssh by ${who}'s lanpair name does not go by it`;
}
