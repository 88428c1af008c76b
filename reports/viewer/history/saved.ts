/**
 * The history in a saved trace: the NDJSON that `lanpair sim run --trace` writes (sim/trace/recorder.ts). Somebody else may
 * have written the file: whatever is in it is checked, cut and made inert, and what cannot be read is told with its line.
 */
import type { Json, Notice } from '../../../protocol/contract.ts';
import { printable } from '../../../protocol/display.ts';
import { headIn, type TraceHead } from '../../../sim/trace/head.ts';
import type { Fate } from '../../../sim/wire.ts';
import { fateWords, type Lane, type Line, type RunHistory } from './history.ts';
import { between } from './teller.ts';
import { keptMax, Telling } from './telling.ts';
import { noticeWords, scriptWords } from './words.ts';

export type Read =
  | {
      readonly ok: true;
      /** Null: the trace is of an older lanpair, and does not say which run it was. */
      readonly head: TraceHead | null;
      readonly history: RunHistory;
      /** The run went on after the last event that was written down. */
      readonly wentOn: boolean;
    }
  | { readonly ok: false; readonly why: string };

/** Characters; a longer file is a run of many hours. */
export const fileMax = 400_000_000;

type Fields = { readonly [field: string]: Json };

/** Thrown with a sentence for the person; the reader adds the line. */
class Unreadable extends Error {}

const happenings = ['booted', 'crashed', 'threw', 'stored', 'discarded', 'authorized', 'withdrawn', 'failed', 'moved'];

export function readTrace(text: string): Read {
  if (text.length > fileMax)
    return { ok: false, why: `This file is too long for a trace: more than ${fileMax} characters.` };
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  if (lines.length === 0) return { ok: false, why: 'This file is empty.' };
  let at = 0;
  try {
    const first = parsed(lines[0] ?? '', ++at);
    const head = headOf(first);
    const events: Fields[] = head === null ? [eventIn(first)] : [];
    for (const line of lines.slice(1, keptMax + 1)) events.push(eventIn(parsed(line, ++at)));
    const teller = new LineTeller(lanesIn(events));
    at = head === null ? 0 : 1;
    for (const event of events) {
      at++;
      teller.note(event);
    }
    const wentOn = head !== null && head.events === events.length && head.hash !== events.at(-1)?.['hash'];
    return { ok: true, head, history: teller.telling.history([]), wentOn };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { ok: false, why: `Line ${at}: ${error.message}` };
  }
}

function parsed(line: string, at: number): unknown {
  try {
    return JSON.parse(line);
  } catch {
    const advice =
      at === 1
        ? 'A trace has one object a line: lanpair sim run my.yaml --trace traces.'
        : 'The file is damaged there, or was cut off.';
    throw new Unreadable(`this is no JSON. ${advice} It begins: ${printable(line, 60)}`);
  }
}

/** Null: there is no head. */
function headOf(first: unknown): TraceHead | null {
  const read = headIn(first);
  if (read === null) return null;
  if (!read.ok) throw new Unreadable(read.why);
  return read.head;
}

function eventIn(value: unknown): Fields {
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw new Unreadable('this is no event: expected an object.');
  const event = value as Fields;
  if (headIn(event) !== null) throw new Unreadable('another trace begins here: open one at a time.');
  if (event['recording'] === 'lanpair')
    throw new Unreadable('this is a recording of a real run: lanpair sim replay tells it.');
  const form = event['version'] ?? event['format'];
  if (event['event'] === undefined && form !== undefined)
    throw new Unreadable(
      `this is no trace of a run, or one of a newer lanpair (${printable(JSON.stringify(form), 40)}). Open it with the lanpair that wrote it.`,
    );
  const name = text(event, 'event');
  if (!['send', 'step', 'script', ...happenings].includes(name) && !(name in fateWords))
    throw new Unreadable(
      `an event "${printable(name, 40)}" is not known here: a newer lanpair may have written it. Open it with that one.`,
    );
  count(event, 'n');
  count(event, 'atUs');
  return event;
}

