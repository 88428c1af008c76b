/**
 * A rolling hash of everything that happens in a run: 64 bits in two lanes, integer arithmetic only, equal on any machine.
 * It proves that two runs are the same one, byte for byte; it is no protection against somebody who wants a collision.
 *
 * Who gives the same run another hash raises the format of sweeps' result files (`cli/sweep-shape.ts`), which add hashes up.
 */

/** Names of one run that get a number; later ones are written out each time. Strangers make some up. */
const namesMax = 65_536;

export class RollingHash {
  private a = 0x9e3779b9 | 0;
  private b = 0x7f4a7c15 | 0;
  private readonly names: Map<string, number> = new Map();

  /** Four integers at once, each to 2^53: what the network's own events are made of. */
  integers(w: number, x: number, y: number, z: number): void {
    this.mix(w | 0, Math.floor(w / 0x1_0000_0000) ^ Math.imul(x | 0, 0x85ebca6b));
    this.mix(Math.floor(x / 0x1_0000_0000) ^ (y | 0), Math.imul(z | 0, 0xc2b2ae35) ^ Math.floor(y / 0x1_0000_0000));
  }

  /** A text that comes again and again: by its letters the first time, and then by the number that it got. */
  name(text: string): void {
    const known = this.names.get(text);
    if (known !== undefined) return this.mix(known, 4);
    if (this.names.size < namesMax) this.names.set(text, this.names.size);
    this.text(text);
  }

  /** A text, by its UTF-16 units; its length counts. */
  text(text: string): void {
    const { length } = text;
    let i = 0;
    for (; i + 3 < length; i += 4) {
      this.mix(
        text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16),
        text.charCodeAt(i + 2) | (text.charCodeAt(i + 3) << 16),
      );
    }
    for (; i < length; i++) this.mix(text.charCodeAt(i), 0);
    this.mix(length, 1);
  }

  bytes(bytes: Uint8Array): void {
    const { length } = bytes;
    let i = 0;
    for (; i + 7 < length; i += 8) {
      this.mix(word(bytes, i), word(bytes, i + 4));
    }
    for (; i < length; i++) this.mix(bytes[i] as number, 2);
    this.mix(length, 3);
  }

  /** The hash so far as 16 hexadecimal digits. */
  get digest(): string {
    return hex(finish(this.a ^ Math.imul(this.b, 0x27d4eb2f))) + hex(finish(this.b ^ Math.imul(this.a, 0x165667b1)));
  }

  private mix(x: number, y: number): void {
    const a = Math.imul(this.a ^ x, 0x85ebca6b);
    const b = Math.imul(this.b ^ y, 0xc2b2ae35);
    this.a = (((a << 13) | (a >>> 19)) + Math.imul(b, 5)) | 0;
    this.b = (((b << 17) | (b >>> 15)) ^ this.a) | 0;
  }
}

function word(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  );
}

function finish(lane: number): number {
  let h = lane;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function hex(lane: number): string {
  return lane.toString(16).padStart(8, '0');
}
