/**
 * Runs inside a host's network namespace and fetches pages for the test outside of it: git-annex's web application
 * listens on that host's own 127.0.0.1. One JSON request a line in, one JSON answer a line out.
 */
import { createInterface } from 'node:readline';

export interface PageRequest {
  readonly url: string;
  /** Form fields to post; `null` gets the page. */
  readonly form: Readonly<Record<string, string>> | null;
}

/** The page after all redirections, with the URL it was found at; `error` when there is none. */
export type PageAnswer = { readonly url: string; readonly page: string } | { readonly error: string };

async function answer({ url, form }: PageRequest): Promise<PageAnswer> {
  try {
    const got = await fetch(url, form === null ? {} : { method: 'POST', body: new URLSearchParams(form) });
    return { url: got.url, page: await got.text() };
  } catch (error) {
    return { error: String(error) };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line) as PageRequest))}\n`);
}
