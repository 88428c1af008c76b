/**
 * Paired: late PairAcks are answered with PairDone, for as long as they come and after any restart, because the one
 * PairDone of git-annex's own conversation may be lost; and the best name to reach the partner is looked for.
 */

import type { Effect, Notice, Suite } from '../contract.ts';
import { hostNameOk } from '../display.ts';
import type { Turn } from '../table.ts';
import { adopt, viewOf } from './conversation.ts';
import type { Event } from './events.ts';
import { owed, writeRecord } from './granting.ts';
import { bodyOf, storedRecord, withRecord } from './record.ts';
import { crowd } from './seeking.ts';
import { cancelTimers, sendAll, sendBack, setTimer, spoken } from './speech.ts';
import { type AnnexState, type Ladder, times } from './state.ts';

type On<T extends Event['type']> = Event & { readonly type: T };

/** Both keys are granted as far as we can know. The initiator says so: PairDone, once unasked, then for every PairAck. */
export function paired(state: AnnexState, suite: Suite): Turn<AnnexState> {
  const { current } = state;
  if (current === null) return [state, []];
  const { record, partner, role } = current;
  // A responder that never asked has nothing more to answer.
  const lingers = role === 'initiator' || state.own !== null;
  const done: AnnexState = { ...state, situation: 'Paired', rivals: [], patience: 'none', quiet: !lingers };
  const said = role === 'initiator' ? owed(done, suite) : [];
  const [written, stores] = writeRecord(
    { ...done, current: { ...current, writing: null, previous: null } },
    'paired',
    `paired ${record}`,
    role === 'initiator' ? { sent: said } : {},
  );
  const [next, looks] = startLadder(written);
  return [
    next,
    [
      ...cancelTimers('repeat', 'patience', 'window'),
      ...sendAll(done, said),
      ...stores,
      { type: 'notify', notice: { event: 'paired', record, peer: viewOf(partner), role } },
      ...looks,
      ...(lingers ? [setTimer('linger', times.linger)] : []),
    ],
  ];
}

/** Still no PairDone there: say it again, where it was asked for. */
export function doneAgain(state: AnnexState, event: On<'ackAgain'>, suite: Suite): Turn<AnnexState> {
  const { current } = state;
  if (current === null || event.record !== current.record) return answerFromRecord(state, event);
  const adopted = event.proven === null ? current : adopt(current, event.proven);
  const next: AnnexState = { ...state, current: adopted, quiet: false };
  const [written, effects] = adopted === current ? [next, []] : writeRecord(next, 'paired', `update ${current.record}`);
  const said = sendBack(spoken(written, 'PairDone', current.uuids[0] ?? '', suite), event.from.interface);
  return [written, [...said, ...effects, setTimer('linger', times.linger)]];
}

/** The partner of an earlier session never heard our PairDone. If we crashed before installing its key, that comes first. */
export function answerFromRecord(state: AnnexState, event: On<'ackAgain'>): Turn<AnnexState> {
  const record = state.records.find(({ id }) => id === event.record);
  const body = record === undefined ? null : bodyOf(record);
  if (body === null || body.peer === null) return [state, []];
  if (body.step === 'paired') return [state, sendBack(body.sent, event.from.interface)];
  return [
    state,
    [{ type: 'provision', id: `regrant ${event.record}`, grant: { record: event.record, key: body.peer.sshKey } }],
  ];
}

/** What the crash interrupted is done: the key of a proven partner is installed, and it may hear so. */
export function regranted(state: AnnexState, event: On<'regranted'>): Turn<AnnexState> {
  const record = state.records.find(({ id }) => id === event.record);
  const body = record === undefined ? null : bodyOf(record);
  if (body === null || body.peer === null || body.step === 'paired') return [state, []];
  if (!event.ok)
    return [
      state,
      [
        {
          type: 'notify',
          notice: { event: 'trouble', what: `installing the key of record ${event.record}`, reason: event.reason },
        },
      ],
    ];
  const finished = storedRecord(event.record, { ...body, step: 'paired', previous: null });
  const { peer, role } = body;
  return [
    { ...state, records: withRecord(state.records, finished) },
    [
      { type: 'store', id: `paired ${event.record}`, record: finished },
      ...sendAll(
        state,
        body.sent.filter((sent) => state.interfaces.some(({ name }) => name === sent.interface)),
      ),
      { type: 'notify', notice: { event: 'granted', record: event.record, key: peer.sshKey } },
      { type: 'notify', notice: { event: 'paired', record: event.record, peer: viewOf(peer), role } },
    ],
  ];
}

