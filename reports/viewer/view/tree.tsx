/** Plain values to look at: states, decoded datagrams. Texts are shown inert, and long ones cut. */
import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import { printable } from '../../../protocol/display.ts';
import { type Change, isRecord } from '../history/difference.ts';
import { hex } from './format.ts';

/** Longest text and longest list that is shown at once. */
const textMax = 400;
const listMax = 200;

export function Tree({ value, open = 1 }: { readonly value: unknown; readonly open?: number }): JSX.Element {
  if (!isNested(value)) return <Leaf value={value} />;
  const entries = entriesOf(value);
  return (
    <ul class="tree">
      {entries.slice(0, listMax).map(([key, one]) => (
        <li key={key}>
          <Entry name={key} value={one} open={open} />
        </li>
      ))}
      {entries.length > listMax ? <li>... and {entries.length - listMax} more</li> : null}
    </ul>
  );
}

function Entry({
  name,
  value,
  open,
}: {
  readonly name: string;
  readonly value: unknown;
  readonly open: number;
}): JSX.Element {
  const label = <span class="key">{printable(name, 80)}</span>;
  if (name === 'secrets')
    return (
      <>
        {label} <span class="note">left out: secrets are never shown</span>
      </>
    );
  if (!isNested(value))
    return (
      <>
        {label} <Leaf value={value} />
      </>
    );
  const { length } = entriesOf(value);
  if (length === 0)
    return (
      <>
        {label} <span class="note">{Array.isArray(value) ? 'none' : '{}'}</span>
      </>
    );
  return (
    <Fold open={open > 0} inside={() => <Tree value={value} open={open - 1} />}>
      {label} <span class="note">{Array.isArray(value) ? `${length}` : summaryOf(value)}</span>
    </Fold>
  );
}

/** What is inside is made when it is opened: a state may hold hundreds of candidates. */
function Fold({ open, inside, children }: FoldProps): JSX.Element {
  const [isOpen, setOpen] = useState(open);
  return (
    <details open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{children}</summary>
      {isOpen ? inside() : null}
    </details>
  );
}

interface FoldProps {
  readonly open: boolean;
  readonly inside: () => JSX.Element;
  readonly children: ComponentChildren;
}

export function Leaf({ value }: { readonly value: unknown }): JSX.Element {
  if (value instanceof Uint8Array)
    return (
      <span class="leaf bytes" title={`${value.length} bytes`}>
        {value.length === 0 ? 'no bytes' : hex(value, 32)}
      </span>
    );
  if (typeof value === 'string') return <bdi class="leaf text">{value === '' ? '""' : printable(value, textMax)}</bdi>;
  if (value === null || value === undefined) return <span class="leaf none">none</span>;
  return <span class="leaf">{isNested(value) ? summaryOf(value) : String(value as number | boolean)}</span>;
}

/** What became different, a line each: red and green are told apart by their signs, too. */
export function Changes({ changes }: { readonly changes: readonly Change[] }): JSX.Element {
  if (changes.length === 0) return <p class="note">Nothing but, perhaps, what is secret.</p>;
  return (
    <ul class="changes">
      {changes.map(({ path, kind, before, after }) => (
        <li key={path} class={kind}>
          <span class="key">{printable(path, 120)}</span>
          {kind === 'added' ? null : <Side sign="−">{<Value value={before} />}</Side>}
          {kind === 'removed' ? null : <Side sign="+">{<Value value={after} />}</Side>}
        </li>
      ))}
    </ul>
  );
}

function Side({ sign, children }: { readonly sign: '−' | '+'; readonly children: ComponentChildren }): JSX.Element {
  return (
    <span class={sign === '+' ? 'side new' : 'side old'}>
      <span class="sign">{sign}</span> {children}
    </span>
  );
}

function Value({ value }: { readonly value: unknown }): JSX.Element {
  if (!isNested(value) || entriesOf(value).length === 0) return <Leaf value={value} />;
  return (
    <Fold open={false} inside={() => <Tree value={value} open={1} />}>
      {summaryOf(value)}
    </Fold>
  );
}

function isNested(value: unknown): value is object {
  return Array.isArray(value) || isRecord(value);
}

function entriesOf(value: object): readonly (readonly [string, unknown])[] {
  return Object.entries(value) as [string, unknown][];
}

/** The first short words of a value, so that a closed one can be told from its neighbours. */
function summaryOf(value: object): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : `list of ${value.length}`;
  const words = entriesOf(value).flatMap(([key, one]) => {
    if (typeof one === 'string') return one === '' ? [] : [printable(one, 24)];
    if (typeof one === 'number' || typeof one === 'boolean') return [`${key} ${one}`];
    return one instanceof Uint8Array && one.length > 0 ? [hex(one, 4)] : [];
  });
  return words.slice(0, 3).join(' · ');
}
