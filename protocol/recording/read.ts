/** Reads the lines of a recording that anybody may have written: each is what it should be, or is said not to be. */
import type { Command, Outcome } from '../contract.ts';
import { type Answer, decode, type End, type Head, recordingVersion, type Step, type SuiteMethod } from './format.ts';

export type Line<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string };

export function readHead(line: string): Line<Head> {
  const value = parsed(line);
  if (!isObject(value) || value['recording'] !== 'lanpair') return no('this is no recording of lanpair');
  const { version } = value;
  if (typeof version !== 'number') return no('the recording has no version');
  if (version !== recordingVersion)
    return no(
      version > recordingVersion
        ? `a recording of version ${version}, by a newer lanpair; this one reads version ${recordingVersion}`
        : `a recording of version ${version}; this lanpair reads version ${recordingVersion}`,
    );
  return fits({ protocol: text, program: text, about: text }, value)
    ? { ok: true, value: value as unknown as Head }
    : no('the head of the recording is damaged');
}

export function readStep(line: string): Line<Step | End> {
  const value = parsed(line);
  if (value === undefined) return no('no JSON: the line is damaged, or was cut off in its middle');
  if (isObject(value) && 'end' in value)
    return fits(end, value) ? { ok: true, value: value as unknown as End } : no('a last line that is damaged');
  const wrong = isObject(value) ? Object.entries(step).find(([name, is]) => !is(value[name]))?.[0] : 'it';
  return wrong === undefined
    ? { ok: true, value: value as unknown as Step }
    : no(`${wrong} is not what a step has there`);
}

function no(why: string): { readonly ok: false; readonly why: string } {
  return { ok: false, why };
}

function parsed(line: string): unknown {
  try {
    return decode(line);
  } catch {
    return undefined;
  }
}

// ---------------------------------------------------------------------------------------------------------------- shapes

type Is = (value: unknown) => boolean;
type Shape = { readonly [name: string]: Is };

const text: Is = (value) => typeof value === 'string';
const count: Is = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const number: Is = (value) => typeof value === 'number' && Number.isFinite(value);
const bytes: Is = (value) => value instanceof Uint8Array;
const something: Is = (value) => value !== undefined;
const yes: Is = (value) => value === true;
const nope: Is = (value) => value === false;

function oneOf(...texts: readonly string[]): Is {
  return (value) => texts.includes(String(value)) && typeof value === 'string';
}
function list(is: Is): Is {
  return (value) => Array.isArray(value) && value.every(is);
}
function shaped(shape: Shape): Is {
  return (value) => isObject(value) && fits(shape, value);
}
function or(...ways: readonly Is[]): Is {
  return (value) => ways.some((is) => is(value));
}
const isNull: Is = (value) => value === null;

function isObject(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

function fits(shape: Shape, value: { readonly [name: string]: unknown }): boolean {
  return Object.entries(shape).every(([name, is]) => is(value[name]));
}

const endpoint = shaped({ address: text, port: count });
const interfaces = list(
  shaped({
    name: text,
    addresses: list(
      shaped({
        family: or(
          (value) => value === 4,
          (value) => value === 6,
        ),
        address: text,
        prefix: count,
      }),
    ),
  }),
);
const phrase = shaped({ text, bits: number });
const identity = shaped({
  hostName: text,
  userName: text,
  directory: text,
  sshKey: text,
  hostKeys: list(text),
  displayName: text,
  repository: text,
  program: text,
});
const entropy: Is = (value) => value instanceof Uint8Array && value.length === 32;

const commands: { readonly [name in Command['name']]: Shape } = {
  phrase: { phrase },
  choose: { candidate: text },
  cancel: {},
  forget: { record: text },
  nudge: {},
  grant: {},
  find: { record: text },
};
const failed: Shape = { ok: nope, reason: text };
const outcomes: { readonly [of in Outcome['of']]: Is } = {
  store: or(shaped({ id: text, ok: yes }), shaped({ id: text, ...failed })),
  provision: or(shaped({ id: text, ok: yes }), shaped({ id: text, ...failed })),
  unprovision: or(shaped({ id: text, ok: yes }), shaped({ id: text, ...failed })),
  sign: or(shaped({ id: text, ok: yes, signature: bytes }), shaped({ id: text, ...failed })),
  lookup: or(shaped({ id: text, ok: yes, answers: list(text) }), shaped({ id: text, ...failed })),
  send: shaped({ interface: text, ...failed }),
};

/** By the value of one of its fields. */
function by(field: string, kinds: { readonly [kind: string]: Is }): Is {
  return (value) => {
    const kind = isObject(value) ? value[field] : null;
    return typeof kind === 'string' && Object.hasOwn(kinds, kind) && (kinds[kind]?.(value) ?? false);
  };
}

const input = by('type', {
  start: shaped({
    phrase: or(isNull, phrase),
    self: identity,
    interfaces,
    peers: list(endpoint),
    entropy,
    records: list(shaped({ id: text, protocol: text, body: something })),
    windowMs: count,
  }),
  datagram: shaped({ bytes, source: endpoint, interface: text, via: oneOf('group', 'unicast') }),
  timer: shaped({ name: text }),
  interfaces: shaped({ interfaces }),
  command: shaped({
    command: by('name', Object.fromEntries(Object.entries(commands).map(([name, shape]) => [name, shaped(shape)]))),
  }),
  outcome: shaped({ outcome: by('of', outcomes) }),
  resumed: shaped({ entropy }),
});

const methods: { readonly [method in SuiteMethod]: true } = {
  hash: true,
  hmacSha1: true,
  derive: true,
  hmac: true,
  expand: true,
  element: true,
  scalar: true,
  multiply: true,
  publicKey: true,
  sign: true,
  verify: true,
  seal: true,
  open: true,
};
const answer: Is = (value) => {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [method, given] = value as unknown as Answer;
  return (
    typeof method === 'string' &&
    Object.hasOwn(methods, method) &&
    (given === null || typeof given === 'boolean' || bytes(given))
  );
};

const step: Shape = {
  atMs: number,
  input,
  answers: list(answer),
  // They are only compared, so they may be whatever they are.
  effects: list(isObject),
  cell: shaped({ situation: text, event: text }),
};
const end: Shape = { end: oneOf('closed', 'full'), steps: count };
