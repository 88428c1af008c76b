/** A scenario file as it stands, after the schema has passed it: the types that schema.ts describes. */
import type { Family } from '../network.ts';
import type { Faulty, Says } from './scenario.ts';
import type { Slip } from './slips.ts';

export type Names = string | readonly string[];
export type Numeric = number | string;

export interface RawRules {
  readonly preset?: string;
  readonly loss?: Numeric;
  readonly burst?: { readonly starts: Numeric; readonly ends: Numeric; readonly loss?: Numeric };
  readonly delayMs?: Numeric | readonly { readonly weight: number; readonly ms: Numeric }[];
  readonly duplicate?: Numeric;
  readonly copies?: Numeric;
  readonly duplicateAfterMs?: Numeric;
  readonly reorder?: Numeric;
  readonly reorderByMs?: Numeric;
  readonly rate?: number;
  readonly queueBytes?: number;
  readonly corrupt?: Numeric;
  readonly truncate?: Numeric;
  readonly mtu?: number;
  readonly multicastLoss?: Numeric;
  readonly forgetsMs?: number;
  readonly isolated?: boolean;
}

export interface RawSegment extends RawRules {
  readonly subnet?: string;
  readonly routed?: boolean;
  readonly ipv6?: 'also' | 'alone';
}

export interface RawPlace {
  readonly on: Names;
  readonly address?: string;
}

export interface RawHost extends RawPlace {
  readonly phrase?: string;
  readonly startsMs?: number;
  readonly typesMs?: number;
  readonly storeMs?: Numeric;
  readonly provisionMs?: Numeric;
  readonly lookupMs?: Numeric;
  readonly signMs?: Numeric;
  readonly slips?: readonly Slip[];
  readonly fails?: readonly Faulty[];
  readonly flaky?: { readonly [effect in Faulty]?: Numeric };
  readonly driftPpm?: number;
  readonly cloneOf?: string;
  readonly names?: { readonly [name: string]: Names };
  readonly reverse?: { readonly [address: string]: Names };
  readonly peers?: readonly string[];
  readonly holds?: { readonly [peer: string]: 'whole' | 'unheard' | 'stored' | 'revoked' };
  readonly phraseBits?: number;
  readonly accepts?: readonly ('weak' | 'slip')[];
  readonly windowMs?: number;
  readonly hostName?: string;
  readonly userName?: string;
  readonly directory?: string;
}

export interface RawAdversary extends RawPlace {
  readonly is: string;
  readonly phrase?: string;
  readonly startsMs?: number;
  readonly untilMs?: number;
  readonly reactsMs?: number;
  readonly asksAfterMs?: number;
  readonly racesAheadMs?: number;
  readonly everyMs?: number;
  readonly times?: number;
  readonly kinds?: readonly string[];
  readonly at?: readonly string[];
  readonly says?: Says;
  readonly claims?: string;
}

export interface RawMoment {
  readonly host: string;
  readonly sends?: string;
  readonly hears?: string;
  readonly stores?: true;
  readonly authorizes?: true;
  readonly notice?: string;
  readonly situation?: string;
  readonly nth?: number;
}

export interface RawCircumstance {
  readonly host: string;
  readonly situation: string;
}

export interface RawScriptItem extends RawRules {
  readonly atMs?: number;
  readonly when?: RawMoment;
  readonly plusMs?: number;
  readonly host?: string;
  readonly types?: string;
  readonly do?:
    | 'cancel'
    | 'nudge'
    | 'grant'
    | 'resume'
    | 'crash'
    | 'restart'
    | 'backup'
    | 'pause'
    | 'sleep'
    | 'snapshot'
    | 'rollback';
  readonly slips?: readonly Slip[];
  readonly phrase?: string | null;
  readonly wiped?: boolean;
  readonly restored?: boolean;
  readonly chooses?: string;
  readonly finds?: string;
  readonly forgets?: string;
  readonly change?: 'address' | 'interface' | 'port' | 'clock';
  readonly interface?: string;
  readonly up?: boolean;
  readonly byMs?: number;
  readonly to?: string;
  readonly fails?: RawHost['fails'];
  readonly network?: 'cut' | 'clog' | 'heal' | 'change';
  readonly segment?: string;
  readonly family?: Family;
  readonly between?: Names;
  readonly and?: Names;
  readonly oneWay?: boolean;
  readonly for?: Names;
  readonly drop?: string;
  readonly delay?: string;
  readonly repeat?: string;
  readonly while?: RawCircumstance;
  readonly from?: string;
  readonly nth?: Numeric;
}

export interface RawExpectation {
  readonly for?: Names;
  readonly paired?: Names;
  readonly withinMs?: number;
  readonly unpaired?: Names;
  readonly never?: 'authorized';
  readonly key?: string;
  readonly host?: Names;
  readonly notice?: string;
  readonly detail?: string;
  readonly count?: Numeric;
  readonly lines?: number;
  readonly sends?: string;
  readonly learns?: 'phrase' | 'nothing';
  readonly who?: string;
}

export interface RawScenario {
  readonly title: string;
  readonly covers?: readonly string[];
  readonly protocols: { readonly [protocol: string]: 'pass' | { readonly breaks: string } };
  readonly seed?: number;
  readonly network: { readonly [segment: string]: RawSegment };
  readonly links?: readonly (RawRules & {
    readonly from: Names;
    readonly to: Names;
    readonly both?: boolean;
    readonly family?: Family;
  })[];
  readonly hosts: { readonly [name: string]: RawHost };
  readonly adversaries?: { readonly [name: string]: RawAdversary };
  readonly script?: readonly RawScriptItem[];
  readonly expect: readonly RawExpectation[];
  readonly endsMs?: number;
}

/** One or several names, as a list. */
export function listOf(names: Names | undefined): readonly string[] {
  return names === undefined ? [] : typeof names === 'string' ? [names] : names;
}
