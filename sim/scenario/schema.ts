/**
 * The JSON Schema (2020-12) of a scenario file. `scenarios/schema.json` is this value, for editors; a test holds them
 * equal. Shapes and types are here; what one part must know of another (hosts, segments, verbs) is in meaning.ts.
 */
import { presets } from '../faults/presets.ts';
import { slipNames } from './slips.ts';

const name = {
  type: 'string',
  pattern: '^[a-z][a-z0-9-]{0,30}$',
  description: 'lower-case letters, digits and dashes, a letter first',
};

const family = { enum: [4, 6], description: 'only of IPv4 or of IPv6; default: both' };

const names = { oneOf: [name, { type: 'array', items: name, minItems: 1, maxItems: 64 }] };
const ms = { type: 'integer', minimum: 0, maximum: 86_400_000, description: 'milliseconds, an integer' };
const msRange = {
  type: ['integer', 'string'],
  description: 'milliseconds: an integer, or a range such as 1..20',
};
const ratio = {
  type: ['integer', 'string'],
  description: 'a probability: 0, 1, or a ratio of integers such as 1/5',
};
const text = { type: 'string', maxLength: 1024 };
const texts = { oneOf: [text, { type: 'array', items: text, maxItems: 16 }] };
const faults = {
  type: 'array',
  items: { enum: ['store', 'provision', 'lookup', 'sign', 'send'] },
  maxItems: 5,
  description: 'side effects that fail',
};
const slips = {
  type: 'array',
  items: { enum: slipNames },
  maxItems: 8,
  description: 'how the phrase is mistyped: what it means stays the same',
};
const count = { type: ['integer', 'string'], description: 'how often: an integer, or a range such as 1..3' };

const delay = {
  type: ['integer', 'string', 'array'],
  description: 'milliseconds: an integer, a range such as 1..20, or a table of {weight: 9, ms: 1..20}',
  items: {
    type: 'object',
    additionalProperties: false,
    required: ['weight', 'ms'],
    properties: { weight: { type: 'integer', minimum: 1, maximum: 1_000_000 }, ms: msRange },
  },
  minItems: 1,
  maxItems: 64,
};
const burst = {
  type: 'object',
  additionalProperties: false,
  required: ['starts', 'ends'],
  description: 'loss in bursts: with that chance a datagram starts one, or ends it; within it, loss',
  properties: { starts: ratio, ends: ratio, loss: { ...ratio, default: 1 } },
};

const rules = {
  preset: { enum: Object.keys(presets), description: 'a network by name; what stands beside it comes first' },
  loss: { ...ratio, default: 0 },
  burst,
  delayMs: { ...delay, default: '1' },
  duplicate: { ...ratio, default: 0 },
  copies: { ...count, default: 1, description: 'how many more of each that is duplicated' },
  duplicateAfterMs: { ...msRange, default: '1..50' },
  reorder: { ...ratio, default: 0 },
  reorderByMs: { ...msRange, default: '5..100' },
  rate: { type: 'integer', minimum: 1, maximum: 1_000_000_000, description: 'bytes a second that the link carries' },
  queueBytes: {
    type: 'integer',
    minimum: 1,
    maximum: 100_000_000,
    default: 65_536,
    description: 'room for what waits',
  },
  corrupt: { ...ratio, default: 0, description: 'chance that one bit arrives changed' },
  truncate: { ...ratio, default: 0, description: 'chance that the end is missing' },
  mtu: { type: 'integer', minimum: 68, maximum: 65_535, description: 'longest packet, with 28 bytes of headers' },
  multicastLoss: { ...ratio, default: 0, description: 'chance that a multicast is not passed on' },
  forgetsMs: { ...ms, description: 'a snooping switch without querier: groups but 224.0.0.x are forgotten after it' },
  isolated: { type: 'boolean', default: false, description: 'stations do not hear each other: guest Wi-Fi' },
};

const place = {
  on: { ...names, description: 'segment, or segments: one interface on each (eth0, eth1, ...)' },
  address: {
    type: 'string',
    description: 'IPv4 address on the first segment, of which the link-local one is made; default: the next free one',
  },
};

