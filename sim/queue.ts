/**
 * The event queue: virtual time in integer microseconds, events in the total order (time, sequence).
 *
 * A 4-ary heap over parallel typed arrays: keys lie side by side, nothing is allocated for an event but what the caller
 * brings. Two events of one instant come out in the order in which they were put in, always: the comparison never says
 * "equal". It knows nothing of what an event is.
 */

/** Longest virtual time, in us: 285 years. Above it integers in a double are no longer exact. */
export const timeMaxUs: number = Number.MAX_SAFE_INTEGER;

/** Events that may wait at once. 1,000 hosts that all speak at one instant need a million. */
const waitingMax = 1 << 24;

const initialCapacity = 64;

export class EventQueue<T> {
  /** The time of the event that came out last. */
  nowUs = 0;
  size = 0;
  private sequence = 0;
  private times: Float64Array = new Float64Array(initialCapacity);
  private sequences: Float64Array = new Float64Array(initialCapacity);
  private slots: Int32Array = new Int32Array(initialCapacity);
  private readonly items: (T | undefined)[] = [];
  private readonly free: number[] = [];

  /** Puts `item` in at `atUs`, an integer that is not before `nowUs`. Throws RangeError otherwise. */
  push(atUs: number, item: T): void {
    if (!(atUs >= this.nowUs && atUs <= timeMaxUs) || Math.floor(atUs) !== atUs) {
      throw new RangeError(`event at ${atUs} us: expected an integer from ${this.nowUs} us on`);
    }
    if (this.size === this.times.length) this.grow();
    const slot = this.free.pop() ?? this.items.length;
    this.items[slot] = item;
    const sequence = this.sequence++;
    // A new event has the highest sequence of all: it rises only past later times.
    const { times, sequences, slots } = this;
    let at = this.size++;
    while (at > 0) {
      const parent = (at - 1) >> 2;
      const parentTime = times[parent] as number;
      if (parentTime <= atUs) break;
      times[at] = parentTime;
      sequences[at] = sequences[parent] as number;
      slots[at] = slots[parent] as number;
      at = parent;
    }
    times[at] = atUs;
    sequences[at] = sequence;
    slots[at] = slot;
  }

  /** Takes the earliest event out and moves `nowUs` to its time; undefined when nothing waits. */
  pop(): T | undefined {
    if (this.size === 0) return undefined;
    const slot = this.slots[0] as number;
    this.nowUs = this.times[0] as number;
    const last = --this.size;
    if (last > 0) this.sink(last);
    const item = this.items[slot];
    this.items[slot] = undefined;
    this.free.push(slot);
    return item;
  }

  /** Time of the earliest event, or undefined when nothing waits. */
  peekUs(): number | undefined {
    return this.size === 0 ? undefined : this.times[0];
  }

  /** Puts the entry at `last`, which is no longer part of the heap, into the hole at the root. */
  private sink(last: number): void {
    const { times, sequences, slots } = this;
    const time = times[last] as number;
    const sequence = sequences[last] as number;
    let at = 0;
    for (;;) {
      let child = at * 4 + 1;
      if (child >= last) break;
      const end = child + 4 < last ? child + 4 : last;
      let bestTime = times[child] as number;
      for (let other = child + 1; other < end; other++) {
        const otherTime = times[other] as number;
        if (
          otherTime < bestTime ||
          (otherTime === bestTime && (sequences[other] as number) < (sequences[child] as number))
        ) {
          child = other;
          bestTime = otherTime;
        }
      }
      if (time < bestTime || (time === bestTime && sequence < (sequences[child] as number))) break;
      times[at] = bestTime;
      sequences[at] = sequences[child] as number;
      slots[at] = slots[child] as number;
      at = child;
    }
    times[at] = time;
    sequences[at] = sequence;
    slots[at] = slots[last] as number;
  }

  private grow(): void {
    const capacity = this.times.length * 2;
    if (capacity > waitingMax) throw new RangeError(`more than ${waitingMax} events wait: the run grows without bound`);
    const times = new Float64Array(capacity);
    times.set(this.times);
    const sequences = new Float64Array(capacity);
    sequences.set(this.sequences);
    const slots = new Int32Array(capacity);
    slots.set(this.slots);
    this.times = times;
    this.sequences = sequences;
    this.slots = slots;
  }
}
