/** The ladder of `locate`, rung by rung: what a person is told while better addresses are still to be proven. */
import test from 'ava';
import { parseAddress } from '../address.ts';
import { fromHex, toHex, utf8 } from '../bytes.ts';
import type { Effect, Input, Interface, Json, Notice, SendEffect } from '../contract.ts';
import { locate } from '../index.ts';
import { readWhere, sealKeys, writeHere } from '../locate/sealed.ts';
import { limits } from '../locate/state.ts';
import { read } from '../lp1/messages.ts';
import { symbolicSuite as suite } from '../suite-symbolic.ts';
import { pairedDisks } from './locate-lan.ts';
import { Lan } from './lp1-lan.ts';

const { protocol } = locate;
const disks = pairedDisks(new Lan());
const [mine] = [...disks.alice.records.values()];
const [theirs] = [...disks.bob.records.values()];
if (mine === undefined || theirs === undefined) throw new Error('no records');
const record = mine.id;
const body = theirs.body as { readonly [name: string]: string };
const keys = sealKeys(suite, fromHex(body['pair'] ?? ''), body['mine'] ?? '', body['theirs'] ?? '');

const both: readonly Interface[] = [
  {
    name: 'eth0',
    addresses: [
      { family: 4, address: '10.0.0.1', prefix: 24 },
      { family: 6, address: 'fe80::1', prefix: 64 },
    ],
  },
];

/** Alice looks for bob, and hears from him what the test says; nothing comes by itself. */
class Alice {
  readonly effects: Effect[] = [];
  #state = protocol.initial();
  #nonces = 0;

  constructor(interfaces: readonly Interface[] = both) {
    const text = { hostName: 'alice', userName: 'ann', directory: '~', sshKey: '', displayName: '', repository: '' };
    this.feed({
      type: 'start',
      phrase: null,
      self: { ...text, hostKeys: [], program: '' },
      interfaces,
      peers: [],
      entropy: new Uint8Array(32).fill(5),
      records: mine === undefined ? [] : [{ ...mine, body: { ...(mine.body as { [name: string]: Json }) } }],
      windowMs: 0,
    });
    this.feed({ type: 'command', command: { name: 'find', record } });
    this.feed({ type: 'outcome', outcome: { of: 'store', id: `${record}/epoch`, ok: true } });
  }

