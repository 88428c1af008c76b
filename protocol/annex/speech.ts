/** What we say: our own datagrams, each interface's copy signed for that interface's address, and the effects that send them. */
import { inPrefix } from '../address.ts';
import { utf8 } from '../bytes.ts';
import type { Effect, Endpoint, Identity, Interface, Suite } from '../contract.ts';
import { sign } from './digest.ts';
import type { Body, Stage } from './message.ts';
import type { Sent } from './record.ts';
import { type AnnexState, limits, type times } from './state.ts';
import { write, writeText } from './writer.ts';

/** Our datagram of this stage and pairing for every interface. Empty when the phrase is gone, or there is no IPv4 here. */
export function spoken(state: AnnexState, stage: Stage, uuid: string, suite: Suite): readonly Sent[] {
  const key = state.secrets?.key ?? null;
  if (key === null) return [];
  return state.interfaces.flatMap((where) => {
    const address = addressOf(where);
    if (address === null) return [];
    const message = sign(bodyFor(state.self, stage, uuid, address), key, suite);
    return [{ interface: where.name, datagram: writeText(message) }];
  });
}

/** Every copy to the group of its interface; to each `--peer`, the copy of the interface that it is on, else the first. */
export function sendAll(state: AnnexState, sent: readonly Sent[]): readonly Effect[] {
  const toGroups = sent.map((copy) => sendCopy(copy, copy.interface));
  const toPeers = state.peers.flatMap((peer) => {
    const copy = sent.find((candidate) => isOn(peer, state.interfaces, candidate.interface)) ?? sent[0];
    return copy === undefined ? [] : [sendCopy(copy, null, peer)];
  });
  return [...toGroups, ...toPeers];
}

/** One copy, on the interface where we were spoken to: the one made for it, or after an address change any other. */
export function sendBack(sent: readonly Sent[], where: string): readonly Effect[] {
  const copy = sent.find((candidate) => candidate.interface === where) ?? sent[0];
  return copy === undefined ? [] : [sendCopy(copy, where)];
}

export function setTimer(
  name: keyof typeof times | 'window',
  range: { readonly minMs: number; readonly maxMs: number },
): Effect {
  return { type: 'setTimer', name, minMs: range.minMs, maxMs: range.maxMs };
}

export function cancelTimers(...names: readonly (keyof typeof times | 'window')[]): readonly Effect[] {
  return names.map((name) => ({ type: 'cancelTimer', name }));
}

/** Why this identity cannot speak `annex`, or null. The longest datagram must fit into what git-annex reads. */
export function identityFault(self: Identity): string | null {
  const uuid = '00000000-0000-4000-8000-000000000000';
  const body = bodyFor(self, 'PairDone', uuid, '255.255.255.255');
  const length = write({ ...body, digest: '0'.repeat(40) }).length;
  if (length <= limits.datagramMax) return null;
  return `host, user, directory and key make a datagram of ${length} bytes, and git-annex reads only ${limits.datagramMax}: use a shorter directory or an ed25519 key`;
}

function bodyFor(self: Identity, stage: Stage, uuid: string, address: string): Body {
  return {
    stage,
    data: {
      remoteHostName: self.hostName,
      remoteUserName: self.userName,
      remoteDirectory: self.directory,
      remoteSshPubKey: self.sshKey,
      pairUUID: uuid,
    },
    address,
  };
}

function addressOf(where: Interface): string | null {
  return where.addresses.find(({ family }) => family === 4)?.address ?? null;
}

function isOn(peer: Endpoint, interfaces: readonly Interface[], name: string): boolean {
  const where = interfaces.find((candidate) => candidate.name === name);
  return (
    where?.addresses.some(({ family, address, prefix }) => family === 4 && inPrefix(peer.address, address, prefix)) ??
    false
  );
}

function sendCopy(copy: Sent, where: string | null, to: 'group' | Endpoint = 'group'): Effect {
  return { type: 'send', bytes: utf8(copy.datagram), interface: where, from: 'unicast', to };
}
