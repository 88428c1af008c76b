/**
 * What happens, told to a person in lines or to a program as JSON, one object a line. Everything that comes from others
 * goes through `printable`; what a flood could repeat without end is told at 1, 10, 100, ... times.
 */
import type { Notice, PeerView } from '../protocol/contract.ts';
import { printable } from '../protocol/display.ts';
import { fingerprint, parseSshKey } from '../protocol/ssh-key.ts';
import type { ExitCode } from './complaint.ts';
import type { PairingName } from './pairing-names.ts';
import type { Screen } from './screen.ts';

export interface Result {
  /** `interrupted`: cancelled, and something of it may be left, here or on the other machine; `detail` says what. */
  readonly outcome: 'paired' | 'half' | 'failed' | 'cancelled' | 'interrupted';
  readonly exitCode: ExitCode;
  readonly record: string | null;
  readonly detail: string;
}

/** Pairings that were half when the run began: by now whole, or half still. */
export interface Earlier {
  readonly whole: readonly { readonly record: string; readonly peer: PeerView }[];
  readonly half: readonly { readonly record: string; readonly peer: PeerView; readonly why: string }[];
}

export interface Narrator {
  notice(notice: Notice): void;
  /** A sentence of our own. */
  say(text: string): void;
  /** The last word, of this run and of what was left of earlier ones. */
  result(result: Result, earlier: Earlier): void;
}

export interface Circumstances {
  readonly protocol: PairingName;
  readonly interfaces: () => readonly string[];
  readonly keyPath: string | null;
  readonly installsKeys: boolean;
  /** How ssh knows the peer of that record; null where it does not. */
  readonly alias: (record: string) => string | null;
  readonly startedMs: number;
}

/** How many different things are counted; whatever is beyond is not told any more. */
const tallyMax = 256;

export function jsonNarrator(write: (line: string) => void, { startedMs }: Circumstances): Narrator {
  const isWorthTelling = makeTally();
  const tell = (fields: object): void => {
    write(jsonLine({ atMs: Math.round(performance.now() - startedMs), ...fields }));
  };
  const halves = new Set<string>();
  /** By rule: of many only the first and every tenfold are lines of their own. */
  const refused: Record<string, number> = {};
  const notice = (told: Notice): void => {
    if (told.event === 'refused') refused[told.refusal.rule] = (refused[told.refusal.rule] ?? 0) + 1;
    const times = isWorthTelling(told);
    if (told.event === 'half') halves.add(told.record);
    if (times !== null) tell(times > 1 ? { ...told, times } : told);
  };
  return {
    notice,
    say: (text) => tell({ event: 'note', text }),
    result(result, earlier): void {
      for (const each of stillHalf(result, earlier)) if (!halves.has(each.record)) notice({ event: 'half', ...each });
      tell({ event: 'result', ...result, refused });
    },
  };
}

export function lineNarrator(screen: Screen, circumstances: Circumstances): Narrator {
  const isWorthTelling = makeTally();
  const clock = (): string => elapsed(performance.now() - circumstances.startedMs).padStart(6);
  const say = (text: string): void => {
    const [first = '', ...more] = text.split('\n');
    screen.line(`${clock()}  ${first}`);
    for (const line of more) screen.line(`        ${line}`);
  };
  let isListening = false;
  const peers = new Map<string, PeerView>();
  const halves = new Set<string>();
  const narrator: Narrator = {
    notice(notice): void {
      const times = isWorthTelling(notice);
      if (times === null) return;
      if (notice.event === 'seeking' && notice.role === 'listening' && circumstances.protocol === 'annex') {
        // The second time it is because a phrase was given.
        if (isListening) return say('phrase taken; waiting a moment for the other machine to ask');
        isListening = true;
      }
      if (notice.event === 'paired') peers.set(notice.record, notice.peer);
      if (notice.event === 'half') halves.add(notice.record);
      // The alias leads to wherever it is: one address is no news then.
      if (notice.event === 'address' && circumstances.alias(notice.record) !== null) return;
      const text = sentence(notice, circumstances, screen);
      if (text !== null) say(times > 1 ? `${text} (${times} times)` : text);
      const peer = notice.event === 'address' ? peers.get(notice.record) : undefined;
      const clone = notice.event === 'address' && peer !== undefined ? cloneUrl(peer, notice.host) : null;
      if (clone !== null) say(`git clone ${clone}`);
      if (notice.event !== 'paired') return;
      if (circumstances.protocol === 'lp1' && circumstances.installsKeys) {
        say(reachedBy(notice.peer, circumstances.alias(notice.record)));
      }
      say(undoWith(notice.record));
    },
    say,
    result(result, earlier): void {
      const { outcome, record, detail } = result;
      const left = stillHalf(result, earlier);
      for (const each of left) if (!halves.has(each.record)) narrator.notice({ event: 'half', ...each });
      if (detail !== '') say(printable(detail, 1000));
      const isAlone = left.length + earlier.whole.length === 0;
      const next = outcome === 'cancelled' && !isAlone ? cancelledAgain : nextSteps[outcome];
      if (next !== null) say(next);
      // Who looked for somebody else hears of it all the same.
      for (const each of earlier.whole) if (each.record !== record) say(becameWhole(each));
      if (outcome === 'half' && record !== null) say(wholeAgain(record));
      for (const each of left) say(wholeAgain(each.record));
    },
  };
  return narrator;
}

