/** Is an sshd there for whom we pair with? Peers come to port 22, so that one is asked. */
import { createConnection } from 'node:net';
import { codeOf, reasonOf } from '../complaint.ts';
import type { SshAnswer } from './facts.ts';

const port = 22;
const patienceMs = 3000;
/** RFC 4253 §4.2: the first line of the server, with its end. */
const bannerMax = 255;

export function askSshd(address: string): Promise<SshAnswer> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: address, port });
    let text = '';
    const end = (answer: SshAnswer['answer'], detail: string): void => {
      clearTimeout(limit);
      socket.destroy();
      resolve({ address, answer, detail });
    };
    const limit = setTimeout(() => end('silent', `nothing in ${patienceMs / 1000} s`), patienceMs);
    socket.on('error', (error) => end(codeOf(error) === 'ECONNREFUSED' ? 'refused' : 'silent', reasonOf(error)));
    socket.on('end', () => end('other', 'it hung up'));
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1');
      const [line = ''] = text.split(/\r?\n/);
      if (line.length < text.length || text.length > bannerMax) {
        end(line.startsWith('SSH-') ? 'ssh' : 'other', line.slice(0, bannerMax));
      }
    });
  });
}
