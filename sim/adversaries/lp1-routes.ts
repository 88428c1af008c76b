/**
 * Strangers who want to be where a peer is thought to be: without the phrase, each with places of its own, at which it
 * gets cookies as anybody does. What they do there with other machines' iids is all that a claim of an iid can do.
 */
import { toHex } from '../../protocol/bytes.ts';
import type { Endpoint } from '../../protocol/contract.ts';
import { type Message, read, writeBeacon } from '../../protocol/lp1/messages.ts';
import type { Adversary, AdversaryKind, Lair } from './adversary.ts';

type Beacon = Extract<Message, { kind: 'BEACON' }>;

/** A machine that was heard, and the cookie that it gave for a claimed iid, by that iid in hex. */
interface Mark {
  readonly iid: Uint8Array;
  readonly channel: string;
  readonly source: Endpoint;
  readonly cookies: Map<string, Uint8Array>;
}

export const claimant: AdversaryKind = {
  does: 'proves a place of its own for every iid that it hears, towards everybody else, with cookies that it invented',
  powers: ['observe', 'inject'],
  create: (lair) =>
    claiming(lair, {
      proven: (_, claimed, cookie) => claim(claimed, { cookie: lair.suite.hash(cookie).slice(0, 8), returned: cookie }),
    }),
};

export const middleman: AdversaryKind = {
  does: 'tells each machine that it is the other one, passes their true cookies and SHAREs on, and keeps the rest',
  powers: ['observe', 'inject'],
  create: (lair) =>
    claiming(lair, {
      proven: (mark, claimed, cookie) => {
        const other = claimed.cookies.get(toHex(mark.iid));
        return other === undefined ? null : claim(claimed, { cookie: other, returned: cookie });
      },
      passes: ({ kind }) => kind === 'SHARE',
    }),
};

/** What a claimant says once it has a cookie; and what it passes on to the one whom it was meant for. */
interface Claims {
  readonly proven: (mark: Mark, claimed: Mark, cookie: Uint8Array) => Uint8Array | null;
  readonly passes?: (message: Message) => boolean;
}

/** Its first cookie for a mark is the beginning of the claimed iid: the answer brings it back, and so says which it was. */
const tagOf = ({ iid }: { readonly iid: Uint8Array }): Uint8Array => iid.slice(0, 8);

function claim({ iid, channel }: Mark, cookies: { cookie: Uint8Array; returned: Uint8Array | null }): Uint8Array {
  return writeBeacon({ from: iid, channel, ...cookies });
}

function claiming(lair: Lair, { proven, passes = () => false }: Claims): Adversary {
  const marks = new Map<string, Mark>();
  const others = (mark: Mark): readonly Mark[] => [...marks.values()].filter((other) => other !== mark);
  const again = (): void => {
    if (lair.nowUs() > lair.spec.untilUs) return;
    for (const mark of marks.values())
      for (const other of others(mark)) {
        lair.send(claim(other, { cookie: tagOf(other), returned: null }), mark.source);
        answer(mark, other);
      }
    lair.after(lair.spec.everyUs, again);
  };
  const answer = (mark: Mark, claimed: Mark): void => {
    const cookie = mark.cookies.get(toHex(claimed.iid));
    const bytes = cookie === undefined ? null : proven(mark, claimed, cookie);
    if (bytes !== null) lair.send(bytes, mark.source);
  };
  return {
    start: again,
    hear({ bytes, source, toGroup }) {
      const reading = read(bytes);
      if (!reading.ok || lair.nowUs() > lair.spec.untilUs) return;
      const { message } = reading;
      if (message.kind === 'BEACON' && toGroup) return mark(marks, message, source);
      const from = 'from' in message ? marks.get(toHex(message.from)) : undefined;
      if (from === undefined) return;
      if (message.kind === 'BEACON') return took(from, message, others(from), answer);
      const to = 'to' in message ? marks.get(toHex(message.to)) : undefined;
      if (to !== undefined && passes(message)) lair.send(bytes, to.source);
    },
  };
}

function mark(marks: Map<string, Mark>, { from, channel }: Beacon, source: Endpoint): void {
  const iid = toHex(from);
  const cookies = marks.get(iid)?.cookies ?? new Map<string, Uint8Array>();
  marks.set(iid, { iid: from, channel, source, cookies });
}

/** A cookie of this mark, for the iid that the answer's own cookie names. */
function took(from: Mark, beacon: Beacon, others: readonly Mark[], answer: (a: Mark, b: Mark) => void): void {
  const claimed = others.find((other) => beacon.returned !== null && toHex(tagOf(other)) === toHex(beacon.returned));
  if (claimed === undefined || beacon.cookie === null) return;
  from.cookies.set(toHex(claimed.iid), beacon.cookie);
  answer(from, claimed);
  answer(claimed, from);
}
