/** Which program this is, and where: for messages, identities and the forced command. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const version: string = versionOf();

export const program: string = `lanpair ${version}`;

/** Absolute paths of the node binary and of our command-line program: `lanpair` need not be on anybody's PATH. */
export const ownProgram: readonly string[] = [process.execPath, fileURLToPath(new URL('../cli.js', import.meta.url))];

function versionOf(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : '';
}
