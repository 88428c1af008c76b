/** lp1's records at the border of the disk: whole ones are taken up, damaged, foreign and newer ones are left alone. */
import test from 'ava';
import type { Json, StoredRecord } from '../contract.ts';
import { readRecord, writeRecord } from '../lp1/record.ts';
import type { Bond } from '../lp1/state.ts';
import { Lan, pairedWell } from './lp1-lan.ts';

type Fields = { readonly [name: string]: Json };

function wholeRecord(): StoredRecord {
  const lan = new Lan();
  const [alice, bob] = [lan.add('alice'), lan.add('bob')];
  for (const host of [alice, bob]) host.start('73-ladder-acid-hope-rabbit');
  lan.until(() => pairedWell(alice, bob) === null, 5000);
  const [record] = [...alice.records.values()];
  if (record === undefined) throw new Error('they did not pair');
  return record;
}

test('a whole record is read; without any one of its fields, or with it of another shape, it is not', (t) => {
  const record = wholeRecord();
  const body = record.body as Fields;
  t.not(readRecord(record), null);
  const damaged = (fields: Fields): unknown => readRecord({ ...record, body: { ...body, ...fields } });
  const needed = [
    'version',
    'mine',
    'theirs',
    'finMine',
    'finTheirs',
    'pair',
    'th',
    'confirm',
    'step',
    'heard',
    'address',
    'port',
    'reason',
    'peer',
    'self',
  ];
  for (const name of needed) {
    t.true(name in body, name);
    const { [name]: _, ...without } = body;
    t.is(readRecord({ ...record, body: without }), null, `without ${name}`);
    for (const wrong of [null, [], {}, 'no such thing!', true])
      t.is(damaged({ [name]: wrong }), null, `${name}: ${JSON.stringify(wrong)}`);
  }
  const peer = body['peer'] as Fields;
  for (const name of [
    'sshKey',
    'userName',
    'hostName',
    'directory',
    'repository',
    'displayName',
    'program',
    'hostKeys',
    'addresses',
    'sshPort',
  ]) {
    const { [name]: _, ...without } = peer;
    t.is(damaged({ peer: without }), null, `without peer.${name}`);
    t.is(damaged({ peer: { ...peer, [name]: [7] } }), null, `peer.${name} of another shape`);
  }
});

test('the record says where the peer is by an address that is not link-local, if it was proven at one', (t) => {
  const whole = readRecord(wholeRecord());
  if (whole === null) throw new Error('it does not read');
  const at = (address: string): Bond['route'] => ({
    endpoint: { address, port: 4444 },
    interface: 'eth0',
    from: 'unicast',
  });
  const addressIn = (route: string, ...also: readonly string[]): Json | undefined => {
    const bond = { ...whole.bond, route: at(route), also: also.map(at) };
    return (writeRecord(bond, whole.keys).body as Fields)['address'];
  };
  t.is(addressIn('fe80::1%eth0', 'FE80::2%eth0', '10.0.0.2', 'fd00::2'), '10.0.0.2');
  t.is(addressIn('10.0.0.3', '10.0.0.2'), '10.0.0.3');
  t.is(addressIn('fe80::1%eth0', 'fe80::2%eth0'), 'fe80::1%eth0');
});

test('what was being installed is installed again after a restart; a foreign record is not ours', (t) => {
  const record = wholeRecord();
  const body = record.body as Fields;
  for (const step of ['storing', 'installing', 'failed'])
    t.is(readRecord({ ...record, body: { ...body, step } })?.bond.step, 'stored');
  for (const step of ['installed', 'revoked'] as const)
    t.is(readRecord({ ...record, body: { ...body, step } })?.bond.step, step);
  for (const from of ['group', 'unicast'] as const)
    t.is(readRecord({ ...record, body: { ...body, from } })?.bond.route.from, from);
  t.is(readRecord({ ...record, protocol: 'annex' }), null);
  for (const other of [null, [], 'text', 7]) t.is(readRecord({ ...record, body: other }), null);
});
