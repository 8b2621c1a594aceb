/** `submeter-collector rotate-master-key`: the new master key seals, and what the old one sealed is sealed anew. */

import { rotateMasterKey } from "../fleet/rotate-master-key.ts";
import { readMasterKeys } from "../config.ts";
import { atTheMachine, type Surroundings, type Told, withDatabase } from "./maintenance.ts";
import { progressOn } from "./progress.ts";

export async function rotateMasterKeyCommand(
  surroundings: Surroundings,
  { reason }: { reason: string },
): Promise<Told> {
  const { clock, random, screen, environment } = surroundings;
  const given = readMasterKeys(environment);
  const progress = progressOn(screen, "sealing anew");
  const rotated = await withDatabase(surroundings, (database) =>
    rotateMasterKey({
      database,
      clock,
      random,
      given,
      actor: atTheMachine,
      reason,
      onProgress: progress.show,
    }),
  ).finally(progress.end);
  const done =
    rotated.sealed === 0
      ? `master key ${rotated.to} seals everything already`
      : `master key ${rotated.to} seals everything now; ${rotated.sealed} secrets were sealed anew`;
  return {
    answer: rotated,
    text: `${done}\nStart every collector with SUBMETER_MASTER_KEY alone, then destroy the key before it. Backups from before need it.\n`,
  };
}
