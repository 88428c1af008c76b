/** A page around the viewer, as small as its contract allows: see reports/viewer/page.ts. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { temporaryDirectory } from '../temporary.ts';

const dist = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const root = dirname(dist);

/** Nothing from anywhere, and no code that is made of text. */
const policy = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; worker-src blob:";

/** Scenario files of the catalogue, by path. */
export function catalogue(): Readonly<Record<string, string>> {
  const directory = join(root, 'scenarios');
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.yaml'));
  return Object.fromEntries(
    files.sort().map((name) => [relative(root, join(directory, name)), readFileSync(join(directory, name), 'utf8')]),
  );
}

export function pageText(files: Readonly<Record<string, string>>): string {
  const [script, style] = ['viewer.js', 'viewer.css'].map((name) =>
    readFileSync(join(dist, 'reports/viewer', name), 'utf8'),
  );
  // In JSON `<` may be written as an escape; then no text of a scenario ends the element.
  const json = JSON.stringify({ version: 1, files }).replaceAll('<', '\\u003c');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>Runs</title>
<style>${style}</style>
<main id="pages"><h1>Runs</h1><p><a href="#/run/crypto/racer">crypto/racer</a></p></main>
<div id="viewer" hidden></div>
<script type="application/json" id="lanpair-scenarios">${json}</script>
<script>${script}</script>
</html>
`;
}

/** Writes it to a directory of its own, and answers with its address. */
export function pageOnDisk(files: Readonly<Record<string, string>>): string {
  const file = join(temporaryDirectory(), 'index.html');
  writeFileSync(file, pageText(files));
  return pathToFileURL(file).href;
}
