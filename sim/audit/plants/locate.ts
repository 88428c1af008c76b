import type { Plant } from './plant.ts';

/** Rules of `locate`, and the scenarios that turn red without them. */
export const locate: readonly Plant[] = [
  {
    file: 'protocol/locate/state',
    rule: 'a question is answered in each family that it came in',
    takes: 'familyOf(endpoint.address)',
    puts: '4',
    red: ['network/ipv4-closed-towards-who-asks'],
  },
  {
    file: 'protocol/locate/events',
    rule: 'no datagram of a question is answered twice, whoever passes it on in the other family',
    takes: 'way === copy.way || equalBytes(nonce, copy.nonce)',
    puts: 'way === copy.way',
    red: ['network/where-in-the-other-family'],
  },
  {
    file: 'protocol/locate/answering',
    rule: 'what was dropped is remembered as well',
    takes: '!isOfNow || !isNew || heard.by.length >= limits.heardBy',
    puts: 'true',
    red: ['network/where-in-the-other-family'],
  },
];
