/**
 * Does long work beside the page, which stays alive meanwhile: in a worker that is made of the page's own script, since a page
 * from the disk may load no other file. Where no worker can be had the page does it itself.
 */
import type { Message, Moment } from '../history/history.ts';
import { soon } from '../view/soon.ts';
import { type Answers, type Progress, perform, type Task, type Told, withParts } from './task.ts';

export interface Errand<T> {
  /** Stays open for ever when it is called off. */
  readonly answer: Promise<T>;
  readonly cancel: () => void;
}

interface Job {
  readonly task: Task;
  readonly moments: Moment[];
  readonly messages: Message[];
  readonly onProgress: (progress: Progress) => void;
  readonly resolve: (answer: Answers[keyof Answers]) => void;
  readonly reject: (error: Error) => void;
}

/** What is nearly done is not worth a new worker. */
const graceMs = 150;

export class Background {
  /** The text of the page's script; null: there is none, and no worker either. */
  private script: string | null;
  private worker: Worker | null = null;
  private job: Job | null = null;
  private readonly waiting: Job[] = [];

  constructor(script: string | null) {
    this.script = script;
  }

  /** One task after the other, in the order in which they are asked for. */
  ask<T extends Task>(task: T, onProgress: Job['onProgress'] = () => undefined): Errand<Answers[T['does']]> {
    let cancel = (): void => undefined;
    const answer = new Promise<Answers[keyof Answers]>((resolve, reject) => {
      const job: Job = { task, moments: [], messages: [], onProgress, resolve, reject };
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
    const { job } = this;
    this.worker ??= this.hire();
    if (this.worker !== null) return this.worker.postMessage(job.task);
    // The page is painted first: it will be busy.
    soon(() => void perform(job.task, (told) => this.hear(job, told)));
  }

  private hire(): Worker | null {
    if (this.script === null) return null;
    const worker = new Worker(URL.createObjectURL(new Blob([this.script], { type: 'text/javascript' })));
    worker.onmessage = ({ data }: MessageEvent<Told>): void => {
      if (this.job !== null) this.hear(this.job, data);
    };
    // It could not begin: the page's policy or the browser forbids it.
    worker.onerror = (): void => {
      this.script = null;
      this.dismiss();
    };
    return worker;
  }

  private hear(job: Job, told: Told): void {
    if ('progress' in told) return job.onProgress(told.progress);
    if ('moments' in told) return void job.moments.push(...told.moments);
    if ('messages' in told) return void job.messages.push(...told.messages);
    if (this.job === job) this.job = null;
    if ('answer' in told) job.resolve(withParts(told.answer, job.moments, job.messages));
    else job.reject(new Error(told.threw));
    this.next();
  }

  private cancel(job: Job): void {
    const place = this.waiting.indexOf(job);
    if (place >= 0) this.waiting.splice(place, 1);
    if (this.job !== job) return;
    setTimeout(() => {
      if (this.job !== job || this.worker === null) return;
      this.job = null;
      this.dismiss();
    }, graceMs);
  }

  /** What it was at is begun anew, unless it was called off. */
  private dismiss(): void {
    this.worker?.terminate();
    this.worker = null;
    if (this.job !== null) this.waiting.unshift(this.job);
    this.job = null;
    this.next();
  }
}

/** The other side, in the worker. */
export function serve(): void {
  onmessage = ({ data }: MessageEvent<Task>): void => void perform(data, (told) => postMessage(told));
}
