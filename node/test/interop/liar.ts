/**
 * A host that answers every mDNS question for a name which is not its own, with its own address (`bob.local 10.86.0.66`),
 * and says so unasked, three times a second. RFC 6762 asks nobody for a proof, so whoever asks believes it.
 */
import { createSocket } from 'node:dgram';

const [name = '', own = ''] = process.argv.slice(2);
const group = '224.0.0.251';
const port = 5353;
const labels = Buffer.concat(name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)])));
const asked = Buffer.concat([labels, Buffer.from([0])]);
/** No question, one answer: A, IN with the cache-flush bit, 120 s, 4 bytes. */
const answer = Buffer.concat([
  Buffer.from([0, 0, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0]),
  asked,
  Buffer.from([0, 1, 0x80, 1, 0, 0, 0, 120, 0, 4, ...own.split('.').map(Number)]),
]);

const socket = createSocket({ type: 'udp4', reuseAddr: true });
socket.on('message', (bytes) => {
  const isQuestion = ((bytes[2] ?? 0) & 0x80) === 0;
  if (isQuestion && bytes.includes(asked)) socket.send(answer, port, group, () => process.stdout.write('lied\n'));
});
socket.bind(port, () => {
  socket.addMembership(group, own);
  socket.setMulticastInterface(own);
  socket.setMulticastTTL(255);
  process.stdout.write('listening\n');
  setInterval(() => socket.send(answer, port, group, () => undefined), 300).unref();
});
// The one who started him holds his standard input, and ends him by closing it.
process.stdin.resume().once('end', () => socket.close());
