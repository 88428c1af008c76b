/** What is picked, in full: a moment, a message with its bytes, or a machine with its state. */
import type { ComponentChildren, JSX } from 'preact';
import { printable } from '../../../protocol/display.ts';
import { differences } from '../history/difference.ts';
import type { Edits } from '../history/edits.ts';
import { fateWords, lostFates, type Message, type Moment, type RunHistory, saysOf } from '../history/history.ts';
import { stepsBefore, timersAt } from '../history/lookup.ts';
import { type Play, subjectOf } from '../history/play.ts';
import type { Background } from '../work/background.ts';
import type { StateStore } from '../work/state-store.ts';
import { wordsOf } from './arrows.tsx';
import { Eavesdropped } from './eavesdropped.tsx';
import { Fault } from './fault.tsx';
import { dump, seconds, span } from './format.ts';
import { Otherwise } from './otherwise.tsx';
import { Part } from './part.tsx';
import type { Picked, Shown } from './shown.ts';
import { useStates } from './states.ts';
import { Story } from './story.tsx';
import { Changes, Tree } from './tree.tsx';

export interface DetailsProps {
  readonly shown: Shown;
  /** Null: the history was read from a file. */
  readonly play: Play | null;
  readonly background: Background;
  /** Null: there are no states. */
  readonly states: StateStore | null;
  readonly cursor: number;
  readonly picked: Picked;
  readonly onPick: (picked: Picked) => void;
  /** Null: it cannot be run again. */
  readonly otherwise: OtherwiseProps | null;
}

export interface OtherwiseProps {
  readonly edits: Edits;
  /** Runs it again with these changes, the cursor at event `at`. */
  readonly onEdit: (edits: Edits, at?: number) => void;
}

export function Details({
  shown,
  play,
  background,
  states,
  cursor,
  picked,
  onPick,
  otherwise,
}: DetailsProps): JSX.Element {
  const { history } = shown;
  if (picked.what === 'message') {
    const message = history.messages[picked.index];
    if (message !== undefined)
      return (
        <MessageDetails key={message.index} message={message} play={play} history={history} onPick={onPick}>
          {otherwise === null ? null : <Otherwise message={message} history={history} {...otherwise} />}
        </MessageDetails>
      );
  }
  if (picked.what === 'lane')
    return history.lanes[picked.index]?.kind === 'adversary' ? (
      <Eavesdropped
        history={history}
        play={play}
        background={background}
        lane={picked.index}
        moment={history.moments[cursor]}
      />
    ) : (
      <LaneDetails shown={shown} states={states} lane={picked.index} cursor={cursor} />
    );
  if (picked.what === 'story') return <Story shown={shown} onPick={onPick} />;
  const moment = history.moments[cursor];
  return moment === undefined ? (
    <p class="note">Nothing happened.</p>
  ) : (
    <MomentDetails moment={moment} shown={shown} states={states} onPick={onPick} />
  );
}

function MomentDetails({
  moment,
  shown,
  states,
  onPick,
}: {
  readonly moment: Moment;
  readonly shown: Shown;
  readonly states: StateStore | null;
  readonly onPick: DetailsProps['onPick'];
}): JSX.Element {
  const { history } = shown;
  const { lane, cell, situation, effects } = moment;
  const heard = moment.heard === null ? undefined : history.messages[moment.heard];
  return (
    <>
      <h2>
        <small>
          {seconds(moment.atUs)} · event {moment.n}
        </small>
        {lane === null ? 'the network' : history.lanes[lane]?.name} <span class="verb">{moment.what}</span>
      </h2>
      {situation !== null && situation[0] !== situation[1] ? (
        <p class="move">
          <b>{situation[0]}</b> → <b>{situation[1]}</b>
        </p>
      ) : null}
      {cell === null ? null : (
        <p class="why">
          {cell.situation}, on {cell.event}
          {cell.why === '' ? '' : `: ${cell.why}`}
        </p>
      )}
      {heard === undefined ? null : (
        <Part title="Heard">
          <MessageLink message={heard} history={history} onPick={onPick} />
        </Part>
      )}
      <Sendings moment={moment} history={history} onPick={onPick} />
      {effects.length === 0 ? null : (
        <Part title="Asked of the world">
          <ul class="plain">
            {effects.map((effect, at) => (
              <li key={at}>
                <bdi>{effect}</bdi>
              </li>
            ))}
          </ul>
        </Part>
      )}
      {moment.step === null || lane === null ? null : (
        <StateChange shown={shown} states={states} lane={lane} moment={moment} />
      )}
    </>
  );
}