const host = {
  type: 'object',
  additionalProperties: false,
  required: ['on'],
  properties: {
    ...place,
    phrase: { ...text, description: 'what its person types; without it the host listens and shows who asks' },
    startsMs: { ...ms, default: 0 },
    typesMs: { ...ms, description: 'when the phrase is typed, if not at the start' },
    storeMs: { ...msRange, default: '1..3' },
    provisionMs: { ...msRange, default: '3..8' },
    lookupMs: { ...msRange, default: '1..30' },
    signMs: { ...msRange, default: '5..15' },
    slips: { ...slips, default: [] },
    fails: { ...faults, default: [] },
    flaky: {
      type: 'object',
      additionalProperties: false,
      properties: { store: ratio, provision: ratio, lookup: ratio, sign: ratio, send: ratio },
      description: 'side effects that fail now and then, each with its chance',
    },
    driftPpm: {
      type: 'integer',
      minimum: -500_000,
      maximum: 500_000,
      default: 0,
      description: 'how much too fast its timers run, in millionths',
    },
    cloneOf: { ...name, description: 'it has the keys of this host, as a copied virtual machine has' },
    names: { type: 'object', additionalProperties: texts, description: 'addresses that its resolver has for names' },
    reverse: { type: 'object', additionalProperties: texts, description: 'names that its resolver has for addresses' },
    peers: { type: 'array', items: name, maxItems: 16, description: 'hosts given with --peer' },
    holds: {
      type: 'object',
      propertyNames: name,
      additionalProperties: { enum: ['whole', 'unheard', 'stored', 'revoked'] },
      description:
        'what its disk has of an earlier pairing with that host: whole; unheard: it lacks the last word; stored: no key is in; revoked: taken back',
    },
    phraseBits: {
      type: 'number',
      minimum: 0,
      maximum: 256,
      default: 44,
      description: 'estimated entropy of what its person types, in bits',
    },
    accepts: {
      type: 'array',
      items: { enum: ['weak', 'slip'] },
      maxItems: 2,
      default: [],
      description: 'refusals of a phrase that its person overrules',
    },
    windowMs: { ...ms, default: 600_000 },
    hostName: text,
    userName: text,
    directory: text,
  },
};

const adversary = {
  type: 'object',
  additionalProperties: false,
  required: ['on', 'is'],
  properties: {
    ...place,
    is: { type: 'string', description: 'imposter, replayer, spoofer, ...: see lanpair sim run --help' },
    phrase: text,
    startsMs: { ...ms, default: 0 },
    untilMs: { ...ms, default: 120_000, description: 'when it gives up' },
    reactsMs: { ...ms, default: 1, description: 'time from hearing to answering' },
    asksAfterMs: { ...ms, description: 'asks by itself, that long after its start; without it, it only answers' },
    racesAheadMs: { ...ms, description: 'the same as asksAfterMs' },
    everyMs: { ...ms, minimum: 1, default: 2000, description: 'time between its own repetitions' },
    times: { type: 'integer', minimum: 1, maximum: 10_000, default: 10, description: 'how often it does it' },
    kinds: {
      type: 'array',
      items: text,
      maxItems: 16,
      description: 'kinds of datagrams that it is after; default: any',
    },
    at: { type: 'array', items: name, maxItems: 64, default: [], description: 'hosts that it speaks to directly' },
    says: {
      type: 'object',
      additionalProperties: false,
      default: {},
      description: 'what it says of itself, also what no honest machine would',
      properties: {
        hostName: text,
        userName: text,
        directory: text,
        displayName: text,
        repository: text,
        sshKey: { type: 'string', maxLength: 4096 },
        hostKeys: { type: 'array', items: { type: 'string', maxLength: 4096 }, maxItems: 8 },
        addresses: { type: 'array', items: text, maxItems: 16 },
      },
    },
    claims: { ...name, description: 'it says that the ssh key of this machine is its own' },
  },
};

const moment = {
  type: 'object',
  additionalProperties: false,
  required: ['host'],
  description: 'the nth time that this is seen: exactly one of sends, hears, stores, authorizes, notice, situation',
  properties: {
    host: name,
    sends: text,
    hears: text,
    stores: { const: true },
    authorizes: { const: true },
    notice: text,
    situation: text,
    nth: { type: 'integer', minimum: 1, maximum: 10_000, default: 1 },
  },
};

const circumstance = {
  type: 'object',
  additionalProperties: false,
  required: ['host', 'situation'],
  description: 'only what is sent while this host is in this situation is counted',
  properties: { host: name, situation: text },
};

