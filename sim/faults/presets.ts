/**
 * Networks by name, with their numbers. Each is the part of the rules that it changes; a file may change more. The
 * numbers are of the size that such networks have, chosen to be round: a preset is a starting point, not a measurement.
 */
import type { Range, Ratio } from '../random.ts';
import type { LinkRules } from './rules.ts';

const ratio = (numerator: number, denominator: number): Ratio => ({ numerator, denominator });
const ms = (min: number, max: number = min): Range => ({ min: min * 1000, max: max * 1000 });

export interface Preset {
  /** One sentence for people. */
  readonly is: string;
  readonly rules: Partial<LinkRules>;
}

export const presets: { readonly [name: string]: Preset } = {
  wired: {
    is: 'a switch: under a millisecond, nothing lost',
    rules: { delayUs: { min: 100, max: 800 } },
  },
  wifi: {
    is: 'good Wi-Fi: 1 to 8 ms with a tail to 60, unicast repeated by the radio, one multicast in 50 lost',
    rules: {
      delayUs: ms(1, 60),
      delayTable: [
        { weight: 90, us: ms(1, 8) },
        { weight: 9, us: ms(8, 25) },
        { weight: 1, us: ms(25, 60) },
      ],
      multicastLoss: ratio(1, 50),
    },
  },
  wifiLossy: {
    is: 'Wi-Fi two rooms away: bursts in which half is lost, every fifth multicast lost, delays to 400 ms',
    rules: {
      delayUs: ms(2, 400),
      delayTable: [
        { weight: 70, us: ms(2, 20) },
        { weight: 25, us: ms(20, 100) },
        { weight: 5, us: ms(100, 400) },
      ],
      loss: ratio(1, 50),
      burst: { starts: ratio(1, 40), ends: ratio(1, 8), loss: ratio(1, 2) },
      multicastLoss: ratio(1, 5),
      reorder: ratio(1, 50),
      reorderByUs: ms(5, 60),
    },
  },
  wifiCrowded: {
    is: 'a lecture hall: a third of the multicasts lost, 100 kB/s a link, delays to a second',
    rules: {
      delayUs: ms(5, 1000),
      delayTable: [
        { weight: 60, us: ms(5, 60) },
        { weight: 30, us: ms(60, 300) },
        { weight: 10, us: ms(300, 1000) },
      ],
      loss: ratio(1, 20),
      multicastLoss: ratio(1, 3),
      rate: 100_000,
      queueBytes: 30_000,
    },
  },
  guestIsolated: {
    is: 'guest Wi-Fi: stations reach the world and not each other',
    rules: { delayUs: ms(1, 20), isolated: true },
  },
  vpn: {
    is: 'a tunnel: 20 to 60 ms, no multicast, packets of at most 1420 bytes, as WireGuard has it',
    rules: { delayUs: ms(20, 60), multicastLoss: ratio(1, 1), mtu: 1420 },
  },
  snoopingSwitch: {
    is: 'a switch that snoops on IGMP without a querier: groups are forgotten after 260 s, but those of 224.0.0.0/24',
    rules: { delayUs: { min: 100, max: 800 }, forgetsUs: 260_000_000 },
  },
  apWithoutMulticast: {
    is: 'an access point that passes no multicast on to its stations',
    rules: { delayUs: ms(1, 20), multicastLoss: ratio(1, 1) },
  },
  hotspot: {
    is: "a telephone's hotspot: 3 to 30 ms with a tail to 300, one in 100 lost, 500 kB/s",
    rules: {
      delayUs: ms(3, 300),
      delayTable: [
        { weight: 95, us: ms(3, 30) },
        { weight: 5, us: ms(30, 300) },
      ],
      loss: ratio(1, 100),
      rate: 500_000,
    },
  },
  badCable: {
    is: 'bits flip and ends are missing in one of twenty, past every checksum',
    rules: { delayUs: { min: 100, max: 800 }, corrupt: ratio(1, 20), truncate: ratio(1, 20) },
  },
  hell: {
    is: 'everything at once: 30 % loss and bursts, copies for minutes, disorder, corruption',
    rules: {
      delayUs: ms(1, 500),
      loss: ratio(3, 10),
      burst: { starts: ratio(1, 20), ends: ratio(1, 4), loss: ratio(9, 10) },
      duplicate: ratio(1, 4),
      copies: { min: 1, max: 3 },
      duplicateAfterUs: ms(1, 120_000),
      reorder: ratio(1, 4),
      reorderByUs: ms(5, 2000),
      corrupt: ratio(1, 50),
      truncate: ratio(1, 50),
    },
  },
};