/** Whoever is paired with somebody has what he came for; the beginning of the run said what was half. */
function stillHalf({ outcome, record }: Result, { half }: Earlier): Earlier['half'] {
  return outcome === 'paired' ? [] : half.filter((each) => each.record !== record);
}

/** JSON in ASCII alone: as valid, and nothing of others that turns a terminal round reaches one. */
export function jsonLine(value: object): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** `user@host:directory`, safe to look at. */
export function whois({ userName, hostName, directory }: PeerView): string {
  return printable(`${userName}@${hostName}:${directory}`, 120);
}

/** What goes wrong beside the conversation, and does not end it. */
export function troubleText({ what, reason }: Extract<Notice, { event: 'trouble' }>): string {
  return `${what.startsWith('send on ') ? `cannot ${printable(what)}` : `trouble with ${printable(what)}`}: ${printable(reason)}`;
}

/** `1:05`. */
export function elapsed(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** How often this was seen, when that number is worth telling: 1, 10, 100, ... */
function makeTally(): (notice: Notice) => number | null {
  const seen = new Map<string, number>();
  return (notice) => {
    const key = tallyKey(notice);
    if (key === null) return 1;
    const times = (seen.get(key) ?? 0) + 1;
    if (times === 1 && seen.size >= tallyMax) return null;
    seen.set(key, times);
    return /^10*$/.test(String(times)) ? times : null;
  };
}

function tallyKey(notice: Notice): string | null {
  if (notice.event === 'request') return `request ${notice.candidate} ${whois(notice.peer)}`;
  if (notice.event === 'refused') return `refused ${notice.refusal.rule}`;
  if (notice.event === 'alarm') return `alarm ${notice.rule}`;
  if (notice.event === 'trouble') return `trouble ${notice.what} ${notice.reason}`;
  return null;
}

function sentence(notice: Notice, circumstances: Circumstances, screen: Screen): string | null {
  switch (notice.event) {
    case 'request':
      return `${whois(notice.peer)} asks to pair (not proven)`;
    case 'seeking':
      return seekingOf(notice.role, circumstances);
    case 'proven':
      return `phrase proven by ${whois(notice.peer)}; ${circumstances.protocol === 'lp1' ? 'a moment, in case another machine knows it' : 'storing and installing its key'}`;
    case 'choose':
      return choiceText(notice);
    case 'granted':
      return `key ${print(notice.key)} installed`;
    case 'revoked':
      return `key ${print(notice.key)} taken back`;
    case 'paired': {
      const who = printable(`${notice.peer.userName}@${notice.peer.hostName}`, 120);
      const ssh = circumstances.installsKeys ? '' : '\n(--no-ssh: no key was installed here)';
      return `${screen.strong(`Paired with ${who}`)}   ${print(notice.peer.key)}${ssh}`;
    }
    case 'others':
      return notice.count === 1
        ? '1 device is pairing on another channel'
        : `${notice.count} devices are pairing on other channels`;
    case 'half':
      return `Half paired with ${whois(notice.peer)}: ${printable(notice.why)}`;
    case 'address':
      return `reach it as ${printable(notice.host)} (${rungs[notice.rung]})${sshHint(circumstances.keyPath)}`;
    case 'settled':
      return null;
    case 'ended':
      // That nobody was found is in the last word, with what to do.
      return notice.reason === 'cancelled' || notice.detail === '' || notice.detail === nobodyFound
        ? null
        : printable(notice.detail);
    case 'unfinished':
      return unfinished(notice, circumstances);
    case 'phraseRefused':
      return printable(notice.advice, 400);
    case 'alarm':
      return `careful: ${printable(notice.detail, 400)}`;
    case 'refused':
      return refused(notice, circumstances);
    case 'trouble':
      return troubleText(notice);
  }
}

/** By number, as it is answered. */
export function choiceText({ candidates }: Extract<Notice, { event: 'choose' }>): string {
  const each = candidates.map(({ peer, words = '' }, index) => {
    const shown = words === '' ? '' : `\n   its screen shows beside this machine: ${printable(words)}`;
    return `${index + 1}  ${whois(peer)}  ${print(peer.key)}  at ${printable(peer.address)}${shown}`;
  });
  return [`${candidates.length} machines know the phrase. Which one is yours?`, ...each].join('\n');
}

const nobodyFound = 'nobody proved the phrase in time';

type Seeking = Extract<Notice, { event: 'seeking' }>['role'];

function seekingOf(role: Seeking, { interfaces, protocol }: Circumstances): string | null {
  const where = interfaces().join(' and ');
  // In lp1 there are no roles: listening is only waiting for the phrase.
  if (protocol === 'lp1') return role === 'listening' ? null : `looking on ${where}`;
  return seeking[role](where);
}

const seeking: Readonly<Record<Seeking, (where: string) => string>> = {
  listening: (where) => `listening on ${where}`,
  asking: (where) => `nobody with this phrase has asked, so we ask on ${where}`,
  answering: () => 'answering, until the other side says that it is done',
};

function unfinished(
  { peer, step }: Extract<Notice, { event: 'unfinished' }>,
  { protocol }: Circumstances,
): string | null {
  if (protocol === 'annex') {
    return peer === null
      ? 'an earlier request of ours was never answered; type its phrase to go on with it'
      : `the pairing with ${whois(peer)} is unfinished; type its phrase to go on with it`;
  }
  if (peer === null) return null;
  return step === 'revoked'
    ? `${whois(peer)} is forgotten here and has not heard of it; it is told as soon as it speaks`
    : `the pairing with ${whois(peer)} is unfinished; it goes on by itself as soon as that machine speaks`;
}

function refused(
  { refusal, source }: Extract<Notice, { event: 'refused' }>,
  { protocol }: Circumstances,
): string | null {
  // Two that start at once overtake each other, and it is said again: no news for a person.
  if (protocol === 'lp1' && refusal.rule === 'confirm-early') return null;
  if (protocol === 'lp1' && refusal.rule === 'tag') {
    const who = source === null ? 'somebody' : printable(source.address);
    return `${who} has another phrase; is it typed alike on both machines?`;
  }
  const whose = source === null ? '' : ` from ${printable(source.address)}`;
  return `a datagram${whose} was refused (${printable(refusal.rule)}); it changes nothing`;
}

const rungs: Readonly<Record<'mdns' | 'dns' | 'address', string>> = {
  mdns: 'a name that follows it on this network',
  dns: 'its name in the DNS',
  address: 'no name was found, so this may change',
};

/** What to type now; where a name of the peer's would need quoting, the alias alone. */
function reachedBy(peer: PeerView, alias: string | null): string {
  if (alias === null) {
    return 'ssh was told no name for it: its ssh host key did not come along. Next: install sshd there, and pair again';
  }
  const url = cloneUrl(peer, alias);
  const clone = url === null ? '' : `git clone ${url.slice(url.indexOf('@') + 1)}\n`;
  return `${clone}(${alias} is its name for ssh and git; with lanpair serve on both it follows it from address to address)`;
}

/** A pairing is told with how it is undone, before anybody waits for the other side's sake. */
function undoWith(record: string): string {
  return `Undo with: lanpair peers forget ${record}`;
}

function wholeAgain(record: string): string {
  return `Next, for what is half: run \`lanpair pair\` on both again; ${undoWith(record).replace('U', 'u')}`;
}

function becameWhole({ record, peer }: Earlier['whole'][number]): string {
  return `The pairing with ${whois(peer)}, which was half, is whole on both sides. Next, for that: lanpair peers show ${record}`;
}

const cancelledAgain = 'Cancelled. Nothing new is left behind.';

const nextSteps: Readonly<Record<Result['outcome'], string | null>> = {
  paired: null,
  half: null,
  failed: null,
  cancelled: 'Cancelled. Nothing is left behind.',
  interrupted: 'Cancelled. Next: lanpair peers shows whether anything of it is left here.',
};

function sshHint(keyPath: string | null): string {
  return keyPath === null || !/^[A-Za-z0-9_./-]+$/.test(keyPath)
    ? ''
    : `\nfor git: export GIT_SSH_COMMAND="ssh -i ${keyPath}"`;
}

/** What can be copied into a shell as it is; null where a name of the peer's would need quoting. */
export function cloneUrl({ userName, directory }: PeerView, host: string): string | null {
  const path = directory.startsWith('~/') ? directory.slice(2) : directory;
  const isPlain = [userName, host, path].every((text) => /^[A-Za-z0-9/][A-Za-z0-9_./-]*$/.test(text));
  return isPlain ? `${userName}@${host}:${path}` : null;
}

/** The fingerprint of a key as ssh-keygen shows it. */
export function print(key: string): string {
  const parsed = parseSshKey(key);
  return parsed.ok ? `${parsed.key.type} ${fingerprint(parsed.key)}` : 'an unreadable key';
}
