/** A worker of `lanpair sim audit`: is given the name of a specimen, and answers with its report. */
import { type AuditOptions, auditSpecimen, type SpecimenReport } from '../audit/audit.ts';
import { suspects } from '../audit/corpus.ts';

/** Names, because what a specimen is cannot be sent to another thread. */
export interface AuditWork extends Pick<AuditOptions, 'scenarios' | 'times' | 'runsMax'> {
  readonly protocol: string;
  readonly specimen: string;
}

export default function run({ protocol, specimen: name, ...options }: AuditWork): SpecimenReport {
  const suspect = suspects.find(({ specimen, sound }) => specimen.name === name && sound.name === protocol);
  if (suspect === undefined) throw new RangeError(`no specimen ${name} of ${protocol}`);
  return auditSpecimen({ ...suspect, ...options });
}
