/** What tests over this machine's own loopback need. */
import { createSocket } from 'node:dgram';
import type { Identity, Interface } from '../../protocol/contract.ts';

/** A UDP port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const socket = createSocket({ type: 'udp4' });
  const port = await new Promise<number>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(0, '127.0.0.1', () => resolve(socket.address().port));
  });
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

export const loopback: Interface = { name: 'lo', addresses: [{ family: 4, address: '127.0.0.1', prefix: 8 }] };

export const nobody: Identity = {
  hostName: 'test-host',
  userName: 'nobody',
  directory: '~/annex',
  sshKey: '',
  hostKeys: [],
  displayName: 'test',
  repository: '',
  program: 'lanpair test',
};
