/** Recordings as tests make them: what a machine heard is fed to the core once more, which is pure, so that it is the same run. */
import { utf8 } from '../bytes.ts';
import type { Input } from '../contract.ts';
import { drive, type Ports } from '../driver.ts';
import { makeRecorder, type Protocol, realSuite } from '../index.ts';
import { type Call, recordingSuite } from '../recording/suites.ts';

const nowhere = new Proxy({}, { get: () => () => undefined }) as Ports;

export interface Run {
  readonly lines: readonly string[];
  /** All that the suite was really asked, and answered. */
  readonly calls: readonly Call[];
  readonly inputs: readonly Input[];
}

/** One life of a machine, or several, in one file. */
export function recorded(name: string, protocol: Protocol, inputs: readonly Input[]): Run {
  const lines: string[] = [];
  const calls: Call[] = [];
  let drawn = 0;
  const recorder = makeRecorder({
    protocol: name,
    program: 'lanpair 0.0.0-test',
    suite: recordingSuite(realSuite, (call) => calls.push(call)),
    draw: (length) => realSuite.derive(utf8('drawer'), 'draw', utf8(`${drawn++}`), length),
    nowMs: () => 5,
    write: (line) => void lines.push(line),
    failed: (thrown) => {
      throw thrown;
    },
  });
  const begin = (): ReturnType<typeof drive> =>
    drive({ protocol, suite: recorder.suite, ports: nowhere, observe: recorder.observe });
  let driver = begin();
  for (const input of inputs) {
    if (input.type === 'start') driver = begin();
    driver.input(input);
  }
  recorder.end('closed');
  return { lines: [...lines, ''], calls, inputs };
}
