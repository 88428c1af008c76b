/**
 * The commands of the real node, for the `lanpair` program. What a command runs is loaded when it runs: ssh starts one of them here
 * and one over there each time, and a person waits for both.
 */
import type { Argv, CommandModule } from 'yargs';
import { Complaint, exitCode } from './complaint.ts';
import type { Locating } from './locating.ts';
import { descriptorOf, durationOf, peerOf, portOf, remoteOf } from './option-values.ts';
import { type PairingName, pairingNames } from './pairing-names.ts';
import { placesOf } from './places.ts';

const recordOption = {
  type: 'string',
  requiresArg: true,
  describe: 'write what happens into this new file, without secrets, for lanpair sim replay',
} as const;

/** An option that may be given more than once, each time with a value. */
function several(describe: string) {
  return { type: 'string', array: true, requiresArg: true, default: [] as string[], describe } as const;
}

const pairCommand: CommandModule<object, PairArguments> = {
  command: 'pair',
  describe: 'pair this machine with another one on the same network',
  builder: (yargs) =>
    yargs
      .option('protocol', { choices: pairingNames, default: 'lp1' as const, describe: 'the conversation to use' })
      .option('iface', several('speak on this interface alone (repeat it for more)'))
      .option('peer', several('speak to this address as well'))
      .option('dir', { type: 'string', describe: 'the repository that is offered (the one around you)' })
      .option('key', { type: 'string', describe: 'offer this public key (FILE.pub) instead of one of lanpair' })
      .option('phrase-fd', { type: 'number', describe: 'read the phrase from this file descriptor' })
      .option('weak-phrase', {
        type: 'boolean',
        default: false,
        describe: 'take a phrase with which strangers could stall the pairing',
      })
      .option('as-typed', {
        type: 'boolean',
        default: false,
        describe: 'take a phrase that looks mistyped',
      })
      .option('timeout', { type: 'string', default: '10m', describe: 'give up after this long: 90s, 10m, 1h' })
      .option('json', { type: 'boolean', default: false, describe: 'one JSON object a line' })
      .option('ssh', { type: 'boolean', default: true, describe: 'install the key of the peer (--no-ssh: do not)' })
      .option('git-remote', { type: 'string', describe: 'add a git remote of this name for the peer' })
      .option('record', recordOption)
      .option('port', { type: 'number', hidden: true })
      .option('host-name', { type: 'string', hidden: true })
      .option('user-name', { type: 'string', hidden: true })
      .example('$0 pair', 'type the phrase that both agreed on, or Enter for a new one')
      .example('$0 pair --phrase-fd 3 3< file', 'the phrase comes from a descriptor, never from the command line')
      .example('$0 pair --iface eth0 --peer 10.0.0.7', 'on one interface, and where multicast does not pass')
      .example('$0 pair --protocol annex --dir ~/annex', "with git-annex's assistant, until release 10.20251215")
      .example('$0 pair --record run.ndjson', 'for a report of what went wrong: lanpair sim replay')
      .epilogue(
        'Exit codes: 0 paired, 1 not, 2 half: something of it is, or may be, on one side alone, 130 ended by Ctrl-C, 64 and up wrong use or no network.',
      ),
  handler: async (given) => {
    for (const [name, value] of Object.entries(given)) {
      if (!Array.isArray(value) || name === '_' || name === 'iface' || name === 'peer') continue;
      throw new Complaint(`--${name} is given ${value.length} times.`, 'Next: give it once.', exitCode.usage);
    }
    const port = given.port === undefined ? null : portOf(given.port);
    const { pair } = await import('./pair.ts');
    const { pairings } = await import('./protocols.ts');
    process.exitCode = await pair({
      protocol: given.protocol,
      interfaces: given.iface,
      peers: given.peer.map((text) => peerOf(text, port ?? pairings[given.protocol].protocol.network.port)),
      directory: given.dir,
      key: given.key,
      phraseDescriptor: given['phrase-fd'] === undefined ? undefined : descriptorOf(given['phrase-fd']),
      accepted: [
        ...(given['weak-phrase'] ? (['weak'] as const) : []),
        ...(given['as-typed'] ? (['slip'] as const) : []),
      ],
      windowMs: durationOf(given.timeout),
      json: given.json,
      ssh: given.ssh,
      remote: given['git-remote'] === undefined ? undefined : remoteOf(given['git-remote'], given.protocol, given.ssh),
      record: given.record,
      port,
      hostName: given['host-name'],
      userName: given['user-name'],
    });
  },
};

