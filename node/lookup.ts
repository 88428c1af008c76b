/**
 * Names to addresses and back, through the system's own resolver: that is where `.local` names (mDNS, by nss) and
 * /etc/hosts are. A look-up can hang for tens of seconds and holds one of Node's four worker threads meanwhile, which
 * the disk needs too: so at most two are under way, each is answered after 5 s whatever happens, and the line is bounded.
 */
import { lookupService, lookup as systemLookup } from 'node:dns';
import { isIP } from 'node:net';
import type { Outcome, Query } from '../protocol/contract.ts';
import { codeOf, reasonOf } from './complaint.ts';

/** Calls back with the answers or an error, once, perhaps never. */
export type Resolve = (query: Query, done: (error: unknown, answers: readonly string[]) => void) => void;

type LookupOutcome = Extract<Outcome, { of: 'lookup' }>;

export interface Lookups {
  ask(id: string, query: Query): void;
  close(): void;
}

const atOnceMax = 2;
const waitingMax = 64;
const timeoutMs = 5000;

export function makeLookups(answer: (outcome: LookupOutcome) => void, resolve: Resolve = systemResolve): Lookups {
  const waiting: { readonly id: string; readonly query: Query }[] = [];
  const timeouts = new Set<NodeJS.Timeout>();
  let underWay = 0;
  let isClosed = false;

  const next = (): void => {
    if (underWay >= atOnceMax || isClosed) return;
    const job = waiting.shift();
    if (job === undefined) return;
    underWay++;
    let isAnswered = false;
    const say = (outcome: LookupOutcome): void => {
      clearTimeout(timeout);
      timeouts.delete(timeout);
      if (!isAnswered && !isClosed) answer(outcome);
      isAnswered = true;
    };
    const timeout = setTimeout(
      () => say({ of: 'lookup', id: job.id, ok: false, reason: `no answer in ${timeoutMs / 1000} s` }),
      timeoutMs,
    );
    timeouts.add(timeout);
    resolve(job.query, (error, answers) => {
      say(outcomeOf(job.id, error, answers));
      // Its thread is free only now, whether or not we had waited that long.
      underWay--;
      next();
    });
  };

  return {
    ask(id, query): void {
      const refusal = waiting.length >= waitingMax ? 'too many look-ups wait' : refusalOf(query);
      if (refusal !== null) {
        queueMicrotask(() => answer({ of: 'lookup', id, ok: false, reason: refusal }));
        return;
      }
      waiting.push({ id, query });
      next();
    },
    close(): void {
      isClosed = true;
      waiting.length = 0;
      for (const timeout of timeouts) clearTimeout(timeout);
    },
  };
}

function outcomeOf(id: string, error: unknown, answers: readonly string[]): LookupOutcome {
  if (error === null || error === undefined) return { of: 'lookup', id, ok: true, answers };
  const isNone = ['ENOTFOUND', 'ENODATA', 'EAI_NODATA', 'EAI_NONAME'].includes(codeOf(error));
  return isNone
    ? { of: 'lookup', id, ok: true, answers: [] }
    : { of: 'lookup', id, ok: false, reason: reasonOf(error) };
}

/** Names come from peers: only what can be a host name is ever given to the resolver. */
function refusalOf(query: Query): string | null {
  if (query.kind === 'names') return isIP(query.address) === 0 ? 'that is no address' : null;
  const isName = query.name.length <= 253 && /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?\.?$/.test(query.name);
  return isName ? null : 'that is no host name';
}

export const systemResolve: Resolve = (query, done) => {
  if (query.kind === 'addresses') {
    systemLookup(query.name, { all: true }, (error, found) =>
      done(error, error === null ? [...new Set(found.map(({ address }) => address))] : []),
    );
  } else {
    // The port only fills the call: the service name is not used.
    lookupService(query.address, 22, (error, name) =>
      done(error, error === null && name !== query.address ? [name] : []),
    );
  }
};