  feed(input: Input): void {
    const [next, effects] = protocol.step(this.#state, input, suite);
    this.#state = next;
    this.effects.push(...effects);
  }

  /** Bob answers her last question from there, and lists these. */
  answer(from: string, listed: readonly string[]): void {
    const asked = this.#state.partners[0]?.ask?.nonces.at(-1);
    if (asked === undefined) throw new Error('nothing is asked');
    const addresses = listed.map((text) => parseAddress(text)?.bytes ?? new Uint8Array(4));
    const nonce = suite.hash(utf8(`${this.#nonces++}`)).slice(0, 24);
    const bytes = writeHere(suite, keys.mine, nonce, { epoch: 1, n: 0, asked, addresses, standing: 'installed' });
    const source = { address: from, port: 40_001 };
    this.feed({ type: 'datagram', bytes, source, interface: 'eth0', via: 'unicast' });
  }

  lookedUp(rung: 'mdns' | 'dns', answers: readonly string[]): void {
    this.feed({ type: 'outcome', outcome: { of: 'lookup', id: `${record}/${rung}`, ok: true, answers } });
  }

  timer(name: string): void {
    this.feed({ type: 'timer', name: `${name} ${record}` });
  }

  /** Both names lead nowhere. */
  nameless(): this {
    this.lookedUp('mdns', []);
    this.lookedUp('dns', []);
    return this;
  }

  get told(): readonly string[] {
    return this.effects.flatMap((effect) =>
      effect.type === 'notify' && effect.notice.event === 'address'
        ? [`${effect.notice.rung} ${effect.notice.host}`]
        : [],
    );
  }

  get sends(): readonly SendEffect[] {
    return this.effects.filter((effect): effect is SendEffect => effect.type === 'send');
  }
}

/** What went out since the first question. */
function since(alice: Alice, count: number): readonly SendEffect[] {
  return alice.sends.slice(count);
}

const list = ['10.0.0.2', 'fe80::2'];

test('the group is asked in each family of an interface, and nothing goes twice under one nonce', (t) => {
  const toGroup = ({ sends }: Alice): readonly SendEffect[] => sends.filter(({ to }) => to === 'group');
  const inBoth = toGroup(new Alice());
  t.deepEqual(
    inBoth.map(({ interface: name, family }) => `${name} ${family}`),
    ['eth0 4', 'eth0 6'],
  );
  t.is(new Set(inBoth.map(({ bytes }) => toHex(bytes))).size, 2);
  const [eth0] = both;
  const four: Interface = { name: 'eth0', addresses: eth0?.addresses.slice(0, 1) ?? [] };
  t.deepEqual(
    toGroup(new Alice([four])).map(({ family }) => family),
    [undefined],
  );
});

test('the first answer is link-local: he lists a wide address, is asked there, and that one is told', (t) => {
  const alice = new Alice();
  const first = alice.sends.length;
  alice.timer('calm');
  alice.answer('fe80::2%eth0', list);
  alice.nameless();
  t.deepEqual(alice.told, []);
  const [question, ...more] = since(alice, first);
  t.deepEqual(more, []);
  t.like(question, { to: { address: '10.0.0.2', port: 55_557 }, from: 'group', interface: null });
  // It is a question of its own: the same one again would be taken for a copy.
  const reading = read(question?.bytes ?? new Uint8Array(0));
  if (!reading.ok || reading.message.kind !== 'WHERE') return t.fail('no WHERE');
  t.like(
    readWhere(
      suite,
      sealKeys(suite, fromHex(body['pair'] ?? ''), body['theirs'] ?? '', body['mine'] ?? '').mine,
      reading.message,
    ),
    { epoch: 1, n: 1 },
  );
  alice.answer('10.0.0.2', list);
  t.deepEqual(alice.told, ['address 10.0.0.2']);
  const notice = alice.effects.flatMap((effect) => (effect.type === 'notify' ? [effect.notice] : [])).at(-2) as Notice;
  t.like(notice, { event: 'address', addresses: list });
});

test('nobody answers at the better address: asked from both ports, and then the link-local one is told, with its zone', (t) => {
  const alice = new Alice();
  alice.timer('calm');
  alice.answer('fe80::2', list);
  const before = alice.sends.length;
  alice.nameless();
  for (let turn = 0; turn < limits.turns; turn++) {
    t.deepEqual(alice.told, []);
    alice.timer('calm');
    alice.timer('better');
  }
  t.deepEqual(alice.told, ['address fe80::2%eth0']);
  t.deepEqual(
    since(alice, before).map(({ from }) => from),
    ['group', 'unicast', 'group'],
  );
  alice.timer('better');
  t.is(alice.told.length, 1);
});

test('he lists nothing better: a link-local address is told at once, and nobody is asked', (t) => {
  for (const listed of [['fe80::2'], ['fe80::2', '192.0.2.7'], ['fe80::2', '10.0.0.1'], ['fe80::2', 'fe80::3']]) {
    const alice = new Alice();
    alice.timer('calm');
    alice.answer('fe80::2%eth0', listed);
    const before = alice.sends.length;
    alice.nameless();
    t.deepEqual(alice.told, ['address fe80::2%eth0'], listed.join());
    t.deepEqual(since(alice, before), [], listed.join());
  }
});

test('a name leads to another address that he lists: he is asked there before the name is given up', (t) => {
  for (const rung of ['mdns', 'dns'] as const) {
    const alice = new Alice();
    alice.timer('calm');
    alice.answer('fe80::2%eth0', list);
    if (rung === 'dns') alice.lookedUp('mdns', []);
    alice.lookedUp(rung, ['10.0.0.2']);
    t.deepEqual(alice.told, []);
    alice.answer('10.0.0.2', list);
    t.deepEqual(alice.told, [rung === 'mdns' ? 'mdns bob.local' : 'dns bob.example.org']);
  }
});

test('a name leads where he does not say that he is: nobody is asked there, and nothing waits', (t) => {
  const alice = new Alice();
  alice.timer('calm');
  alice.answer('10.0.0.2', list);
  const before = alice.sends.length;
  alice.lookedUp('mdns', ['10.0.0.66']);
  alice.lookedUp('dns', ['10.0.0.66', '10.0.0.1']);
  t.deepEqual(alice.told, ['address 10.0.0.2']);
  t.deepEqual(since(alice, before), []);
});

test('no address delays twice: where the first name waited in vain, the second does not wait', (t) => {
  const alice = new Alice();
  alice.timer('calm');
  alice.answer('fe80::2%eth0', list);
  alice.lookedUp('mdns', ['10.0.0.2']);
  for (let turn = 0; turn < limits.turns; turn++) alice.timer('better');
  const before = alice.sends.length;
  alice.lookedUp('dns', ['10.0.0.2']);
  t.deepEqual(alice.told, ['address fe80::2%eth0']);
  t.deepEqual(since(alice, before), []);
});

test('an answer that comes while a name is looked up is there for the rungs that follow', (t) => {
  const alice = new Alice();
  alice.answer('fe80::2%eth0', list);
  alice.answer('10.0.0.2', list);
  alice.nameless();
  t.deepEqual(alice.told, ['address 10.0.0.2']);
});

test('we move while he is asked at a better address: the question begins anew, and the old turn is nothing', (t) => {
  const alice = new Alice();
  alice.timer('calm');
  alice.answer('fe80::2%eth0', list);
  alice.nameless();
  alice.feed({
    type: 'interfaces',
    interfaces: [{ name: 'eth0', addresses: [{ family: 4, address: '10.0.0.9', prefix: 24 }] }],
  });
  alice.timer('better');
  t.deepEqual(alice.told, []);
  alice.timer('calm');
  alice.timer('ask');
  alice.answer('10.0.0.2', ['10.0.0.2']);
  alice.nameless();
  t.deepEqual(alice.told, ['address 10.0.0.2']);
});
