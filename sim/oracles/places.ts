/** What the oracle of amplification remembers of each life of a host: the places that it heard from and spoke to. */
import type { Endpoint } from '../../protocol/contract.ts';

/**
 * What one life of a host had to do with one endpoint. Looked up for every datagram of a crowd, and so by the endpoint itself, and what it
 * holds by the texts of the datagram: texts that are made anew for each lookup cost more than all the rest.
 */
export interface Place {
  /** For which iid each cookie was given. */
  readonly cookies: Map<string, string>;
  /** The iid of the BEACON that was heard last from here: the one that is answered. */
  asked: string | null;
  /** Iids that proved themselves here. */
  readonly iids: Set<string>;
  /** Null until something came from here. */
  dealing: Dealing | null;
  /** What was said to it last of each kind, by whom it was said to: an iid, or the cookie of a BEACON. */
  readonly last: Map<string, Said[]>;
}

interface Said {
  readonly kind: string;
  readonly from: string;
  atUs: number;
}

export interface Dealing {
  /** Cookies for this place that came back from there. */
  readonly returned: Set<string>;
  /** BEACONs from there that no BEACON answered yet. */
  owed: number;
  /** BEACONs from there, and those said to it. */
  beacons: number;
  echoes: number;
  /** Who said whom a SHARE there, by the other's iid: that place is in the tables of this session. One that begins anew has none. */
  readonly known: Map<string, string[]>;
  received: number;
  sent: number;
  /** It said CONFIRM, READY, DONE or CANCEL, and is answered. */
  ends: boolean;
}

export interface Life {
  /** By address and port. */
  readonly places: Map<string, Map<number, Place>>;
  /** How many places proved themselves, each with its iid. */
  provenPlaces: number;
  readonly buckets: Map<string, { tokens: number; atUs: number }>;
  /** Addresses of places that proved themselves. */
  readonly proven: Set<string>;
  /** Where peers of its records were: proven when they were written. */
  readonly homes: Set<string>;
  /** Where peers of the records were that it wrote in this life. */
  readonly written: Set<string>;
  /** Where a HERE proved a peer to be, in this life or in the one that wrote it down. */
  readonly found: Set<string>;
}

export function placeAt({ places }: Life, { address, port }: Endpoint): Place {
  const ports = places.get(address) ?? new Map<number, Place>();
  const known = ports.get(port);
  if (known !== undefined) return known;
  const place: Place = { cookies: new Map(), asked: null, iids: new Set(), dealing: null, last: new Map() };
  places.set(address, ports.set(port, place));
  return place;
}