interface PairArguments {
  protocol: PairingName;
  iface: string[];
  peer: string[];
  dir: string | undefined;
  key: string | undefined;
  'phrase-fd': number | undefined;
  'weak-phrase': boolean;
  'as-typed': boolean;
  timeout: string;
  json: boolean;
  ssh: boolean;
  'git-remote': string | undefined;
  record: string | undefined;
  port: number | undefined;
  'host-name': string | undefined;
  'user-name': string | undefined;
}

const peersCommand: CommandModule<
  object,
  { action: 'list' | 'show' | 'forget' | 'shell'; peer: string | undefined; off: boolean; json: boolean }
> = {
  command: 'peers [action] [peer]',
  describe: 'list, show or forget the machines that this one is paired with, or give one a shell',
  builder: (yargs) =>
    yargs
      .positional('action', { choices: ['list', 'show', 'forget', 'shell'] as const, default: 'list' as const })
      .positional('peer', { type: 'string', describe: 'host name, user@host or record id' })
      .option('off', { type: 'boolean', default: false, describe: 'shell: take it back; git and git-annex stay' })
      .option('json', { type: 'boolean', default: false, describe: 'one JSON object a line' })
      .example('$0 peers', 'who is paired with this machine')
      .example('$0 peers show darkstar', 'one of them, with its key')
      .example('$0 peers forget darkstar', 'take its key back, and forget it')
      .example('$0 peers shell darkstar', 'let its person run anything here as you')
      .example('$0 peers shell darkstar --off', 'git and git-annex alone again'),
  handler: async ({ action, peer, off, json }) => {
    if (off && action !== 'shell')
      throw new Complaint('--off is of lanpair peers shell.', 'Next: leave it away.', exitCode.usage);
    const { forgetPeer, giveShell, listPeers, showPeer } = await import('./peers.ts');
    if (action === 'list') process.exitCode = await listPeers(json);
    else if (peer === undefined) {
      throw new Complaint(
        `lanpair peers ${action} needs to know which machine.`,
        'Next: lanpair peers list shows their names.',
        exitCode.usage,
      );
    } else if (action === 'shell') process.exitCode = await giveShell(peer, off ? 'git' : 'shell', json);
    else process.exitCode = await (action === 'show' ? showPeer : forgetPeer)(peer, json);
  },
};

const phraseCommand: CommandModule = {
  command: 'phrase',
  describe: 'make a new phrase for two machines',
  builder: (yargs) => yargs.example('$0 phrase', 'read it aloud; both type it into lanpair pair'),
  handler: async () => {
    const { newPhrase } = await import('./phrases.ts');
    process.stdout.write(`${newPhrase()}\n`);
  },
};

const shellCommand: CommandModule<object, { record: string; state: string | undefined; whole: boolean }> = {
  command: 'shell <record>',
  describe: false,
  builder: (yargs) =>
    yargs
      .positional('record', { type: 'string', demandOption: true })
      .option('state', { type: 'string', hidden: true })
      .option('whole', { type: 'boolean', default: false, hidden: true }),
  handler: async ({ record, state, whole }) => {
    const { shell } = await import('./shell.ts');
    process.exitCode = await shell(record, state, whole);
  },
};

interface LocatingArguments {
  iface: string[];
  peer: string[];
  record: string | undefined;
  port: number | undefined;
}

const findCommand: CommandModule<object, LocatingArguments & { who: string; watch: boolean; json: boolean }> = {
  command: 'find <who>',
  describe: 'where is a paired machine now? (lanpair serve answers there)',
  builder: (yargs) =>
    locatingOptions(yargs)
      .positional('who', { type: 'string', demandOption: true, describe: 'host name, user@host or record id' })
      .option('watch', { type: 'boolean', default: false, describe: 'go on, and say where it goes' })
      .option('json', { type: 'boolean', default: false, describe: 'one JSON object a line' })
      .example('$0 find darkstar', 'its address, proven by its own key')
      .example('$0 find darkstar --watch', 'and each one that it moves to')
      .example('$0 find darkstar --record run.ndjson', 'for a report of what went wrong: lanpair sim replay'),
  handler: async (given) => {
    const { find } = await import('./find.ts');
    process.exitCode = await find({
      ...(await locatingOf(given)),
      peer: given.who,
      isWatching: given.watch,
      json: given.json,
    });
  },
};

const connectCommand: CommandModule<object, LocatingArguments & { who: string; state: string | undefined }> = {
  command: 'connect <who>',
  describe: 'standard input and output to the ssh port of a paired machine, for ProxyCommand',
  builder: (yargs) =>
    locatingOptions(yargs)
      .positional('who', { type: 'string', demandOption: true, describe: 'host name, user@host or record id' })
      .option('state', { type: 'string', hidden: true })
      .example('ssh darkstar.lanpair', 'ssh starts it by itself, and checks the host key that came with the phrase')
      .example('$0 connect darkstar < /dev/null', 'is its ssh server there? it says its name'),
  handler: async (given) => {
    const { connect } = await import('./connect.ts');
    process.exitCode = await connect({ ...(await locatingOf(given)), peer: given.who, state: given.state ?? null });
  },
};

