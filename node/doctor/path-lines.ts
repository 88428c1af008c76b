/** What each path was found to be like, for a person: one table, or, where a line has no room for its rows, one block for each. */
import { printable } from '../../protocol/display.ts';
import type { Path } from './facts.ts';

const titles = ['interface', 'address', 'conversation', 'UDP port', 'listens', 'sends', 'hears itself', 'hears others'];
/** What names the path; the rest was found out about it. */
const nameCells = 4;

export function pathLines(paths: readonly Path[], columns: number): readonly string[] {
  const rows = paths.map(cellsOf);
  const lines = table([titles, ...rows]).map((line) => `  ${line}`);
  return lines.every((line) => line.length <= columns) ? lines : rows.flatMap((cells) => block(cells, columns));
}

function cellsOf(path: Path): readonly string[] {
  const { openFailed, sendFailed, hearsItself, others } = path;
  const isOpen = openFailed === null;
  const opened = isOpen
    ? [sendFailed === null ? 'yes' : 'no', hearsItself ? 'yes' : 'no', `${others.length}`]
    : ['', '', ''];
  return [path.interface, path.address, path.conversation, `${path.port}`, isOpen ? 'yes' : 'no', ...opened].map(
    (cell) => printable(cell, 60),
  );
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = titles.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  return rows.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function block(cells: readonly string[], columns: number): readonly string[] {
  const [name = '', address = '', conversation = '', port = ''] = cells;
  const found = cells.slice(nameCells).flatMap((cell, index) => {
    return cell === '' ? [] : [`${titles[nameCells + index]}: ${cell}`];
  });
  return [
    ...packed([name, address, conversation, `UDP port ${port}`], '  ', columns),
    ...packed(found, '    ', columns),
  ];
}

/** As many on a line as have room there, none of them broken. */
function packed(parts: readonly string[], indent: string, columns: number): readonly string[] {
  const lines: string[] = [];
  for (const [index, part] of parts.entries()) {
    const text = index < parts.length - 1 ? `${part},` : part;
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + text.length <= columns) lines[lines.length - 1] = `${last} ${text}`;
    else lines.push(indent + text);
  }
  return lines;
}