/** One line for each copy; those of a multicast to many are folded. */
function Sendings({
  moment,
  history,
  onPick,
}: {
  readonly moment: Moment;
  readonly history: RunHistory;
  readonly onPick: DetailsProps['onPick'];
}): JSX.Element | null {
  if (moment.sent.length === 0) return null;
  const messages = moment.sent.slice(0, 60).flatMap((index) => history.messages[index] ?? []);
  return (
    <Part title="Sent">
      {messages.map((message) => (
        <MessageLink key={message.index} message={message} history={history} onPick={onPick} />
      ))}
      {moment.sent.length > 60 ? <p class="note">... and {moment.sent.length - 60} more copies</p> : null}
    </Part>
  );
}

function MessageLink({
  message,
  history,
  onPick,
}: {
  readonly message: Message;
  readonly history: RunHistory;
  readonly onPick: DetailsProps['onPick'];
}): JSX.Element {
  const { from, to, index } = message;
  return (
    <button
      type="button"
      class={`link ${message.forgery === null ? '' : 'forged'}`}
      onClick={() => onPick({ what: 'message', index })}
    >
      {wordsOf(message)}{' '}
      <span class="note">
        {history.lanes[from]?.name} → {history.lanes[to]?.name}
      </span>
    </button>
  );
}

interface StateProps {
  readonly shown: Shown;
  readonly states: StateStore | null;
  readonly lane: number;
}

function StateChange({ moment, ...props }: StateProps & { readonly moment: Moment }): JSX.Element {
  const { state, before, fault } = useStep(props, moment.index);
  return (
    <Part title="State, different from the step before">
      {state === undefined ? <Coming fault={fault} /> : <Changes changes={differences(before, state)} />}
    </Part>
  );
}

function Coming({ fault }: { readonly fault: string | null }): JSX.Element {
  return fault === null ? <p class="note">...</p> : <Fault why={fault} />;
}

interface Step {
  /** Undefined: the machine has done nothing yet. */
  readonly at: Moment | undefined;
  readonly state: unknown;
  readonly before: unknown;
  /** Why its state will not come; null: it may. */
  readonly fault: string | null;
}

/** The last step of a lane by this moment, its state, and the one before it; a machine that started again has none before. */
function useStep({ shown: { history, index }, states, lane }: StateProps, moment: number): Step {
  const [now, then] = stepsBefore(history, index, lane, moment);
  const same = then !== undefined && then.step?.boot === now?.step?.boot;
  const moments = now === undefined ? [] : same ? [now.index, then.index] : [now.index];
  const found = useStates(states, moments, index.ofLane[lane] ?? []);
  const [state, before] = found.states;
  const { fault } = found;
  return { at: now, state: same && before === undefined ? undefined : state, before: before ?? {}, fault };
}