/** Who takes steps is a host; who only sends and hears is an adversary. */
function lanesIn(events: readonly Fields[]): readonly Lane[] {
  const hosts = new Set<string>();
  const others = new Set<string>();
  for (const event of events) {
    if (typeof event['host'] === 'string') hosts.add(printable(event['host'], nameMax));
    for (const key of ['from', 'to'] as const) {
      if (key === 'to' && event['event'] === 'send') continue;
      const name = event[key];
      if (typeof name === 'string') others.add(printable(name, nameMax));
    }
    if (hosts.size + others.size > lanesMax) throw new Unreadable(`more than ${lanesMax} machines.`);
  }
  const machines = [...hosts].map((name): Lane => ({ name, kind: 'host', about: 'host' }));
  const strangers = [...others].filter((name) => !hosts.has(name));
  return between(
    machines,
    strangers.map((name) => ({ name, kind: 'adversary', about: 'takes no steps of the protocol' })),
  );
}

const nameMax = 64;
const lanesMax = 4096;

class LineTeller {
  readonly telling: Telling;
  /** Which host spoke from an address first. */
  private readonly addresses: Map<string, string> = new Map();
  private readonly said: Map<number, { readonly fields: Fields; readonly length: number }> = new Map();
  private last = 0;

  constructor(lanes: readonly Lane[]) {
    this.telling = new Telling(lanes);
  }

  note(event: Fields): void {
    const [n, atUs] = [count(event, 'n'), count(event, 'atUs')];
    if (n <= this.last)
      throw new Unreadable(`event ${n} comes after event ${this.last}: these are pieces of several traces.`);
    this.last = n;
    if (!this.telling.begin(n, atUs)) return;
    const name = text(event, 'event');
    if (name === 'send') this.send(event);
    else if (name === 'step') this.step(event);
    else if (name === 'script')
      this.telling.happen(...scriptWords(text(event, 'what'), (machine) => this.telling.has(machine)));
    else if (happenings.includes(name)) this.happen(name, event);
    else this.fate(name as Fate, event);
  }

  private send(event: Fields): void {
    const from = nameIn(event, 'from');
    const id = count(event, 'datagram');
    const source = printable(text(event, 'source'), 80);
    const address = source.replace(/:\d+$/, '');
    const adversary = this.telling.isAdversary(from);
    if (!adversary && !this.addresses.has(address)) this.addresses.set(address, from);
    const owner = this.addresses.get(address);
    const claims = owner === undefined || owner === from ? null : owner;
    const repeats = event['repeats'] === undefined ? null : count(event, 'repeats');
    const target = printable(text(event, 'to'), 80);
    const fields = event['fields'];
    this.said.set(id, {
      fields: fields !== null && typeof fields === 'object' && !Array.isArray(fields) ? (fields as Fields) : {},
      length: count(event, 'length'),
    });
    this.telling.send({
      id,
      from,
      kind: printable(text(event, 'kind'), 32),
      forgery: adversary ? { claims, repeats } : null,
      multicast: target === 'group',
      source,
      target: target === 'group' ? 'everybody' : target,
    });
  }

  private fate(fate: Fate, event: Fields): void {
    const id = count(event, 'datagram');
    const to = nameIn(event, 'to');
    const { fields = {}, length = 0 } = this.said.get(id) ?? {};
    const overheard = false;
    this.telling.end({ id, to, station: to, fate, overheard, length, fields, datagram: null });
  }

