/** A saved trace: opened from a file, and walked through as a run is. What a trace does not hold cannot be shown. */
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { printable } from '../../../protocol/display.ts';
import { fileMax, type Read, readTrace } from '../history/saved.ts';
import { grouped } from './format.ts';
import { soon } from './soon.ts';
import { Walk } from './walk.tsx';

export interface Opened {
  readonly name: string;
  readonly read: Read;
}

export function Saved({
  opened,
  onFile,
}: {
  readonly opened: Opened | null;
  readonly onFile: (file: File) => void;
}): JSX.Element {
  const head = <SavedHead name={opened?.name ?? null} events={eventsOf(opened)} onFile={onFile} />;
  if (opened?.read.ok !== true)
    return (
      <div class="opening">
        {head}
        {opened === null ? null : (
          <div class="trouble" role="alert">
            <h2>This trace cannot be shown</h2>
            <pre>{opened.read.ok ? '' : opened.read.why}</pre>
          </div>
        )}
        <p class="drop">Drop a trace here: one of the .ndjson files that lanpair sim run --trace DIR writes.</p>
      </div>
    );
  const { history } = opened.read;
  return (
    <Walk
      key={opened.name}
      history={history}
      play={null}
      busy={false}
      step={null}
      onStep={() => undefined}
      otherwise={null}
      head={head}
      strip={null}
      foot={history.leftOut > 0 ? <p class="cutoff">{grouped(history.leftOut)} more events are not shown.</p> : null}
    />
  );
}

function eventsOf(opened: Opened | null): number | null {
  return opened?.read.ok === true ? opened.read.history.events : null;
}

interface HeadProps {
  readonly name: string | null;
  readonly events: number | null;
  readonly onFile: (file: File) => void;
}

function SavedHead({ name, events, onFile }: HeadProps): JSX.Element {
  return (
    <header class="masthead">
      <div class="title">
        <a href="#/" class="back">
          Report
        </a>
        <h1>
          <bdi>{name === null ? 'A saved trace' : printable(name, 120)}</bdi>
        </h1>
        {events === null ? null : (
          <p class="note">A saved trace: it holds no bytes and no states. {grouped(events)} events.</p>
        )}
      </div>
      <div class="choices">
        <label class="file">
          open a trace
          <input
            type="file"
            accept=".ndjson,.jsonl"
            onChange={(event) => {
              const [file] = event.currentTarget.files ?? [];
              if (file !== undefined) onFile(file);
            }}
          />
        </label>
      </div>
    </header>
  );
}

/** Files that are dropped anywhere on the page while the viewer is there. */
export function useDrop(onFile: (file: File) => void): void {
  useEffect(() => {
    const over = (event: DragEvent): void => event.preventDefault();
    const drop = (event: DragEvent): void => {
      event.preventDefault();
      const [file] = event.dataTransfer?.files ?? [];
      if (file !== undefined) onFile(file);
    };
    addEventListener('dragover', over);
    addEventListener('drop', drop);
    return () => {
      removeEventListener('dragover', over);
      removeEventListener('drop', drop);
    };
  }, [onFile]);
}

/** The trace that was opened last, and how to open another. */
export function useOpened(): readonly [opened: Opened | null, open: (file: File) => void] {
  const [file, setFile] = useState<File | null>(null);
  const [opened, setOpened] = useState<Opened | null>(null);
  useEffect(() => {
    if (file === null) return;
    let wanted = true;
    const { name, size } = file;
    const tell = (read: Read): void => {
      if (wanted) setOpened({ name, read });
    };
    // One character is at most four bytes; a longer file is not even read.
    if (size > 4 * fileMax) tell({ ok: false, why: 'This file is too long for a trace.' });
    else
      file.text().then(
        (text) => void soon(() => tell(readTrace(text))),
        () => tell({ ok: false, why: 'This file cannot be read. Is it still there?' }),
      );
    return () => {
      wanted = false;
    };
  }, [file]);
  return [opened, setFile];
}
