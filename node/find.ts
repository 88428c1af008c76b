/** `lanpair find PEER`: where a paired machine is now, proven by itself; with `--watch`, also where it goes. */
import type { Notice, StoredRecord } from '../protocol/contract.ts';
import { printable } from '../protocol/display.ts';
import { type ExitCode, exitCode } from './complaint.ts';
import { doubtText, makeNames } from './doubts.ts';
import { type Locating, openLocating, recorded } from './locating.ts';
import { jsonLine, troubleText } from './narrator.ts';
import { theOneToAsk } from './peers.ts';
import { type Places, placesOf } from './places.ts';
import type { Recording } from './recording.ts';
import { loadRecords } from './records.ts';

export interface FindOptions extends Locating {
  readonly peer: string;
  readonly isWatching: boolean;
  readonly json: boolean;
}

type Address = Extract<Notice, { event: 'address' }>;

/** While it watches it asks again this often: who went away says nothing. */
const againMs = 30_000;
/** As long as a person may leave it running. */
const windowMs = 86_400_000;

export async function find(options: FindOptions): Promise<ExitCode> {
  const places = placesOf(process.env);
  const record = theOneToAsk((await loadRecords(places.peers)).records, options.peer);
  return recorded(options, (recording) => look(options, places, record, recording));
}

async function look(
  options: FindOptions,
  places: Places,
  record: StoredRecord,
  recording: Recording | null,
): Promise<ExitCode> {
  const { peer, isWatching, json } = options;
  const { id } = record;
  const names = makeNames();
  const warned = new Set<string>();
  const warnOnce = (text: string): void => {
    if (!warned.has(text)) process.stderr.write(`lanpair: ${text}\n`);
    warned.add(text);
  };
  let last: string | null = null;
  let finish: (code: ExitCode) => void = () => undefined;
  const finished = new Promise<ExitCode>((resolve) => {
    finish = resolve;
  });
  const tell = (address: Address): void => {
    const text = sentence(peer, address);
    if (text === last) return;
    last = text;
    process.stdout.write(`${json ? jsonLine({ stale: false, ...address }) : text}\n`);
  };
  const warn = (listed: readonly string[]): void => {
    for (const [name, addresses] of names.doubts(listed)) {
      warnOnce(doubtText(peer, name, addresses));
    }
  };
  const session = await openLocating(options, {
    places,
    windowMs,
    recording,
    resolve: names.resolve,
    sendFailed: (name, reason) => warnOnce(`cannot send on ${printable(name)}: ${printable(reason)}`),
    notify: (notice) => {
      if (notice.event === 'trouble') process.stderr.write(`lanpair: ${troubleText(notice)}\n`);
      if (notice.event === 'ended') finish(exitCode.done);
      if (notice.event !== 'address' || notice.record !== id) return;
      tell(notice);
      warn(notice.addresses ?? []);
      if (!isWatching) finish(notice.stale === true ? exitCode.inconclusive : exitCode.done);
    },
  });
  const stop = (): void => finish(isWatching ? exitCode.done : exitCode.interrupted);
  process.on('SIGINT', stop).on('SIGTERM', stop);
  const ask = (): void => session.command({ name: 'find', record: id });
  const again = isWatching ? setInterval(ask, againMs) : undefined;
  try {
    session.start();
    ask();
    return await finished;
  } finally {
    clearInterval(again);
    await session.close();
  }
}

function sentence(peer: string, { host, rung, stale }: Address): string {
  const name = printable(peer, 80);
  if (stale === true) {
    return `${name} does not answer. It was last at ${printable(host)}.\nNext: is it on, on this network, and does lanpair serve run there?`;
  }
  return `${name} is at ${printable(host)} (${rungs[rung]})`;
}

const rungs: Readonly<Record<Address['rung'], string>> = {
  mdns: 'a name that leads to where it answers from',
  dns: 'its name in the DNS, which leads to where it answers from',
  address: 'it answers from there',
};
