/**
 * `npm run plants [-- WORDS]`: takes one rule after the other out of a copy of the program, and requires that a scenario which
 * says so turns red. With words, only the plants whose rule or file holds one of them. A second or two each.
 */
import { rmSync } from 'node:fs';
import { plants } from '../audit/plants/index.ts';
import { copyOfProgram, redIn, tried } from './planting.ts';

function main(words: readonly string[]): void {
  const chosen = plants.filter(
    ({ rule, file }) => words.length === 0 || words.some((word) => rule.includes(word) || file.includes(word)),
  );
  const copy = copyOfProgram();
  try {
    const before = redIn(
      copy,
      chosen.flatMap(({ red }) => red),
    );
    if (before === null || before.length > 0) {
      console.log(`red before anything was planted: ${before?.join(', ') ?? 'the program does not run'}`);
      process.exitCode = 1;
      return;
    }
    const counts = { red: 0, known: 0, survive: 0 };
    for (const plant of chosen) {
      const { red, fault } = tried(copy, plant);
      const become = red.length > 0 ? 'red' : plant.red.length === 0 ? 'known' : 'survive';
      counts[become]++;
      const said = {
        red: `red       ${red.join(', ')}`,
        known: `unnoticed ${plant.why ?? ''}`,
        survive: `SURVIVES  ${fault === '' ? `${plant.red.join(', ')} should turn red` : fault}`,
      }[become];
      console.log(`${plant.file.replace('protocol/', '').padEnd(18)} ${plant.rule}\n${' '.repeat(19)}${said}`);
    }
    console.log(
      `${chosen.length} rules taken out: ${counts.red} noticed, ${counts.known} known to go unnoticed, ${counts.survive} SURVIVE`,
    );
    process.exitCode = counts.survive > 0 || chosen.length === 0 ? 1 : 0;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

main(process.argv.slice(2));
