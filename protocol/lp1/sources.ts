/**
 * Places that returned a cookie, of all candidates: one bounded table, shared by address.
 *
 * Anybody has as many iids as he likes, and may claim anybody's; of addresses he has few. So who has most places in the
 * table loses one when it is full, and n strangers' addresses cannot put out an honest one while there is room for n + 1.
 */

import { concat, fromHex, utf8 } from '../bytes.ts';
import type { Suite } from '../contract.ts';
import { candidateWith, stateWith } from './changes.ts';
import { limits } from './limits.ts';
import {
  type Candidate,
  candidateOf,
  type Lp1State,
  placeOf,
  putCandidate,
  type Route,
  type Source,
  sourceAt,
  withSource,
} from './state.ts';

interface Entry {
  readonly candidate: Candidate;
  readonly source: Source;
}

/** With this place of this iid in it; null where the table is full of places of those who proved the phrase. */
export function withPlace(state: Lp1State, suite: Suite, iid: string, route: Route): Lp1State | null {
  if (sourceAt(candidateOf(state, iid), route) !== undefined) return state;
  const next = withRoom(state, suite, iid, route);
  return next === null
    ? null
    : putCandidate(next, withSource(candidateOf(next, iid) ?? blank(iid, route), bare(route)));
}

function bare(route: Route): Source {
  const place = placeOf(route);
  return {
    route,
    place,
    cookie: null,
    pending: null,
    heard: null,
    early: null,
    share: null,
    shareSent: false,
    repeats: 0,
  };
}

function blank(iid: string, route: Route): Candidate {
  return { iid, route, sources: [], verified: null, y: null, confirm: null, proof: null, dead: null };
}

function withRoom(state: Lp1State, suite: Suite, iid: string, route: Route): Lp1State | null {
  const places = state.candidates.reduce((sum, { sources }) => sum + sources.length, 0);
  if (places < limits.candidates) return state;
  const out = mostOf(state, suite, iid, route);
  if (out === null) return null;
  const { place } = out.source;
  const queue = state.queue.filter((job) => job.iid !== out.candidate.iid || job.place !== place);
  const sources = out.candidate.sources.filter((source) => source !== out.source);
  if (sources.length > 0) return putCandidate(stateWith(state, { queue }), candidateWith(out.candidate, { sources }));
  const keep = (entry: { readonly iid: string }): boolean => entry.iid !== out.candidate.iid;
  const secrets = { ...state.secrets, candidates: state.secrets.candidates.filter(keep) };
  return stateWith(state, { secrets, queue, candidates: state.candidates.filter(keep) });
}

/**
 * One of the address that would have most, the new one counted; rather one where nobody was verified; of several the one
 * that a keyed hash says. Never a verified place of somebody who proved the phrase.
 */
function mostOf(state: Lp1State, suite: Suite, iid: string, route: Route): Entry | null {
  const loose: Entry[] = [];
  const counts = new Map([[route.endpoint.address, 1]]);
  for (const candidate of state.candidates) {
    for (const source of candidate.sources) {
      if (candidate.proof !== null && source.heard !== null) continue;
      loose.push({ candidate, source });
      const { address } = source.route.endpoint;
      counts.set(address, (counts.get(address) ?? 0) + 1);
    }
  }
  const countOf = ({ source }: Entry): number => counts.get(source.route.endpoint.address) ?? 0;
  let most = 0;
  for (const entry of loose) most = Math.max(most, countOf(entry));
  const worst = loose.filter((entry) => countOf(entry) === most);
  const unheard = worst.filter(({ source }) => source.heard === null);
  const choice = unheard.length > 0 ? unheard : worst;
  const draw = suite.hmac(state.secrets.cookieKey ?? new Uint8Array(0), concat(fromHex(iid), utf8(placeOf(route))));
  return choice[(((draw[0] ?? 0) << 8) | (draw[1] ?? 0)) % choice.length] ?? null;
}