const serveCommand: CommandModule<object, LocatingArguments & { systemd: boolean; json: boolean }> = {
  command: 'serve',
  describe: 'let paired machines find this one, wherever it goes',
  builder: (yargs) =>
    locatingOptions(yargs)
      .option('systemd', { type: 'boolean', default: false, describe: 'print a systemd user unit that does it' })
      .option('json', { type: 'boolean', default: false, describe: 'one JSON object a line' })
      .example('$0 serve', 'answer paired machines, and nobody else, until Ctrl-C')
      .example('$0 serve --systemd', 'a unit for it, where to put it, and what to run then'),
  handler: async (given) => {
    const locating = await locatingOf(given);
    if (given.systemd) {
      if (given.record !== undefined) {
        throw new Complaint(
          '--record is of one run, and a unit runs many times.',
          'Next: leave it away.',
          exitCode.usage,
        );
      }
      const { systemdAdvice, systemdUnit } = await import('./systemd.ts');
      const named = [['--iface', given.iface] as const, ['--peer', given.peer] as const];
      const more = named.flatMap(([name, values]) => values.flatMap((value) => [name, value]));
      process.stdout.write(systemdUnit(more, placesOf(process.env).unusualState));
      process.stderr.write(systemdAdvice(more, process.stdout.isTTY));
      return;
    }
    const { serve } = await import('./serve.ts');
    process.exitCode = await serve({ ...locating, json: given.json });
  },
};

function locatingOptions<T>(yargs: Argv<T>): Argv<T & LocatingArguments> {
  return yargs
    .option('iface', several('speak on this interface alone'))
    .option('peer', several('speak to this address as well'))
    .option('record', recordOption)
    .option('port', { type: 'number', hidden: true }) as Argv<T & LocatingArguments>;
}

async function locatingOf({ iface, peer, record, port: given }: LocatingArguments): Promise<Locating> {
  if (Array.isArray(record)) throw new Complaint('--record is given twice.', 'Next: give it once.', exitCode.usage);
  const port = given === undefined ? null : portOf(given);
  const { locate } = await import('../protocol/index.ts');
  return {
    interfaces: iface,
    peers: peer.map((text) => peerOf(text, port ?? locate.protocol.network.port)),
    port,
    record,
  };
}

const doctorCommand: CommandModule<
  object,
  { iface: string[]; peer: string[]; timeout: string; json: boolean; port: number | undefined }
> = {
  command: 'doctor',
  describe: 'can this machine pair, and be reached? what is in the way, and what to do',
  builder: (yargs) =>
    yargs
      .option('iface', several('look at this interface alone'))
      .option('peer', several('does the doctor at this address answer? (run it there at the same time)'))
      .option('timeout', { type: 'string', default: '10s', describe: 'listen for others this long' })
      .option('json', { type: 'boolean', default: false, describe: 'one JSON object a line' })
      .option('port', { type: 'number', hidden: true })
      .example('$0 doctor', 'run it on both machines at the same time, and they hear each other')
      .example('sudo $0 doctor', 'with a look at the rules of the firewall, which only root may see'),
  handler: async ({ iface, peer, timeout, json, port }) => {
    const forMs = durationOf(timeout);
    const { doctor } = await import('./doctor/doctor.ts');
    process.exitCode = await doctor({
      interfaces: iface,
      peers: peer.map((text) => peerOf(text, 1).address),
      forMs,
      json,
      port: port === undefined ? null : portOf(port),
    });
  },
};

const demoCommand: CommandModule<object, { simulator: boolean }> = {
  command: 'demo',
  describe: 'run every scenario in the simulator, then pair two real nodes on this machine',
  builder: (yargs) =>
    yargs
      .option('simulator', { type: 'boolean', default: true, describe: '--no-simulator: only the two real nodes' })
      .example('$0 demo --no-simulator', 'ten seconds: two real nodes on the loopback interface'),
  handler: async ({ simulator }) => {
    const { demo } = await import('./demo.ts');
    process.exitCode = await demo({ simulator });
  },
};

export const nodeCommands: readonly CommandModule<object, never>[] = [
  pairCommand,
  phraseCommand,
  peersCommand,
  findCommand,
  connectCommand,
  serveCommand,
  doctorCommand,
  demoCommand,
  shellCommand,
] as never;
