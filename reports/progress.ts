/** How far a long piece of work is, in one line for a person who waits. */

/** Before that no guess is worth saying. */
const guessAfterSeconds = 3;

/** What is left is taken to go as fast as what is done; long runs come first, so it is rather sooner. */
export function progressText(done: number, all: number, seconds: number): string {
  const share = `${done}/${all} pieces of work`;
  if (done === 0 || done >= all || seconds < guessAfterSeconds) return share;
  return `${share}, about ${durationText((seconds / done) * (all - done))} left`;
}

function durationText(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  return `${Math.round(seconds / 60)} min`;
}
