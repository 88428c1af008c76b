/**
 * Runs on a host of the lab as its user, and gives and takes back as a pairing does: the real code, on the real files of
 * that home directory. One JSON request a line in, one JSON answer a line out.
 */
import { createInterface } from 'node:readline';
import type { Grant, StoredRecord } from '../../../protocol/contract.ts';
import { reasonOf } from '../../complaint.ts';
import { placesOf } from '../../places.ts';
import { makeProvisioning } from '../../provisioning.ts';
import { discardRecord, storeRecord } from '../../records.ts';

export type ProvisionRequest =
  | {
      readonly give: Grant;
      readonly record: StoredRecord;
      readonly identityFile: string;
      readonly remote: string;
      /** What authorized_keys and ssh's configuration are to run in place of `<node> <cli>`. */
      readonly program: readonly string[];
    }
  | { readonly take: string; readonly program: readonly string[] };

/** `refused`: why the key was not installed, null where it was. */
export interface ProvisionAnswer {
  readonly refused: string | null;
  readonly alias: string | null;
  readonly troubles: readonly string[];
}

const places = placesOf(process.env);

async function answer(request: ProvisionRequest): Promise<ProvisionAnswer> {
  const troubles: string[] = [];
  const isGiving = 'give' in request;
  const provisioning = makeProvisioning({
    gate: { ssh: places.ssh, program: request.program, state: null },
    places,
    identityFile: isGiving ? request.identityFile : null,
    remote: isGiving ? request.remote : null,
    notify: (notice) => {
      if (notice.event === 'trouble') troubles.push(`${notice.what}: ${notice.reason}`);
    },
  });
  try {
    if (isGiving) {
      await storeRecord(places.peers, request.record);
      await provisioning.give(request.give);
      return { refused: null, alias: provisioning.alias(request.give.record), troubles };
    }
    // The remote is found by the record, and the alias goes with it.
    await provisioning.take(request.take);
    await discardRecord(places.peers, request.take);
    await provisioning.refresh();
    return { refused: null, alias: null, troubles };
  } catch (thrown) {
    return { refused: reasonOf(thrown), alias: null, troubles };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answer(JSON.parse(line) as ProvisionRequest))}\n`);
}
