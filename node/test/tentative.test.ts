/** Addresses of IPv6 that the system is still asking about: nothing can be bound to them, and they are no trouble. */
import test from 'ava';
import { throwAwayHome } from './home.ts';
import { noNamespaces, openNamespace } from './namespaces.ts';
import { homeWithRepository, lanpair } from './program.ts';

const tell = noNamespaces === null ? test : test.skip;
const why = noNamespaces === null ? '' : ` (${noNamespaces})`;

tell(`who starts before an address can be had pairs when it can${why}`, async (t) => {
  const alice = await openNamespace(t);
  const bob = await openNamespace(t, alice);
  await bob.shell('echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad');
  // A minute of asking, which we shall not wait for.
  await alice.shell('echo 60 > /proc/sys/net/ipv6/conf/default/dad_transmits');
  await alice.cable('eth0', bob, 'eth0');
  const [, address = ''] = /inet6 (\S+) scope link tentative/.exec(await alice.shell('ip -6 addr show dev eth0')) ?? [];
  t.regex(address, /^fe80/);
  const [ours, theirs] = await Promise.all(
    Object.entries({ alice, bob }).map(async ([name, { enter }]) => {
      const home = await homeWithRepository(await throwAwayHome(t));
      // Names of their own: with the ssh host keys of one machine they would be clones.
      const how = ['--host-name', `${name}-host`, '--user-name', name];
      const program = lanpair(t, home, ['pair', '--json', '--dir', 'annex', '--phrase-fd', '3', ...how], {}, enter);
      program.say('seven quiet herons by the lake');
      return program;
    }),
  );
  if (ours === undefined || theirs === undefined) return t.fail();
  await Promise.all([ours, theirs].map((program) => program.event('seeking', ({ role }) => role === 'asking')));
  await alice.shell(`ip addr del ${address} dev eth0; ip addr add ${address} dev eth0 nodad`);
  await Promise.all([ours, theirs].map((program) => program.event('paired')));
  for (const { child } of [ours, theirs]) child.kill('SIGINT');
  t.deepEqual(await Promise.all([ours.exit, theirs.exit]), [0, 0]);
  t.deepEqual(
    ours.events.filter(({ event }) => event === 'trouble'),
    [],
  );
});

tell(`an address that another machine has is told, and what to look for${why}`, async (t) => {
  const alice = await openNamespace(t);
  const bob = await openNamespace(t, alice);
  await alice.shell('echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad');
  await bob.shell('echo 1 > /proc/sys/net/ipv6/conf/default/addr_gen_mode');
  await alice.cable('eth0', bob, 'eth0');
  await alice.shell('ip addr add fe80::7/64 dev eth0');
  await bob.shell('ip addr add fe80::7/64 dev eth0');
  const home = await homeWithRepository(await throwAwayHome(t));
  const program = lanpair(t, home, ['pair', '--json', '--dir', 'annex', '--phrase-fd', '3'], {}, bob.enter);
  const { what, reason } = await program.event('trouble');
  t.is(what, 'eth0');
  t.regex(String(reason), /^its address fe80::7%eth0 cannot be used\. Does another machine have it\?.*dadfailed/);
  program.child.kill('SIGINT');
  t.is(await program.exit, 130);
});
