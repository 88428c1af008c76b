/**
 * A stranger on the LAN who sends 5,000 datagrams a second to lp1's group, for as long as his standard input is open and for
 * three minutes at most. Each is one that he heard with some bytes changed, or else no datagram of lp1's at all.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';

const [own = ''] = process.argv.slice(2);
const group = '224.0.0.251';
const port = 55557;
const tickMs = 10;
const each = 50;
const ticksMax = 18_000;
const heardMax = 64;

const heard: Buffer[] = [];
const socket = createSocket({ type: 'udp4', reuseAddr: true });
socket.on('message', (bytes, { address }) => {
  if (address !== own && heard.length < heardMax) heard.push(bytes);
});

function datagram(): Buffer {
  const model = heard[randomInt(Math.max(1, heard.length))];
  if (model === undefined || randomInt(2) === 0) return Buffer.concat([Buffer.from('LP\x01\x01'), randomBytes(200)]);
  const changed = Buffer.from(model);
  // Behind the header: a BEACON of somebody else, a SHARE that does not hold, and so on.
  const at = Math.min(4 + randomInt(32), changed.length - 1);
  changed[at] = randomInt(256);
  return changed;
}

socket.bind(port, () => {
  socket.addMembership(group, own);
  socket.setMulticastInterface(own);
  socket.setMulticastLoopback(false);
  const begunMs = performance.now();
  let sent = 0;
  let ticks = 0;
  const flood = setInterval(() => {
    if (++ticks >= ticksMax) end();
    // A late tick makes up for those that were left out.
    const due = Math.min(((performance.now() - begunMs) / tickMs) * each - sent, 10 * each);
    for (let left = due; left > 0; left--) socket.send(datagram(), port, group, () => undefined);
    sent += Math.max(0, Math.ceil(due));
  }, tickMs);
  const end = (): void => {
    clearInterval(flood);
    process.stdout.write(`${JSON.stringify({ sent, ms: Math.round(performance.now() - begunMs) })}\n`);
    socket.close();
  };
  process.stdout.write('flooding\n');
  process.stdin.resume().once('end', end);
});
