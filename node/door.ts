/**
 * `lanpair serve` holds the records' lock for days. Whoever needs it for a moment (pair, find, connect, forget) knocks at
 * a socket in the state directory, which is ours alone; serve steps aside for as long as that connection is open.
 */
import { rm } from 'node:fs/promises';
import { createConnection, createServer, type Socket } from 'node:net';

export interface Door {
  /** Resolves when somebody waits outside. */
  knocked(): Promise<void>;
  /** Lets in all that wait and whoever comes meanwhile; resolves when nobody is in any more. */
  stepAside(): Promise<void>;
  close(): Promise<void>;
}

/** Only for who holds the lock: a socket that is there is of a program that is gone. */
export async function openDoor(path: string): Promise<Door> {
  await rm(path, { force: true });
  const visitors = new Set<Socket>();
  let isOpen = false;
  let wake: () => void = () => undefined;
  const server = createServer((socket) => {
    visitors.add(socket);
    socket.on('error', () => undefined).resume();
    socket.once('close', () => {
      visitors.delete(socket);
      wake();
    });
    if (isOpen) socket.write('aside\n');
    wake();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(path, () => resolve());
  });
  const when = async (is: () => boolean): Promise<void> => {
    while (!is()) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return {
    knocked: () => when(() => visitors.size > 0),
    async stepAside(): Promise<void> {
      isOpen = true;
      for (const visitor of visitors) visitor.write('aside\n');
      await when(() => visitors.size === 0);
      isOpen = false;
    },
    close(): Promise<void> {
      for (const visitor of visitors) visitor.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Null: nobody serves, or it does not step aside. `leave` lets it go on. */
export function knock(path: string): Promise<{ readonly leave: () => void } | null> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    const giveUp = (): void => {
      clearTimeout(limit);
      socket.destroy();
      resolve(null);
    };
    const limit = setTimeout(giveUp, knockMaxMs);
    socket.once('error', giveUp).once('close', giveUp);
    socket.once('data', () => {
      clearTimeout(limit);
      resolve({ leave: () => socket.destroy() });
    });
  });
}

/** It closes its sockets and finishes what it writes: milliseconds, on a machine that is not busy. */
const knockMaxMs = 10_000;
