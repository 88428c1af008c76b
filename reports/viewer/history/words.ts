/** A step in words, for a diagram that has room for a few of them. Texts of others are made inert here. */
import type { Command, Effect, Input, Notice, PeerView } from '../../../protocol/contract.ts';
import { endpointText, printable } from '../../../protocol/display.ts';
import type { Line } from './history.ts';

/** The name of a machine by its ssh key. */
export type OwnerOf = (key: string) => string;

export function inputWords(input: Input): string {
  switch (input.type) {
    case 'start':
      return 'starts';
    case 'datagram':
      return 'hears a datagram';
    case 'timer':
      return `has waited: ${printable(input.name, 60)}`;
    case 'interfaces':
      return 'sees its interfaces change';
    case 'command':
      return commandWords(input.command);
    case 'outcome': {
      const { of } = input.outcome;
      return input.outcome.ok ? `${of}: done` : `${of}: failed, ${printable(input.outcome.reason, 80)}`;
    }
    case 'resumed':
      return 'wakes';
  }
}

/** What the input itself says in the diagram; a datagram is an arrow already. */
export function inputLines(input: Input): readonly Line[] {
  switch (input.type) {
    case 'start':
      return input.phrase === null ? [] : [{ topic: 'person', text: 'types the phrase' }];
    case 'command':
      return [{ topic: 'person', text: commandWords(input.command) }];
    case 'timer':
      return [{ topic: 'timer', text: shortened(printable(input.name, 120)) }];
    case 'resumed':
      return [{ topic: 'fault', text: 'wakes' }];
    case 'interfaces':
      return [{ topic: 'fault', text: 'interfaces change' }];
    case 'outcome':
      return input.outcome.ok ? [] : [{ topic: 'fault', text: inputWords(input) }];
    case 'datagram':
      return [];
  }
}

/** A timer's name without where it is about: the words beside it say that. Ids are told apart by their first digits. */
function shortened(text: string): string {
  return text.replace(/ [0-9.]{7,15} \d+/g, '').replace(/\b([0-9a-f]{6})[0-9a-f]{10,}\b/g, '$1…');
}

/** Nothing that was typed is in it. */
function commandWords(command: Command): string {
  switch (command.name) {
    case 'phrase':
      return 'types the phrase';
    case 'choose':
      return 'chooses one of them';
    case 'cancel':
      return 'cancels';
    case 'forget':
      return 'forgets a peer';
    case 'nudge':
      return 'is impatient';
    case 'grant':
      return 'grants one more guess';
    case 'find':
      return 'asks where a peer is';
  }
}

export function effectLines(effects: readonly Effect[], ownerOf: OwnerOf): readonly Line[] {
  return effects.flatMap((effect): readonly Line[] => {
    switch (effect.type) {
      case 'notify':
        return effect.notice.event === 'refused'
          ? [{ topic: 'refusal', text: `refuses: ${printable(effect.notice.refusal.rule, 60)}` }]
          : [{ topic: 'notice', text: noticeWords(effect.notice, ownerOf) }];
      case 'store':
        return [{ topic: 'plain', text: 'writes its record' }];
      case 'discard':
        return [{ topic: 'plain', text: 'deletes its record' }];
      case 'provision':
        return [{ topic: 'plain', text: `lets in ${ownerOf(effect.grant.key)} ...` }];
      case 'unprovision':
        return [{ topic: 'plain', text: `takes out ${ownerOf(effect.grant.key)} ...` }];
      case 'sign':
      case 'lookup':
      case 'send':
      case 'setTimer':
      case 'cancelTimer':
        return [];
    }
  });
}

/** Every effect, for the list beside the diagram. */
export function effectWords(effect: Effect, ownerOf: OwnerOf): string {
  switch (effect.type) {
    case 'send': {
      const { to } = effect;
      const whom = to === 'group' ? 'everybody' : endpointText(to);
      return `sends ${effect.bytes.length} B to ${whom} on ${effect.interface ?? 'any interface'}`;
    }
    case 'setTimer':
      return `sets timer ${printable(effect.name, 60)}: ${effect.minMs === effect.maxMs ? effect.minMs : `${effect.minMs} to ${effect.maxMs}`} ms`;
    case 'cancelTimer':
      return `stops timer ${printable(effect.name, 60)}`;
    case 'store':
      return `has its record ${printable(effect.record.id, 32)} written`;
    case 'discard':
      return `has its record ${printable(effect.record, 32)} deleted`;
    case 'provision':
      return `asks that the key of ${ownerOf(effect.grant.key)} be let in`;
    case 'unprovision':
      return `asks that the key of ${ownerOf(effect.grant.key)} be taken out`;
    case 'sign':
      return `asks for a signature over ${effect.bytes.length} B (${printable(effect.namespace, 40)})`;
    case 'lookup':
      return `looks up ${printable(effect.query.kind === 'addresses' ? effect.query.name : effect.query.address, 100)}`;
    case 'notify':
      return `says: ${noticeWords(effect.notice, ownerOf)}`;
  }
}

export function noticeWords(notice: Notice, ownerOf: OwnerOf): string {
  if (notice.event === 'refused') return `refused, ${printable(notice.refusal.rule, 60)}`;
  if (notice.event === 'choose') return `choose, one of ${notice.candidates.length}`;
  const more = Object.entries(notice).flatMap(([field, value]: [string, unknown]): readonly string[] => {
    if (field === 'event' || field === 'record' || field === 'candidate') return [];
    if (field === 'peer' && value !== null) return [peerWords(value as PeerView, ownerOf)];
    if (field === 'key') return [`key of ${ownerOf(String(value))}`];
    return typeof value === 'string' || typeof value === 'number' ? [printable(String(value), 120)] : [];
  });
  return [notice.event, ...more].join(', ');
}

/** What somebody calls himself is quoted where it is not his machine's name. */
function peerWords({ hostName, key }: PeerView, ownerOf: OwnerOf): string {
  const owner = ownerOf(key);
  const said = printable(hostName, 40);
  return said === owner ? owner : `${owner}, who says "${said}"`;
}

/** What a script does to one machine stands at its lane, what it does to the network across all. */
export function scriptWords(what: string, isMachine: (name: string) => boolean): [who: string | null, line: Line] {
  const [, name, rest] = /^([a-z][a-z0-9-]*):? (.*)$/s.exec(what) ?? [];
  if (name === undefined || rest === undefined || !isMachine(name))
    return [null, { topic: 'fault', text: printable(what) }];
  const isPerson = /^(types|chooses|finds|forgets|cancel|nudge|grant)\b/.test(rest);
  return [name, { topic: isPerson ? 'person' : 'fault', text: printable(rest) }];
}
