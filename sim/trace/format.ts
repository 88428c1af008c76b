/** The forms in which a run can be written down, by name: what watches the run, and the file that comes of it. */
import type { Watch } from '../events.ts';
import type { RunResult } from '../run.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { Subject } from '../subject.ts';
import { createChronicle } from './chronicle.ts';
import { headOf } from './head.ts';
import { mermaidText } from './mermaid.ts';
import { createCapture } from './pcapng.ts';
import { storyText } from './story.ts';

export interface Tracer {
  readonly watch: Watch;
  /** The file, after the run. */
  finish(result: RunResult): string | Uint8Array;
}

export interface TraceFormat {
  /** Ending of its file's name. */
  readonly ending: string;
  readonly describe: string;
  /** `program` is who writes it: `lanpair 0.1.0`. */
  create(scenario: Scenario, subject: Subject, program: string): Tracer;
}

export type FormatName = 'ndjson' | 'story' | 'mermaid' | 'pcapng';

export const traceFormats: { readonly [name in FormatName]: TraceFormat } = {
  ndjson: {
    ending: 'ndjson',
    describe: 'every event, one JSON object a line',
    create: (_, { suite }, program) => ({
      watch: () => undefined,
      finish: (result) =>
        [headOf(result, suite.name, program), ...result.trace].map((line) => `${JSON.stringify(line)}\n`).join(''),
    }),
  },
  story: {
    ending: 'txt',
    describe: 'who did what, and why, in plain text',
    create(scenario, subject) {
      const chronicle = createChronicle(scenario, subject);
      return { watch: chronicle.watch, finish: (result) => storyText(chronicle, result) };
    },
  },
  mermaid: {
    ending: 'mmd',
    describe: 'a Mermaid sequence diagram',
    create(scenario, subject) {
      const chronicle = createChronicle(scenario, subject);
      return { watch: chronicle.watch, finish: (result) => mermaidText(chronicle, result, scenario) };
    },
  },
  pcapng: {
    ending: 'pcapng',
    describe: 'the datagrams, for Wireshark and tshark',
    create(_, subject) {
      const capture = createCapture(subject.protocol);
      return {
        watch: capture.watch,
        finish: ({ title, protocol, seed }) => capture.file(`${title} (${protocol}, seed ${seed})`),
      };
    },
  },
};
