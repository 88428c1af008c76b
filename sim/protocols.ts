/** The protocols that the testbed knows, by name. Specimens are not here: `sim audit` brings its own. */
import { concat, utf8 } from '../protocol/bytes.ts';
import type { Protocol } from '../protocol/contract.ts';
import { annex, locate, lp1 } from '../protocol/index.ts';
import { realSuite } from '../protocol/suite.ts';
import { symbolicSuite } from '../protocol/suite-symbolic.ts';
import { annexAdversaries } from './adversaries/annex.ts';
import { locateAdversaries } from './adversaries/locate.ts';
import { lp1Adversaries } from './adversaries/lp1.ts';
import { oracles } from './oracles/index.ts';
import type { Vocabulary } from './scenario/context.ts';
import type { Subject } from './subject.ts';

const annexSubject: Subject = {
  name: 'annex',
  protocol: annex.protocol,
  suite: realSuite,
  suites: [realSuite],
  phraseKey: annex.phraseKey,
  rephrase: (phrase) => phrase,
  agreedIn: () => null,
  placesIn: () => [],
  adversaries: annexAdversaries,
  // Its digest can be tried offline, its listeners know no cookies, and its datagrams hold names of any length.
  exempt: ['guesses', 'strangers', 'amplification', 'traffic'],
};

function checked(text: string): ReturnType<typeof lp1.checkPhrase> {
  return lp1.checkPhrase({ text, bits: Number.MAX_VALUE, accepted: ['weak', 'slip'] });
}

/** On the symbolic suite, for mass; `onSuite` puts it on the real one. */
const lp1Subject: Subject = {
  name: 'lp1',
  // The testbed sees any protocol's state as plain state: what it is made of is the protocol's own affair.
  protocol: lp1.protocol as unknown as Protocol,
  suite: symbolicSuite,
  suites: [symbolicSuite, realSuite],
  phraseKey(text) {
    const check = checked(text);
    return check.ok ? concat(check.prs, utf8(check.channel)) : utf8(text);
  },
  rephrase(text, number) {
    const check = checked(text);
    if (!check.ok) return text;
    const other = lp1.generatePhrase(Uint8Array.from({ length: 8 }, (_, i) => 37 * number + 11 * i));
    const words = other.slice(other.indexOf('-') + 1);
    return check.channel === '' ? `${words}-of-my-own-${number}` : `${check.channel}-${words}`;
  },
  agreedIn: ({ body }) => {
    if (body === null || typeof body !== 'object' || Array.isArray(body)) return null;
    const text = (name: string): string | null => {
      const field: unknown = Object.entries(body).find(([key]) => key === name)?.[1];
      return typeof field === 'string' ? field : null;
    };
    const [transcript, mine, theirs, address] = [text('th'), text('mine'), text('theirs'), text('address')];
    if (transcript === null || mine === null || theirs === null || address === null) return null;
    return { transcript, mine, theirs, address };
  },
  placesIn: () => [],
  adversaries: lp1Adversaries,
  exempt: [],
};

/** After lp1: on the records that a scenario's hosts hold. It has no phrase, so nobody is owed a pairing. */
const locateSubject: Subject = {
  ...lp1Subject,
  name: 'locate',
  protocol: locate.protocol as unknown as Protocol,
  placesIn: ({ protocol, body }) => {
    if (protocol !== 'locate' || body === null || typeof body !== 'object') return [];
    const field: unknown = Object.entries(body).find(([key]) => key === 'addresses')?.[1];
    return Array.isArray(field) ? field.filter((one) => typeof one === 'string') : [];
  },
  adversaries: locateAdversaries,
  exempt: ['fair-loss'],
};

export const subjects: ReadonlyMap<string, Subject> = new Map(
  [annexSubject, lp1Subject, locateSubject].map((subject) => [subject.name, subject]),
);

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
};