const scriptItem = {
  type: 'object',
  additionalProperties: false,
  properties: {
    atMs: ms,
    when: moment,
    plusMs: { ...ms, default: 0, description: 'after `when`' },
    host: name,
    types: { ...text, description: 'the person types this phrase' },
    do: {
      enum: [
        'cancel',
        'nudge',
        'grant',
        'resume',
        'crash',
        'restart',
        'backup',
        'pause',
        'sleep',
        'snapshot',
        'rollback',
      ],
    },
    phrase: { type: ['string', 'null'], description: 'with restart: typed at once; null: nothing; default: as before' },
    wiped: { type: 'boolean', default: false, description: 'with restart: the disk was replaced' },
    restored: {
      type: 'boolean',
      default: false,
      description: 'with restart: the disk is as it was at the last backup',
    },
    chooses: name,
    finds: { ...name, description: 'the person asks where that paired host is' },
    forgets: { ...name, description: 'the person takes the pairing with that host back' },
    slips: { ...slips, description: 'with types: how it is mistyped' },
    change: { enum: ['address', 'interface', 'port', 'clock'] },
    interface: { ...name, description: 'with change: which one; default: the first' },
    up: { type: 'boolean', description: 'with change: interface' },
    byMs: {
      type: 'integer',
      minimum: -100_000_000_000_000,
      maximum: 100_000_000_000_000,
      description: 'with change: clock; with delay and repeat, from 1 on',
    },
    to: { type: 'string', description: 'the new address, or the receiver of what is dropped' },
    fails: faults,
    network: { enum: ['cut', 'clog', 'heal', 'change'] },
    segment: name,
    family: { ...family, description: 'with change: only of IPv4 or of IPv6; default: both' },
    between: names,
    and: names,
    oneWay: { type: 'boolean', default: false },
    for: { ...names, description: 'only for these protocols' },
    drop: { ...text, description: 'kind of datagram that is taken away' },
    delay: { ...text, description: 'kind of datagram that arrives later, by byMs' },
    repeat: { ...text, description: 'kind of datagram that arrives a second time, byMs after the first' },
    while: circumstance,
    from: name,
    nth: { ...count, default: 1 },
    ...Object.fromEntries(Object.entries(rules).map(([key, rule]) => [key, withoutDefault(rule)])),
  },
};

/** In a script what is not said stays as it is. */
function withoutDefault(rule: object): object {
  return Object.fromEntries(Object.entries(rule).filter(([key]) => key !== 'default'));
}

const expectation = {
  type: 'object',
  additionalProperties: false,
  properties: {
    for: { ...names, description: 'only for these protocols' },
    paired: names,
    withinMs: ms,
    unpaired: names,
    never: { enum: ['authorized'] },
    key: name,
    host: names,
    notice: text,
    detail: { ...text, description: 'rule, reason, host or what of the notice, or the name of a mark on it (stale)' },
    count,
    lines: { type: 'integer', minimum: 0, maximum: 1000, description: 'lines in authorized_keys at the end' },
    sends: text,
    learns: {
      enum: ['phrase', 'nothing'],
      description: 'what came of all that an adversary tried with guesses of the phrase',
    },
    who: { ...name, description: 'that adversary' },
  },
};

export const scenarioSchema: { readonly [keyword: string]: unknown } = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'A lanpair scenario',
  type: 'object',
  additionalProperties: false,
  required: ['title', 'protocols', 'network', 'hosts', 'expect'],
  properties: {
    title: { ...text, minLength: 1 },
    covers: {
      type: 'array',
      items: { type: 'string', pattern: '^[A-D][0-9]{2}$', description: 'a row of the catalogue, such as A01' },
      default: [],
      description: 'rows of the catalogue',
    },
    protocols: {
      type: 'object',
      minProperties: 1,
      description: 'the verdict for each: pass, or {breaks: oracle}',
      additionalProperties: {
        oneOf: [
          { const: 'pass' },
          {
            type: 'object',
            additionalProperties: false,
            required: ['breaks'],
            properties: { breaks: { type: 'string' } },
          },
        ],
      },
    },
    seed: {
      type: 'integer',
      minimum: 0,
      maximum: 9_007_199_254_740_991,
      default: 1,
      description: 'an integer from 0 on',
    },
    network: {
      type: 'object',
      minProperties: 1,
      maxProperties: 64,
      propertyNames: name,
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        properties: {
          ...rules,
          subnet: { type: 'string', default: '10.0.0.0/24, 10.0.1.0/24, ...' },
          routed: { type: 'boolean', default: false, description: 'a router joins all segments that say so' },
          ipv6: {
            enum: ['also', 'alone'],
            description:
              'machines there have a link-local IPv6 address, beside the IPv4 one or alone; default: IPv4 alone',
          },
        },
      },
    },
    links: {
      type: 'array',
      maxItems: 1024,
      default: [],
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['from', 'to'],
        properties: { from: names, to: names, both: { type: 'boolean', default: false }, family, ...rules },
      },
    },
    hosts: { type: 'object', minProperties: 1, maxProperties: 2048, propertyNames: name, additionalProperties: host },
    adversaries: {
      type: 'object',
      maxProperties: 256,
      propertyNames: name,
      default: {},
      additionalProperties: adversary,
    },
    script: { type: 'array', maxItems: 4096, default: [], items: scriptItem },
    expect: { type: 'array', minItems: 1, maxItems: 256, items: expectation },
    endsMs: { ...ms, default: 900_000, description: 'the run is cut off here; it ends before when all is quiet' },
  },
};
