/** Pairings a second of the whole machine: one worker for each of its cores, as a sweep has them. */
import { availableParallelism } from 'node:os';
import { poolOf } from '../cli/pool.ts';
import type { PairingWork } from './pairings-worker.ts';

export interface MachineFigures {
  readonly workers: number;
  /** Of all workers together, by the clock: what else runs on the machine is in it. */
  readonly perSecond: number;
}

const turnMs = 1000;
/** Before the first one that counts: engines compile what was called some hundred times. */
const warmTurns = 4;
const turns = 8;

/** The best of some turns; in each all workers run at once. */
export async function machineBench(work: PairingWork): Promise<MachineFigures> {
  const workers = availableParallelism();
  const pool = poolOf(new URL('./pairings-worker.js', import.meta.url), workers, work);
  const turn = async (): Promise<number> => {
    const rates = await Promise.all(Array.from({ length: workers }, () => pool.run(turnMs) as Promise<number>));
    return rates.reduce((sum, rate) => sum + rate, 0);
  };
  try {
    for (let i = 0; i < warmTurns; i++) await turn();
    let perSecond = 0;
    for (let i = 0; i < turns; i++) perSecond = Math.max(perSecond, await turn());
    return { workers, perSecond };
  } finally {
    await pool.destroy();
  }
}
