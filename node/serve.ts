/**
 * `lanpair serve`: answers paired machines that ask where this one is, tells them when it has moved, and lets half
 * pairings heal. It hears nobody else. Other commands of the same person knock, and it steps aside for them.
 */
import type { Endpoint, Notice } from '../protocol/contract.ts';
import { printable } from '../protocol/display.ts';
import { Complaint, type ExitCode, exitCode } from './complaint.ts';
import { type Door, openDoor } from './door.ts';
import { type Locating, openLocating, recorded } from './locating.ts';
import { jsonLine, troubleText } from './narrator.ts';
import { namesIn } from './peers.ts';
import { type Places, placesOf } from './places.ts';
import type { Recording } from './recording.ts';
import type { Session } from './session.ts';

export interface ServeOptions extends Locating {
  readonly json: boolean;
}

/** Then it begins anew: the core counts in one life. */
const windowMs = 86_400_000;
/** Without a network, or while another lanpair has the records, it tries again this often. */
const retryMs = 2000;

export function serve(options: ServeOptions): Promise<ExitCode> {
  return recorded(options, (recording) => answering(options, recording));
}

async function answering(options: ServeOptions, recording: Recording | null): Promise<ExitCode> {
  const places = placesOf(process.env);
  const say = makeVoice(options.json);
  let door: Door | null = null;
  let isStopped = false;
  let stop: () => void = () => undefined;
  const stopped = new Promise<void>((resolve) => {
    stop = () => {
      isStopped = true;
      resolve();
    };
  });
  process.on('SIGINT', () => stop()).on('SIGTERM', () => stop());
  let isTold = false;
  while (!isStopped) {
    const { session, ended } = await opened(options, { places, say, recording, isPatient: isTold || door !== null });
    isTold = true;
    if (session === null) {
      await Promise.race([stopped, pause(retryMs)]);
      if (door !== null && !isStopped) await Promise.race([stopped, door.stepAside()]);
      continue;
    }
    try {
      door ??= await openDoor(places.door);
      say.know(await namesIn(places.peers));
      session.start();
      say.serving(session.interfaces.map(({ name }) => name));
      await Promise.race([stopped, door.knocked(), ended]);
    } finally {
      await session.close();
    }
    if (!isStopped) await Promise.race([stopped, door.stepAside()]);
  }
  await door?.close();
  return exitCode.done;
}

interface Circumstances {
  readonly places: Places;
  readonly say: Voice;
  readonly recording: Recording | null;
  readonly isPatient: boolean;
}

/** No session: no network now, or others have the records. The first time, who serves already is a mistake to be told. */
async function opened(
  options: ServeOptions,
  { places, say, recording, isPatient }: Circumstances,
): Promise<{ readonly session: Session | null; readonly ended: Promise<void> }> {
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  try {
    const session = await openLocating(options, {
      places,
      windowMs,
      recording,
      isServing: true,
      notify: (notice) => {
        if (notice.event === 'ended') end();
        say.notice(notice);
      },
    });
    return { session, ended };
  } catch (thrown) {
    const mayPass =
      thrown instanceof Complaint && [exitCode.busy, exitCode.unavailable].includes(thrown.exitCode as never);
    if (!mayPass || (thrown.exitCode === exitCode.busy && !isPatient)) throw thrown;
    say.waiting(thrown.message);
    return { session: null, ended };
  }
}

interface Voice {
  /** How the peers are called, by the ids of their records. */
  know(names: ReadonlyMap<string, string>): void;
  notice(notice: Notice): void;
  serving(interfaces: readonly string[]): void;
  waiting(why: string): void;
}

/** For a journal: one line for what is news, nothing twice in a row. */
function makeVoice(json: boolean): Voice {
  let last = '';
  let names: ReadonlyMap<string, string> = new Map();
  const who = (record: string): string => names.get(record) ?? record;
  const tell = (text: string, fields: object): void => {
    if (text === last) return;
    last = text;
    process.stdout.write(`${json ? jsonLine(fields) : text}\n`);
  };
  return {
    know(known): void {
      names = known;
    },
    serving: (interfaces) =>
      tell(`answering paired machines on ${interfaces.join(' and ')}`, { event: 'serving', interfaces }),
    waiting: (why) => tell(`waiting: ${why}`, { event: 'waiting', why }),
    notice(notice): void {
      const text = sentence(notice, who);
      if (text !== null) tell(text, notice);
    },
  };
}

function sentence(notice: Notice, who: (record: string) => string): string | null {
  switch (notice.event) {
    case 'address':
      return `${who(notice.record)} is now at ${printable(notice.host)}`;
    case 'paired':
      return `the pairing with ${printable(notice.peer.hostName)} is whole on both sides`;
    case 'granted':
      return `the key of ${who(notice.record)} is installed`;
    case 'revoked':
      return `the key of ${who(notice.record)} is taken back`;
    case 'half':
      return `half paired with ${printable(notice.peer.hostName)}: ${printable(notice.why)}`;
    case 'trouble':
      return troubleText(notice);
    case 'alarm':
      return `careful: ${printable(notice.detail, 400)}`;
    case 'refused':
      return notice.refusal.rule === 'sealed-content' ? unreadable(notice.source) : null;
    case 'choose':
    case 'ended':
    case 'others':
    case 'phraseRefused':
    case 'proven':
    case 'request':
    case 'seeking':
    case 'settled':
    case 'unfinished':
      return null;
  }
}

/** It has the keys of the pair: what it says is its own, and its program or its disk is broken. */
function unreadable(source: Endpoint | null): string {
  const where = source === null ? '' : ` at ${printable(source.address)}`;
  return `a paired machine${where} says what lanpair cannot read. Next: update lanpair on both; if that is no help, pair again`;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
