import { annex } from './annex.ts';
import { locate } from './locate.ts';
import { lp1 } from './lp1.ts';
import type { Plant } from './plant.ts';

const both: readonly Plant[] = [
  {
    file: 'protocol/nearby',
    rule: 'who is not on the link is not heard',
    takes: 'inPrefix(heard.source.address, address, prefix)',
    puts: 'true',
    red: ['network/from-off-the-lan'],
  },
];

/** What an oracle must not excuse, or must. */
const oracles: readonly Plant[] = [
  {
    file: 'sim/oracles/amplification',
    rule: 'oracle 9: a cookie in a refused datagram proves nothing',
    takes: "cell.event !== 'refused' && ",
    puts: '',
    red: ['network/answers-bent-on-the-way'],
  },
  {
    file: 'sim/oracles/oracle',
    rule: 'oracle 3: an old record is of the session that proved it',
    takes: 'proven?.boot ?? boot',
    puts: 'boot',
    red: ['replay/old-record-and-a-new-peer'],
  },
];

export const plants: readonly Plant[] = [...lp1, ...locate, ...annex, ...both, ...oracles];