function MessageDetails({
  message,
  play,
  history,
  onPick,
  children,
}: {
  readonly message: Message;
  readonly play: Play | null;
  readonly history: RunHistory;
  readonly onPick: DetailsProps['onPick'];
  readonly children: ComponentChildren;
}): JSX.Element {
  const { from, to, sentUs, arrivedUs, forgery, datagram, source, target, length, sender, hearer, id } = message;
  const [a, b] = [history.lanes[from]?.name ?? '', history.lanes[to]?.name ?? ''];
  const became = lostFates.has(message.fate)
    ? fateWords[message.fate]
    : arrivedUs === null
      ? fateWords[message.fate]
      : `arrived after ${span(arrivedUs - sentUs)}`;
  return (
    <>
      <h2>
        <small>
          {seconds(sentUs)} · datagram {id}
        </small>
        {message.kind}{' '}
        <span class="verb">
          {a} → {b}
        </span>
      </h2>
      {forgery === null ? null : <Forged message={message} who={a} />}
      <dl>
        <Row name="from">{source}</Row>
        <Row name="to">{target}</Row>
        <Row name="length">{length} B</Row>
        <Row name="became">
          {[...message.marks.map((mark) => fateWords[mark]), message.fate === 'deaf' ? fateWords.deaf : became].join(
            ', ',
          )}
        </Row>
      </dl>
      <p class="jumps">
        <button type="button" onClick={() => onPick({ what: 'moment', index: sender })}>
          to its sending
        </button>
        {hearer === null ? null : (
          <button type="button" onClick={() => onPick({ what: 'moment', index: hearer })}>
            to its hearing
          </button>
        )}
      </p>
      {children}
      <Part title="What it says">
        <Tree value={saysOf(message, play === null ? null : subjectOf(play.protocol).protocol)} open={2} />
      </Part>
      {datagram === null ? null : (
        <Part title="Bytes">
          <pre class="dump">{dump(datagram.bytes).join('\n')}</pre>
        </Part>
      )}
    </>
  );
}

function Forged({ message: { forgery }, who }: { readonly message: Message; readonly who: string }): JSX.Element {
  const claims = forgery?.claims ?? null;
  return (
    <p class="warning">
      ⚑ {who} sent it{claims === null ? ', under its own address' : `, under a false source: ${claims}`}
      {forgery?.repeats === null || forgery === null ? '' : `, repeating datagram ${forgery.repeats}`}.
    </p>
  );
}

function LaneDetails({ cursor, ...props }: StateProps & { readonly cursor: number }): JSX.Element {
  const { shown, states, lane } = props;
  const { history } = shown;
  const one = history.lanes[lane];
  const { at, state, before, fault } = useStep(props, cursor);
  return (
    <>
      <h2>
        <small>host, at {seconds(history.moments[cursor]?.atUs ?? 0)}</small>
        {one?.name}
      </h2>
      <p class="why">{one?.about}</p>
      {states === null || at === undefined ? (
        <p class="note">{states === null ? 'A saved trace holds no states.' : 'It has done nothing yet.'}</p>
      ) : state === undefined ? (
        <Coming fault={fault} />
      ) : (
        <>
          <Part title="Different from the step before">
            <Changes changes={differences(before, state)} />
          </Part>
          <Timers shown={shown} lane={lane} cursor={cursor} />
          <Part title="State">
            <Tree key={at.index} value={state} />
          </Part>
        </>
      )}
    </>
  );
}

function Timers({
  shown,
  lane,
  cursor,
}: {
  readonly shown: Shown;
  readonly lane: number;
  readonly cursor: number;
}): JSX.Element | null {
  const { history, index } = shown;
  const pending = timersAt(history, index, lane, cursor);
  const nowUs = history.moments[cursor]?.atUs ?? 0;
  if (pending.length === 0) return null;
  return (
    <Part title="Timers that run">
      <ul class="plain timers">
        {pending.map(({ name, minMs, maxMs, setUs }) => (
          <li key={name}>
            ◷ <bdi>{printable(name, 100)}</bdi>{' '}
            <span class="note">
              {minMs === maxMs ? minMs : `${minMs} to ${maxMs}`} ms, set {span(nowUs - setUs)} ago
            </span>
          </li>
        ))}
      </ul>
    </Part>
  );
}

function Row({ name, children }: { readonly name: string; readonly children: ComponentChildren }): JSX.Element {
  return (
    <>
      <dt>{name}</dt>
      <dd>
        <bdi>{children}</bdi>
      </dd>
    </>
  );
}
