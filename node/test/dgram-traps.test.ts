/**
 * The traps of dgram-as-promised 6.0.0 that `port.ts` goes around, each still there: when one of these fails, a newer one has
 * mended it, and what goes around it may go.
 *
 * Every trap of sockets that was ever met, and the test in which it is met again:
 *
 *     recv() and iterators lose what comes meanwhile; two wait for one; a second one after closing hangs    here
 *     a recv() that is given up leaves its listeners behind                                                 here
 *     its timeout is answered twice; old errors answer the next call; closing twice rejects                 here
 *     getSendBufferSize calls itself; errors that nobody awaits are silent; parts of Node are missing       here
 *     joining before binding binds elsewhere; joining twice; options before binding                         here
 *     more than a link carries leaves in pieces                                                             here
 *     the callback form loses what the kernel lost and no more; a flood cannot fill the memory              kernel, network
 *     EMSGSIZE, a port that is none                                                                         network
 *     EACCES (broadcast, a forbidding route), EPERM (a firewall), ENETUNREACH, ENOTFOUND                     kernel
 *     20,000 datagrams at once; some hundreds wait in the kernel, the rest is lost in silence               kernel
 *     twenty memberships of one socket; a membership outlives its link                                      kernel
 *     two sends around setMulticastInterface race; every socket hears every interface, joined or not        kernel
 *     of several on one port the last one gets unicast; reuseAddr and reusePort                             kernel, network
 *     an interface that is not there is joined in silence, and spoken to; the zone of an IPv6 source        kernel, network
 *     multicast on lo, IPv6 on lo, LOOP and TTL, no route, a bridge that snoops                             kernel
 *     EADDRINUSE by who does not share; sockets that fail later; interfaces that go and come                network
 *     addresses that cannot be bound yet, or that another machine has                                       tentative
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { DgramAsPromised, type SocketAsPromised } from 'dgram-as-promised';
import { locate } from '../../protocol/index.ts';
import { pairings } from '../protocols.ts';
import { freePort } from './loopback.ts';

async function bound(
  t: ExecutionContext,
): Promise<{ socket: SocketAsPromised; say: (text: string) => Promise<unknown> }> {
  const [socket, speaker] = [DgramAsPromised.createSocket('udp4'), DgramAsPromised.createSocket('udp4')];
  const { port } = await socket.bind(0, '127.0.0.1');
  t.teardown(() => Promise.all([socket, speaker].map((each) => each.close().catch(() => undefined))));
  return { socket, say: (text) => speaker.send(text, port, '127.0.0.1') };
}

/** Long enough for whatever is there to be read. */
async function turns(count = 50): Promise<void> {
  for (let i = 0; i < count; i++) await turn();
}

test('a socket that failed answers with the old error, and closing twice rejects', async (t) => {
  const squatter = createSocket({ type: 'udp4' });
  await new Promise<void>((resolve) => squatter.bind(0, '127.0.0.1', () => resolve()));
  const socket = DgramAsPromised.createSocket('udp4');
  await t.throwsAsync(socket.bind(squatter.address().port, '127.0.0.1'), { code: 'EADDRINUSE' });
  const stale = socket.bind(0, '127.0.0.1');
  await t.throwsAsync(
    stale,
    { code: 'EADDRINUSE' },
    'the old error answers the next call: we never use such a socket again',
  );
  await socket.close();
  await t.throwsAsync(socket.close(), { code: 'ERR_SOCKET_DGRAM_NOT_RUNNING' }, 'closing twice: we keep the promise');
  squatter.close();
});

test('recv() keeps no queue: what comes between two calls is lost', async (t) => {
  const { socket, say } = await bound(t);
  const first = socket.recv();
  for (const text of ['a', 'b', 'c']) await say(text);
  t.is(String((await first)?.msg), 'a');
  await turns();
  const next = socket.recv();
  await say('d');
  t.is(String((await next)?.msg), 'd');
});

test('its iterator loses what comes while its body waits for anything', async (t) => {
  const { socket, say } = await bound(t);
  const heard: string[] = [];
  const reading = (async () => {
    for await (const packet of socket) {
      heard.push(String(packet.msg));
      await turns();
      if (heard.at(-1) === 'end') return;
    }
  })();
  for (let i = 0; i < 100; i++) await say(`${i}`);
  for (; heard.at(-1) !== 'end'; await turns(60)) await say('end');
  await reading;
  t.true(heard.length < 100, `${heard.length} of 100 were heard`);
});

test('what waits with recv() all gets one datagram, and a second one after closing waits for ever', async (t) => {
  const { socket, say } = await bound(t);
  const both = [socket.recv(), socket.recv()];
  await say('one');
  t.deepEqual(
    (await Promise.all(both)).map((packet) => String(packet?.msg)),
    ['one', 'one'],
  );
  await socket.close();
  await socket.recv();
  let isAnswered = false;
  void socket.recv().finally(() => {
    isAnswered = true;
  });
  await turns();
  t.false(isAnswered);
});

test('every recv() that was given up for something faster leaves its listeners behind', async (t) => {
  const { socket, say } = await bound(t);
  const warned = once(process, 'warning');
  const before = socket.socket.listenerCount('message');
  const raced = Array.from({ length: 12 }, () => Promise.race([socket.recv(), turn()]));
  await Promise.all(raced);
  t.is(socket.socket.listenerCount('message') - before, 12);
  t.like((await warned)[0], { name: 'MaxListenersExceededWarning' });
  await say('one, for all of them');
  await turns();
  t.is(socket.socket.listenerCount('message'), before);
});

test('its timeout is answered twice', async (t) => {
  const socket = DgramAsPromised.createSocket('udp4').setTimeout(20);
  await socket.bind(0, '127.0.0.1');
  await t.throwsAsync(socket.recv(), { message: /tim(ed|e).*out/i });
  await t.throwsAsync(socket.recv(), { message: /tim(ed|e).*out/i }, 'the next one rejects at once with the old one');
  await socket.close();
});

test('getSendBufferSize calls itself, errors that nobody awaits are silent, and some of Node is not there', async (t) => {
  const { socket } = await bound(t);
  t.throws(() => socket.getSendBufferSize(), { instanceOf: RangeError });
  t.true(socket.socket.getSendBufferSize() > 0);
  t.notThrows(() => socket.socket.emit('error', new Error('nobody hears this')));
  const missing = ['connect', 'disconnect', 'remoteAddress', 'addSourceSpecificMembership', 'getSendQueueSize'];
  for (const name of [...missing, 'dropSourceSpecificMembership', 'getSendQueueCount', Symbol.asyncDispose]) {
    t.false(name in socket, String(name));
    t.true(name in socket.socket, String(name));
  }
});

test('joining before binding binds to some other port; joining twice, and options before binding, are refused', async (t) => {
  const port = await freePort();
  const socket = DgramAsPromised.createSocket({ type: 'udp4', reuseAddr: true });
  t.throws(() => socket.setMulticastTTL(1), { code: 'EBADF' });
  socket.addMembership('224.0.0.251', '127.0.0.1');
  t.not(socket.address().port, port);
  t.true(socket.address().port > 0);
  t.throws(() => socket.addMembership('224.0.0.251', '127.0.0.1'), { code: 'EADDRINUSE' });
  await socket.close();
});

test('what is too long for a link leaves in pieces without a word, so nothing of ours is', (t) => {
  // IPv6 guarantees 1280 bytes, 48 of them headers.
  for (const { protocol } of [pairings.lp1, pairings.annex, locate]) t.true(protocol.network.datagramMax <= 1280 - 48);
});
