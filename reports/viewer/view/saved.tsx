/** A saved trace: opened from a file, and walked through as a run is. What a trace does not hold cannot be shown. */
import type { JSX } from 'preact';
import { printable } from '../../../protocol/display.ts';
import { suiteIn } from '../../data/suite.ts';
import type { Read } from '../history/saved.ts';
import type { Catalogue } from '../page.ts';
import { hashOf, traceRoute } from '../route.ts';
import type { Background } from '../work/background.ts';
import type { Opened } from './files.ts';
import { grouped } from './format.ts';
import { Walk } from './walk.tsx';

interface Props {
  readonly opened: Opened | null;
  readonly catalogue: Catalogue;
  readonly background: Background;
  readonly onFile: (file: File) => void;
}

export function Saved({ opened, catalogue, background, onFile }: Props): JSX.Element {
  const head = <SavedHead opened={opened} catalogue={catalogue} onFile={onFile} />;
  if (opened?.read?.ok !== true)
    return (
      <div class="opening">
        {head}
        {opened === null ? null : <Unread name={opened.name} read={opened.read} />}
        <p class="drop">
          Drop a file here: a scenario (.yaml), which is run, or a trace (.ndjson), as lanpair sim run --trace DIR
          writes it.
        </p>
      </div>
    );
  const { history } = opened.read;
  return (
    <Walk
      key={opened.nth}
      history={history}
      play={null}
      background={background}
      text={null}
      busy={false}
      step={null}
      zoom={null}
      onPlace={() => undefined}
      otherwise={null}
      head={head}
      strip={null}
      foot={history.leftOut > 0 ? <p class="cutoff">{grouped(history.leftOut)} more events are not shown.</p> : null}
    />
  );
}

/** A file that is being read, or cannot be. */
function Unread({ name, read }: Pick<Opened, 'name' | 'read'>): JSX.Element | null {
  if (read === null)
    return (
      <p class="reading" role="status">
        Reading <bdi>{printable(name, 120)}</bdi> ...
      </p>
    );
  return read.ok ? null : (
    <div class="trouble" role="alert">
      <h2>This file cannot be shown</h2>
      <pre>{read.why}</pre>
    </div>
  );
}

function SavedHead({ opened, catalogue, onFile }: Omit<Props, 'background'>): JSX.Element {
  const read = opened?.read?.ok === true ? opened.read : null;
  return (
    <header class="masthead">
      <div class="title">
        <a href="#/" class="back">
          Report
        </a>
        <h1>
          <bdi>{opened === null ? 'A file of your own' : printable(read?.head?.title ?? opened.name, 200)}</bdi>
        </h1>
        {read === null ? null : <About read={read} name={opened?.name ?? ''} catalogue={catalogue} />}
      </div>
      <div class="choices">
        <label class="file">
          open a file
          <input
            type="file"
            accept=".yaml,.yml,.ndjson,.jsonl"
            onChange={(event) => {
              const [file] = event.currentTarget.files ?? [];
              if (file !== undefined) onFile(file);
              // The same file, changed meanwhile, may be opened once more.
              event.currentTarget.value = '';
            }}
          />
        </label>
      </div>
    </header>
  );
}

interface AboutProps {
  readonly read: Extract<Read, { readonly ok: true }>;
  readonly name: string;
  readonly catalogue: Catalogue;
}

/** Which run it was, and a way to run it here, where there are states and bytes as well. */
function About({ read: { head, history, wentOn }, name, catalogue }: AboutProps): JSX.Element {
  if (head === null)
    return (
      <p class="note">
        {grouped(history.events)} events of an older lanpair, which did not write down which run it was. A saved trace
        holds no bytes and no states.
      </p>
    );
  const { scenario, protocol, seed, suite, program, events } = head;
  const route = { ...traceRoute, name: scenario, protocol, seed, suite: suiteIn(protocol, suite) };
  const missing = events - history.events;
  return (
    <p class="note">
      <bdi>{printable(name, 120)}</bdi>: <bdi>{printable(scenario, 120)}</bdi>, {printable(protocol, 40)}, seed {seed},
      by {printable(program, 40)}. {grouped(history.events)} events
      {missing > 0 ? `, and ${grouped(missing)} more are missing: the file was cut off` : ''}
      {wentOn ? ', and the run went on after them' : ''}. A saved trace holds no bytes and no states
      {catalogue.textOf(scenario) === null ? (
        '.'
      ) : (
        <>
          : <a href={hashOf(route)}>run it here</a> to see them.
        </>
      )}
    </p>
  );
}
