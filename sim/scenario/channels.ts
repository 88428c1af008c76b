/** In lp1 a phrase may begin with a channel, and who speaks on another one is not heard: such a stranger would show nothing. */
import { checkPhrase } from '../../protocol/lp1/phrase.ts';
import type { Problems } from './problem.ts';
import type { RawScenario } from './raw.ts';

/** Every phrase of an adversary has to be on the channel of a host, whenever that is typed. */
export function checkChannels({ protocols, hosts, adversaries, script }: RawScenario, problems: Problems): void {
  if (protocols['lp1'] === undefined) return;
  const typed = [...Object.values(hosts), ...(script ?? [])].flatMap((item) => [
    item.phrase,
    'types' in item ? item.types : null,
  ]);
  const heard = new Set(typed.flatMap((phrase) => channelOf(phrase) ?? []));
  for (const [name, { phrase }] of Object.entries(adversaries ?? {})) {
    const channel = channelOf(phrase);
    if (channel === null || heard.size === 0 || heard.has(channel)) continue;
    const own = channel === '' ? 'without a channel' : `on channel ${channel}`;
    const theirs = [...heard].map((one) => (one === '' ? 'none' : `${one}-`)).join(', ');
    problems.add(
      ['adversaries', name, 'phrase'],
      `${name} speaks ${own}, where no host hears it`,
      `Give it a phrase on one of theirs: ${theirs}.`,
    );
  }
}

/** Empty: none. Null: no phrase, or none that lp1 takes. */
export function channelOf(phrase: string | null | undefined): string | null {
  if (phrase == null) return null;
  const check = checkPhrase({ text: phrase, bits: 44, accepted: ['weak', 'slip'] });
  return check.ok ? check.channel : null;
}
