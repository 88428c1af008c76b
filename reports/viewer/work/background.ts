/** Long work, one task after the other, beside the page, which stays alive meanwhile. */
import type { Message, Moment } from '../history/history.ts';
import { type Answers, type Progress, type Task, type Told, withParts } from './task.ts';

export interface Errand<T> {
  /** Stays open for ever when it is called off. */
  readonly answer: Promise<T>;
  readonly cancel: () => void;
}

/** Who does one task after the other, and tells of each until its answer. */
export interface Hand {
  readonly perform: (task: Task) => void;
  /** Tells no more, wherever it is. */
  readonly dismiss: () => void;
}

/** `onFailure`: it could not begin. Who is hired after that is another sort of hand. */
export type Hire = (onTold: (told: Told) => void, onFailure: () => void) => Hand;

interface Job {
  readonly task: Task;
  moments: Moment[];
  messages: Message[];
  isWanted: boolean;
  readonly onProgress: (progress: Progress) => void;
  readonly resolve: (answer: Answers[keyof Answers]) => void;
  readonly reject: (error: Error) => void;
}

/** What is nearly done is not worth a new worker. */
const graceMs = 150;

export class Background {
  private readonly hire: Hire;
  private hand: Hand | null = null;
  private job: Job | null = null;
  private readonly waiting: Job[] = [];

  constructor(hire: Hire) {
    this.hire = hire;
  }

  /** One task after the other, in the order in which they are asked for. */
  ask<T extends Task>(task: T, onProgress: Job['onProgress'] = () => undefined): Errand<Answers[T['does']]> {
    let cancel = (): void => undefined;
    const answer = new Promise<Answers[keyof Answers]>((resolve, reject) => {
      const job: Job = { task, moments: [], messages: [], isWanted: true, onProgress, resolve, reject };
      cancel = (): void => this.cancel(job);
      this.waiting.push(job);
    });
    this.next();
    return { answer: answer as Promise<Answers[T['does']]>, cancel };
  }

  private next(): void {
    if (this.job !== null) return;
    this.job = this.waiting.shift() ?? null;
    if (this.job === null) return;
    this.hand ??= this.hire(
      (told) => this.hear(told),
      () => this.dismiss(),
    );
    this.hand.perform(this.job.task);
  }

  private hear(told: Told): void {
    const { job } = this;
    if (job === null) return;
    if ('progress' in told) {
      // Who called it off shows something else by now.
      if (job.isWanted) job.onProgress(told.progress);
    } else if ('moments' in told) job.moments.push(...told.moments);
    else if ('messages' in told) job.messages.push(...told.messages);
    else this.end(job, told);
  }

  private end(job: Job, told: Extract<Told, { answer: unknown } | { threw: unknown }>): void {
    this.job = null;
    if (job.isWanted) {
      if ('answer' in told) job.resolve(withParts(told.answer, job.moments, job.messages));
      else job.reject(new Error(told.threw));
    }
    this.next();
  }

  private cancel(job: Job): void {
    job.isWanted = false;
    const place = this.waiting.indexOf(job);
    if (place >= 0) this.waiting.splice(place, 1);
    if (this.job !== job) return;
    setTimeout(() => {
      if (this.job === job) this.dismiss();
    }, graceMs);
  }

  /** What it was at is begun anew, unless it was called off. */
  private dismiss(): void {
    this.hand?.dismiss();
    this.hand = null;
    const { job } = this;
    this.job = null;
    if (job?.isWanted === true) {
      job.moments = [];
      job.messages = [];
      this.waiting.unshift(job);
    }
    this.next();
  }
}
