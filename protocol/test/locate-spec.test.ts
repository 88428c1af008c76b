/** The vectors of `locate` are what the code makes, the machine says byte for byte what they say, and the table is printed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { fromHex, toHex } from '../bytes.ts';
import type { Effect, Input, Interface, Json, StoredRecord } from '../contract.ts';
import { locate } from '../index.ts';
import { realSuite } from '../suite.ts';
import { pairedDisks } from './locate-lan.ts';
import { entropies, pairing, printVectors } from './locate-vectors.ts';
import { Lan } from './lp1-lan.ts';

const { protocol } = locate;

type InterfaceAddress = Interface['addresses'][number];

interface Datagram {
  readonly datagram: string;
}

const text = readFileSync(join(process.cwd(), 'protocol/test/vectors/locate/exchange.json'), 'utf8');
const vectors = JSON.parse(text) as {
  readonly where: Datagram;
  readonly second: Datagram;
  readonly here: Datagram;
  readonly hereOfTwo: Datagram;
  readonly note: string;
};

test('the vectors are what keys and codec make of their entropy', (t) => {
  t.is(printVectors(), text);
});

/** A record as lp1 writes it, of the pairing in the vectors. */
function recordOf(name: 'alice' | 'bob'): StoredRecord {
  const [record] = pairedDisks(new Lan())[name].records.values();
  const body = record?.body as { readonly [name: string]: Json };
  const [mine, theirs] = name === 'alice' ? [pairing.alice, pairing.bob] : [pairing.bob, pairing.alice];
  return {
    id: pairing.record,
    protocol: 'lp1',
    body: { ...body, mine: mine.iid, theirs: theirs.iid, pair: pairing.pairKey },
  };
}

function puppet(
  name: 'alice' | 'bob',
  address: string,
  ...more: readonly InterfaceAddress[]
): (input: Input) => readonly Effect[] {
  let state = protocol.initial();
  const feed = (input: Input): readonly Effect[] => {
    const [next, effects] = protocol.step(state, input, realSuite);
    state = next;
    return effects;
  };
  feed({
    type: 'start',
    phrase: null,
    self: {
      hostName: name,
      userName: name,
      directory: '~',
      sshKey: '',
      hostKeys: [],
      displayName: '',
      repository: '',
      program: '',
    },
    interfaces: [{ name: 'eth0', addresses: [{ family: 4, address, prefix: 24 }, ...more] }],
    peers: [],
    entropy: entropies[name],
    records: [recordOf(name)],
    windowMs: 0,
  });
  return feed;
}

function sent(effects: readonly Effect[]): readonly string[] {
  return effects.flatMap((effect) => (effect.type === 'send' ? [toHex(effect.bytes)] : []));
}

test('with their entropies alice asks and bob answers what the vectors say', (t) => {
  const [alice, bob] = [puppet('alice', '10.0.0.1'), puppet('bob', '10.0.0.2')];
  const [epoch] = alice({ type: 'command', command: { name: 'find', record: pairing.record } });
  t.like(epoch, { type: 'store', id: `${pairing.record}/epoch`, record: { id: vectors.note, body: { epoch: 1 } } });
  const stored = (what: string): Input => ({
    type: 'outcome',
    outcome: { of: 'store', id: `${pairing.record}/${what}`, ok: true },
  });
  t.is(sent(alice(stored('epoch')))[0], vectors.where.datagram);
  alice({ type: 'timer', name: `calm ${pairing.record}` });
  t.is(sent(alice({ type: 'timer', name: `ask ${pairing.record}` }))[0], vectors.second.datagram);
  const hear = (bytes: string, address: string): Input => ({
    type: 'datagram',
    bytes: fromHex(bytes),
    source: { address, port: 40_001 },
    interface: 'eth0',
    via: 'unicast',
  });
  const [heard] = bob(hear(vectors.where.datagram, '10.0.0.1')).filter(({ type }) => type === 'store');
  t.like(heard, { record: { id: vectors.note, body: { heard: 1, epoch: 0 } } });
  t.deepEqual(sent(bob(stored('heard/1'))), [vectors.here.datagram]);
  const lookups = alice(hear(vectors.here.datagram, '10.0.0.2')).filter(({ type }) => type === 'lookup');
  t.is(lookups.length, 1, 'alice takes it for proven');
});

test('answered from a link-local address, alice asks her second question at the other one that bob lists', (t) => {
  const alice = puppet('alice', '10.0.0.1', { family: 6, address: 'fe80::1', prefix: 64 });
  const outcome = (of: 'store' | 'lookup', what: string): Input => ({
    type: 'outcome',
    outcome: { of, id: `${pairing.record}/${what}`, ok: true, answers: [] },
  });
  alice({ type: 'command', command: { name: 'find', record: pairing.record } });
  t.is(sent(alice(outcome('store', 'epoch')))[0], vectors.where.datagram);
  alice({ type: 'timer', name: `calm ${pairing.record}` });
  const source = { address: 'fe80::2%eth0', port: 40_001 };
  alice({ type: 'datagram', bytes: fromHex(vectors.hereOfTwo.datagram), source, interface: 'eth0', via: 'unicast' });
  alice(outcome('lookup', 'mdns'));
  const effects = alice(outcome('lookup', 'dns'));
  t.deepEqual(sent(effects), [vectors.second.datagram]);
  t.like(effects[0], { to: { address: '10.0.0.2', port: 55_557 }, from: 'group' });
});

/** The table as the specification prints it: one row for all situations in which an event means the same. */
function tableText(): string {
  const rows = new Map<string, string[]>();
  for (const { situation, event, kind, to, why } of protocol.table) {
    if (kind === 'impossible' || situation === 'Idle') continue;
    const key = [event, kind === 'stays' ? '' : to.join(' '), why].join(' | ');
    rows.set(key, [...(rows.get(key) ?? []), situation]);
  }
  const lines = [...rows].map(([key, situations]) => {
    const [event = '', to = '', why = ''] = key.split(' | ');
    return `| \`${event}\` | ${situations.join(' ')} | ${to} | ${why} |`;
  });
  return ['| event | in | may lead to | what is done, and why |', '|---|---|---|---|', ...lines.toSorted()].join('\n');
}

test('the specification prints the table as it is', (t) => {
  const spec = readFileSync(join(process.cwd(), 'protocol/locate/SPEC.md'), 'utf8');
  const table = tableText();
  if (!spec.includes(table)) t.log(table);
  t.true(spec.includes(table), 'copy the table from the log into SPEC.md');
});
