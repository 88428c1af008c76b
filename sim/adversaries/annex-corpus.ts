/** Texts that have broken readers of git-annex's pairing, or might: said as they stand. */
import { utf8 } from '../../protocol/bytes.ts';

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';

function message({
  stage = 'PairReq',
  host = 'Just "vm"',
  user = '"alice"',
  directory = '"~/annex"',
  sshKey = `"${key}"`,
  uuid = 'UUID "cdbecf39-0000-4000-a000-000000000000"',
  address = 'IPv4Addr 16779530',
} = {}): string {
  return (
    `PairMsg (Verifiable {verifiableVal = (${stage},PairData {remoteHostName = ${host}, remoteUserName = ${user}, ` +
    `remoteDirectory = ${directory}, remoteSshPubKey = ${sshKey}, pairUUID = ${uuid}},${address}), ` +
    `verifiableDigest = "${'0'.repeat(40)}"})`
  );
}

export const annexCorpus: readonly Uint8Array[] = [
  // git-annex's own succ of the last stage; a stage that is none; nothing; the beginning alone.
  message({ stage: 'PairFail' }),
  message({ stage: 'PairDone)' }),
  '',
  'PairMsg (',
  // Brackets without end, names without end, escapes without end.
  `PairMsg ${'('.repeat(900)}`,
  message({ host: `Just "${'a'.repeat(3000)}"` }),
  message({ user: '"\\' }),
  message({ user: '"\\999999999999999999"' }),
  message({ user: '"\\1114112"' }),
  message({ user: '"\\55296"' }),
  message({ user: '"\\SOH\\DEL\\^@"' }),
  message({ user: '"a\\   \\b"' }),
  // Options and a second line in a key; no key; a key of another type; 16 kB of key.
  message({ sshKey: `"command=\\"id\\" ${key}"` }),
  message({ sshKey: `"${key}\\nssh-rsa AAAA"` }),
  message({ sshKey: '""' }),
  message({ sshKey: '"ssh-dss AAAA"' }),
  message({ sshKey: `"ssh-rsa ${'A'.repeat(3000)}"` }),
  // No UUID; one with a slash; addresses beyond all ranges, of the other family, below 0.
  message({ uuid: 'NoUUID' }),
  message({ uuid: 'UUID "../../etc/passwd"' }),
  message({ uuid: 'UUID "\\8364"' }),
  message({ address: 'IPv4Addr 4294967296' }),
  message({ address: 'IPv4Addr (-1)' }),
  message({ address: 'IPv6Addr (1,2,3,4)' }),
  message({ address: 'IPv6Addr (1,2,3)' }),
  // Two in one; something after it; another constructor.
  `${message()}${message()}`,
  `${message()} `.padEnd(2000, 'x'),
  message().replace('PairMsg', 'PairMsgs'),
].map(utf8);
