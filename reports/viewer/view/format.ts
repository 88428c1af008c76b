/** Times, sizes and bytes as a person reads them. */

export function seconds(us: number): string {
  return `${Math.floor(us / 1_000_000)}.${String(Math.floor(us / 1000) % 1000).padStart(3, '0')} s`;
}

/** How long something took: `12.3 ms`, `2.0 s`, `5 min`. */
export function span(us: number): string {
  if (us < 1000) return `${us} µs`;
  if (us < 1_000_000) return `${(us / 1000).toFixed(us < 10_000 ? 1 : 0)} ms`;
  return us < 120_000_000 ? `${(us / 1_000_000).toFixed(1)} s` : `${(us / 60_000_000).toFixed(1)} min`;
}

export function px(length: number): string {
  return `${length}px`;
}

export function grouped(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ',');
}

export function hex(bytes: Uint8Array, max: number = bytes.length): string {
  const shown = [...bytes.subarray(0, max)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return bytes.length > max ? `${shown}…` : shown;
}

/** As much of a text as has room; `unit` is the width of a character in pixels. */
export function fitted(text: string, width: number, unit: number): string {
  const room = Math.max(3, Math.floor(width / unit));
  const points = Array.from(text);
  return points.length <= room ? text : `${points.slice(0, room - 1).join('')}…`;
}

/** Lines of a dump: offset, 8 bytes in hexadecimal, and what of them is plain ASCII. */
export function dump(bytes: Uint8Array, max: number = 4096): readonly string[] {
  const lines: string[] = [];
  for (let at = 0; at < Math.min(bytes.length, max); at += 8) {
    const row = [...bytes.subarray(at, at + 8)];
    const digits = row.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const text = row.map((byte) => (byte > 32 && byte < 127 ? String.fromCharCode(byte) : '·')).join('');
    lines.push(`${at.toString(16).padStart(4, '0')}  ${digits.padEnd(23)}  ${text}`);
  }
  if (bytes.length > max) lines.push(`... and ${bytes.length - max} more bytes`);
  return lines;
}
