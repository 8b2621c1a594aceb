/** `submeter-collector rotate-collector-key`: a new key for receipts and states, announced first. */

import { formatInstant } from "@submeter/shared/time/instant";
import { resolveMasterKey } from "../fleet/master-keys.ts";
import { activateCollectorKey, announceCollectorKey } from "../fleet/rotate-collector-key.ts";
import { readMasterKeys } from "../config.ts";
import { atTheMachine, type Surroundings, type Told, withDatabase } from "./maintenance.ts";

export type CollectorKeyFlags = {
  reason: string;
  activate: boolean;
  atOnce: boolean;
  compromised: boolean;
};

export async function rotateCollectorKeyCommand(
  surroundings: Surroundings,
  flags: CollectorKeyFlags,
): Promise<Told> {
  const { clock, random, environment } = surroundings;
  return withDatabase(surroundings, async (database) => {
    const given = readMasterKeys(environment);
    const masterKey = await resolveMasterKey(database, given, clock.now());
    const context = { database, clock, random, masterKey };
    const step = flags.activate
      ? await activateCollectorKey(context, atTheMachine, flags)
      : await announceCollectorKey(context, atTheMachine, flags.reason);
    const from = formatInstant(step.signsFrom);
    const text =
      step.state === "announced"
        ? `${step.publicKey} is announced to every agent.\nFrom ${from} on let it sign: submeter-collector rotate-collector-key --activate --reason …\n`
        : `${step.publicKey} signs receipts now, in every collector within half a minute.\n`;
    return { answer: { ...step, signsFrom: from }, text };
  });
}
