/** The protocols that the testbed knows, by name. Specimens are not here: `sim audit` brings its own. */
import { annex } from '../protocol/index.ts';
import { realSuite } from '../protocol/suite.ts';
import { annexAdversaries } from './adversaries/annex.ts';
import { oracles } from './oracles/index.ts';
import type { Vocabulary } from './scenario/context.ts';
import type { Subject } from './subject.ts';

const annexSubject: Subject = {
  name: 'annex',
  protocol: annex.protocol,
  suite: realSuite,
  phraseKey: annex.phraseKey,
  adversaries: annexAdversaries,
  exempt: [],
};

export const subjects: ReadonlyMap<string, Subject> = new Map([[annexSubject.name, annexSubject]]);

/** Protocols that scenario files name before they are there; their runs are left out. */
const futureProtocols: readonly string[] = ['lp1', 'locate'].filter((name) => !subjects.has(name));

/** The words of scenario files. */
export const vocabulary: Vocabulary = {
  protocols: [...subjects.keys()],
  futureProtocols,
  adversaries: Object.fromEntries(
    [...subjects].map(([name, subject]) => [name, Object.keys(subject.adversaries).sort()]),
  ),
  oracles: oracles.map((oracle) => oracle.name),
  port: annex.protocol.network.port,
};
