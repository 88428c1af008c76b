/** `lanpair serve --systemd`: a unit for the systemd of a person, and what is to be done with it. */
import { dirname } from 'node:path';
import { ownProgram } from './program.ts';

/**
 * With absolute paths: nothing of ours need be on the PATH. `unusualState`: our state directory, if it is not where systemd, which
 * does not read what a shell reads at its start, would have us look.
 */
export function systemdUnit(more: readonly string[], unusualState: string | null): string {
  const words = [...ownProgram, 'serve', ...more].map(unitWord).join(' ');
  const state = unusualState === null ? '' : `Environment="XDG_STATE_HOME=${escaped(dirname(unusualState))}"\n`;
  return `[Unit]
Description=lanpair: paired machines find this one

[Service]
${state}ExecStart=${words}
Restart=on-failure
RestartSec=5

[Install]
WantedBy=default.target
`;
}

const place = '~/.config/systemd/user';

/** `isShown`: on a terminal, so that it is yet to be put where it belongs. */
export function systemdAdvice(more: readonly string[], isShown: boolean): string {
  const again = ['lanpair serve --systemd', ...more.map(shellWord)].join(' ');
  return [
    ...(isShown ? [`Next: mkdir -p ${place}`, `      ${again} > ${place}/lanpair.service`] : []),
    `${isShown ? '      ' : 'Next: '}systemctl --user daemon-reload && systemctl --user enable --now lanpair`,
    'It runs while you are logged in; with loginctl enable-linger also when you are not.',
    '',
  ].join('\n');
}

/** systemd.service(5): in double quotes, with backslash, percent and dollar signs doubled or escaped. */
function unitWord(word: string): string {
  return plainWord.test(word) ? word : `"${escaped(word).replaceAll('$', '$$$$')}"`;
}

function escaped(text: string): string {
  return text.replace(/[\\"]/g, '\\$&').replaceAll('%', '%%');
}

function shellWord(word: string): string {
  return plainWord.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

const plainWord = /^[A-Za-z0-9_@+=:,./-]+$/;
