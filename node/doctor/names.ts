/**
 * Do `.local` names work here? They are how a person (and ssh, where `lanpair serve` does not run) finds a machine by name.
 * The system is asked for our own one, as any program would ask it.
 */
import { lookup } from 'node:dns';
import { accessSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { codeOf, reasonOf } from '../complaint.ts';
import type { Names } from './facts.ts';

const patienceMs = 5000;

export async function askNames(): Promise<Names> {
  const [label = ''] = hostname().split('.');
  const name = `${label}.local`;
  const services = textOf('/etc/nsswitch.conf');
  return {
    name,
    services: /^hosts:\s*(.*)$/m.exec(services ?? '')?.[1] ?? null,
    hasAvahi: isThere('/run/avahi-daemon/socket') || isThere('/var/run/avahi-daemon/socket'),
    ...(isLabel(label) ? await resolve(name) : { addresses: [], failed: 'no name that others could ask for' }),
  };
}

/** The resolver can hang: it is given up on, and the program ends all the same. */
function resolve(name: string): Promise<Pick<Names, 'addresses' | 'failed'>> {
  return new Promise((done) => {
    const limit = setTimeout(() => done({ addresses: [], failed: `no answer in ${patienceMs / 1000} s` }), patienceMs);
    lookup(name, { all: true }, (error, found) => {
      clearTimeout(limit);
      if (error === null) return done({ addresses: found.map(({ address }) => address), failed: null });
      done({ addresses: [], failed: codeOf(error) === '' ? reasonOf(error) : codeOf(error) });
    });
  });
}

function isLabel(label: string): boolean {
  return /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(label);
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function isThere(path: string): boolean {
  try {
    accessSync(path);
    return true;
  } catch {
    return false;
  }
}
