/**
 * A real git-annex assistant on a host of the lab, used as its user does: through the pages of its web application.
 * What those pages and its files look like is in Debian 12's git-annex 10.20230126.
 */
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type Host, inside } from './lab.ts';
import { until } from './until.ts';
import type { PageAnswer, PageRequest } from './web-relay.ts';

export const pairingPort = 55556;

export interface Assistant {
  readonly host: Host;
  readonly user: string;
  /** Of the repository, relative to the user's home directory. */
  readonly directory: string;
  /** annex.uuid of the repository: `git-annex-shell configlist` says it to whom it lets in. */
  readonly uuid: string;
  /** Until the pairing port is bound, which git-annex does 60 s after its start. */
  listening(): Promise<void>;
  /** Types the phrase into "Pair with a local computer": PairReq goes out. */
  ask(phrase: string): Promise<void>;
  /** Waits for the alert of a request that names `from`, presses Respond and types the phrase: PairAck goes out. When he sent it off. */
  respond(phrase: string, from: string): Promise<number>;
  /** Presses every Cancel button. */
  cancel(): Promise<void>;
  remotes(): Promise<readonly string[]>;
  authorizedKeys(): readonly string[];
  log(): string;
}

export async function startAssistant(host: Host, user: string, directory: string): Promise<Assistant> {
  const prepare = `mkdir -p "$1" && cd "$1" && git init -q && git annex init -q && git config annex.uuid`;
  const made = await host.run(user, ['sh', '-c', prepare, 'sh', directory]);
  if (made.code !== 0) throw new Error(`git annex init: ${made.stderr}`);
  const annex = `/home/${user}/${directory}/.git/annex`;
  const webapp = host.spawn(user, ['sh', '-c', 'cd "$1" && exec git annex webapp --listen=127.0.0.1', 'sh', directory]);
  let said = '';
  for (const stream of [webapp.stdout, webapp.stderr]) {
    stream.on('data', (text: Buffer) => {
      said += text.toString();
    });
  }
  await until(`git-annex's web application on ${host.hostName}`, 60, () => host.read(`${annex}/url`) !== '').catch(
    (error) => {
      throw new Error(`${error}: ${said}`);
    },
  );
  const site = openSite(host, host.read(`${annex}/url`).trim());
  return {
    host,
    user,
    directory,
    uuid: made.stdout.trim(),
    listening: async () => {
      await until(`${host.hostName} to listen`, 100, () => host.listeners(pairingPort) > 0);
    },
    ask: async (phrase) => {
      await site.submit('/config/repository/pair/local/start', phrase);
    },
    respond: async (phrase, from) => {
      const button = await until(`a request of ${from} on ${host.hostName}`, 120, () => site.button('Respond', from));
      return site.submit(button, phrase);
    },
    cancel: async () => {
      for (let left = 8; left > 0; left--) {
        const button = await site.button('Cancel', '');
        if (button === null) return;
        await site.visit(button, null);
      }
    },
    remotes: async () => {
      const listed = await host.run(user, ['git', '-C', directory, 'remote', '-v']);
      return listed.stdout.split('\n').filter((line) => line.endsWith('(fetch)'));
    },
    authorizedKeys: () => keyLines(host.read(`/home/${user}/.ssh/authorized_keys`)),
    log: () => host.read(`${annex}/daemon.log`),
  };
}

/** Lines of an authorized_keys file that hold a key. */
export function keyLines(file: string): readonly string[] {
  return file.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
}

interface Site {
  visit(path: string, form: Readonly<Record<string, string>> | null): Promise<{ url: string; page: string }>;
  /** Opens the page with the field for the phrase, fills it in and sends it, at the time that is returned. */
  submit(path: string, phrase: string): Promise<number>;
  /** Where the button of that label leads, of the alert whose text holds `about`. */
  button(label: string, about: string): Promise<string | null>;
}

function openSite(host: Host, start: string): Site {
  const { origin, searchParams } = new URL(start);
  const auth = searchParams.get('auth') ?? '';
  const relay = host.spawn(null, [inside.node, `${inside.dist}/node/test/interop/web-relay.js`]);
  const answers = createInterface({ input: relay.stdout })[Symbol.asyncIterator]();

  const visit: Site['visit'] = async (path, form) => {
    const url = new URL(path, origin);
    url.searchParams.set('auth', auth);
    const got = await exchange(relay, answers, { url: url.href, form });
    if ('error' in got) throw new Error(`${url.pathname} on ${host.hostName}: ${got.error}`);
    return got;
  };
  return {
    visit,
    submit: async (path, phrase) => {
      const { url, page } = await visit(path, null);
      const field = /<input id="[^"]*" name="([^"]+)" type="text"/.exec(page)?.[1];
      if (field === undefined) throw new Error(`no field for the phrase at ${url}: ${plain(page).slice(0, 400)}`);
      const sentMs = performance.now();
      const after = await visit(url, { [field]: phrase, auth });
      const refused = /alert-danger">(.*?)<\/div>/s.exec(after.page)?.[1];
      if (refused !== undefined) throw new Error(`git-annex on ${host.hostName} refused the phrase: ${plain(refused)}`);
      return sentMs;
    },
    button: async (label, about) => {
      const { page } = await visit('/', null);
      for (const alert of page.split(/(?=<div[^>]*id="alert)|(?=<div class="alert)/).slice(1)) {
        if (!plain(alert).includes(about)) continue;
        for (const [, link, text] of alert.matchAll(
          /<a class="btn[^>]*href="([^"]*alert\/click[^"]*)"[^>]*>(.*?)<\/a>/gs,
        )) {
          if (plain(text ?? '') === label && link !== undefined) return unescaped(link);
        }
      }
      return null;
    },
  };
}

async function exchange(
  relay: ChildProcessWithoutNullStreams,
  answers: AsyncIterator<string>,
  request: PageRequest,
): Promise<PageAnswer> {
  relay.stdin.write(`${JSON.stringify(request)}\n`);
  const line = await answers.next();
  return line.done === true ? { error: 'the relay ended' } : (JSON.parse(line.value) as PageAnswer);
}

function plain(html: string): string {
  return unescaped(html.replace(/<[^>]+>/g, ' '))
    .replace(/\s+/g, ' ')
    .trim();
}

function unescaped(html: string): string {
  const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };
  return html.replace(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (all, decimal?: string, hex?: string, name?: string) => {
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    return named[name ?? ''] ?? all;
  });
}