/** Paired, and the partner asks (again): its program lost its memory. Its key is installed, so it is answered, and nothing changes. */
export function answerStatelessly(state: AnnexState, event: On<'requestAgain'>, suite: Suite): Turn<AnnexState> {
  const known = state.current?.uuids.includes(event.uuid) ?? true;
  return [state, known ? [] : sendBack(spoken(state, 'PairAck', event.uuid, suite), event.from.interface)];
}

/** Paired by answering, and the partner answers our own crossing request as well: close that, too. Another machine gets nothing. */
export function closeOwnRequest(state: AnnexState, event: On<'ackProven'>, suite: Suite): Turn<AnnexState> {
  const known = state.current?.partner;
  const they = event.partner.partner;
  const same =
    known?.hostName === they.hostName && known.userName === they.userName && known.directory === they.directory;
  if (!same) return [state, crowd(event.partner)];
  return [state, sendBack(spoken(state, 'PairDone', event.uuid, suite), event.from.interface)];
}

/** Six silent periods: whoever wanted a PairDone has it. */
export function lingered(state: AnnexState): Turn<AnnexState> {
  return settleIfDone({ ...state, quiet: true }, []);
}

// ---------------------------------------------------------------------------------------------------- address ladder

/**
 * The seed's order: `HOST.local` if it resolves, the reverse name of the address, the address. Stricter than git-annex in
 * one thing: a name counts only if it leads to an address that the partner signed, so a liar on the LAN gets nobody.
 */
function startLadder(state: AnnexState): Turn<AnnexState> {
  const hostName = state.current?.partner.hostName ?? '';
  const name = hostName.endsWith('.local') ? hostName : `${hostName}.local`;
  return hostNameOk(name) ? climb(state, { rung: 'mdns', name }) : climb(state, reverseRung(state));
}

export function looked(state: AnnexState, { answers }: On<'looked'>): Turn<AnnexState> {
  const { ladder, current } = state;
  if (ladder === null || current === null) return [state, []];
  if (ladder.rung === 'reverse') {
    const name = answers.map((answer) => answer.replace(/\.$/, '')).find(hostNameOk);
    return name === undefined
      ? reachedBy(state, current.partner.addresses[0] ?? '', 'address')
      : climb(state, { rung: 'forward', name });
  }
  const leadsThere = answers.some((answer) => current.partner.addresses.includes(answer));
  if (leadsThere) return reachedBy(state, ladder.name, ladder.rung === 'mdns' ? 'mdns' : 'dns');
  if (ladder.rung === 'mdns') return climb(state, reverseRung(state));
  return reachedBy(state, current.partner.addresses[0] ?? '', 'address');
}

function reverseRung(state: AnnexState): Ladder {
  return { rung: 'reverse', name: state.current?.partner.addresses[0] ?? '' };
}

function climb(state: AnnexState, ladder: Ladder): Turn<AnnexState> {
  const { rung, name } = ladder;
  const query =
    rung === 'reverse' ? ({ kind: 'names', address: name } as const) : ({ kind: 'addresses', name } as const);
  return [{ ...state, ladder }, [{ type: 'lookup', id: `lookup ${rung} ${name}`, query }]];
}

function reachedBy(
  state: AnnexState,
  host: string,
  rung: Extract<Notice, { event: 'address' }>['rung'],
): Turn<AnnexState> {
  const record = state.current?.record ?? '';
  const [next, stores] = writeRecord({ ...state, ladder: null }, 'paired', `address ${record}`, { host });
  return settleIfDone(next, [...stores, { type: 'notify', notice: { event: 'address', record, host, rung } }]);
}

/** The phrase has served when nobody waits for a PairDone and the name is found. */
function settleIfDone(state: AnnexState, effects: readonly Effect[]): Turn<AnnexState> {
  if (!state.quiet || state.ladder !== null) return [state, effects];
  return [
    { ...state, situation: 'Settled', secrets: null },
    [...effects, { type: 'notify', notice: { event: 'settled' } }],
  ];
}

/** Our own addresses changed: what is stored for late PairAcks must carry the new ones. */
export function resign(state: AnnexState, suite: Suite): Turn<AnnexState> {
  const { current } = state;
  if (current === null) return [state, []];
  return writeRecord(state, 'paired', `update ${current.record}`, { sent: owed(state, suite) });
}