  private step(event: Fields): void {
    const host = nameIn(event, 'host');
    const input = text(event, 'input');
    const [situation = '', ...rest] = text(event, 'cell').split(' / ');
    const effects = texts(event, 'effects');
    const heard = event['datagram'] === undefined ? null : count(event, 'datagram');
    const own = heard !== null && event['from'] === event['host'];
    const kind = heard === null ? '' : printable(text(event, 'kind'), 32);
    this.telling.step({
      host,
      what: heard === null ? printable(input, 120) : `hears ${kind}${own ? ', its own' : ''}`,
      lines: [...inputLinesOf(input), ...effects.flatMap(effectLinesOf)],
      cell: { situation: printable(situation, nameMax), event: printable(rest.join(' / '), nameMax), why: '' },
      after: printable(text(event, 'situation'), nameMax),
      effects: effects.map((effect) => printable(effect, 400)),
      sends: effects.some((effect) => effect.startsWith('send ')),
      heard,
      own,
      core: null,
    });
  }

  private happen(name: string, event: Fields): void {
    const host = nameIn(event, 'host');
    const of = (key: string): string => printable(typeof event[key] === 'string' ? event[key] : '', 120);
    const lines: { readonly [name: string]: Line } = {
      booted: { topic: 'plain', text: event['boot'] === 1 ? 'starts' : 'starts again' },
      crashed: { topic: 'fault', text: 'goes down' },
      threw: { topic: 'fault', text: `throws: ${of('message')}` },
      stored: { topic: 'key', text: 'record is on the disk' },
      discarded: { topic: 'key', text: 'record is deleted' },
      authorized: { topic: 'key', text: `a key is in: ${of('key').slice(-12)}` },
      withdrawn: { topic: 'key', text: `a key is out: ${of('key').slice(-12)}` },
      failed: { topic: 'fault', text: `cannot ${of('effect')}: ${of('reason')}` },
      moved: { topic: 'fault', text: `has now ${of('address')}` },
    };
    const line = lines[name];
    if (line !== undefined) this.telling.happen(host, line, name === 'booted' || name === 'crashed');
  }
}

function inputLinesOf(input: string): readonly Line[] {
  if (input.startsWith('timer '))
    return [{ topic: 'timer', text: printable(input.slice('timer '.length).split(' ')[0] ?? '', 40) }];
  if (input.startsWith('command ')) return [{ topic: 'person', text: printable(input.slice('command '.length), 60) }];
  if (input.startsWith('start, a phrase')) return [{ topic: 'person', text: 'types the phrase' }];
  if (input === 'resumed' || input === 'interfaces') return [{ topic: 'fault', text: input }];
  return /^outcome of \w+: (?!ok)/.test(input) ? [{ topic: 'fault', text: printable(input, 120) }] : [];
}

function effectLinesOf(effect: string): readonly Line[] {
  if (effect.startsWith('store ')) return [{ topic: 'plain', text: 'writes its record' }];
  if (effect.startsWith('discard ')) return [{ topic: 'plain', text: 'deletes its record' }];
  if (!effect.startsWith('notify ')) return [];
  const notice = noticeIn(effect.slice('notify '.length));
  const refused = /^refused\b/.test(notice);
  return [{ topic: refused ? 'refusal' : 'notice', text: notice }];
}

/** In our words where it has the shape of a notice, as it stands where not. */
function noticeIn(json: string): string {
  try {
    const notice = JSON.parse(json) as Notice;
    if (typeof notice.event === 'string')
      return printable(
        noticeWords(notice, (key) => `…${printable(key.slice(-8), 8)}`),
        160,
      );
  } catch {
    // Not ours, then: it is shown as it is.
  }
  return printable(json, 160);
}

function text(event: Fields, key: string): string {
  const value = event[key];
  if (typeof value === 'string') return value;
  throw new Unreadable(`"${key}" should be a text, and is ${printable(JSON.stringify(value) ?? 'missing', 40)}.`);
}

function nameIn(event: Fields, key: string): string {
  return printable(text(event, key), nameMax);
}

function texts(event: Fields, key: string): readonly string[] {
  const value = event[key];
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value;
  throw new Unreadable(`"${key}" should be a list of texts.`);
}

function count(event: Fields, key: string): number {
  const value = event[key];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new Unreadable(
    `"${key}" should be a whole number from 0 on, and is ${printable(JSON.stringify(value) ?? 'missing', 40)}.`,
  );
}
