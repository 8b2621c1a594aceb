/** What the commands that deliver are answered: what was sealed, what became of it, and how things stand. */

import type { DeliveryResult } from "../delivery/delivery-event.ts";
import type { SealedReport } from "../journal/reports-table.ts";
import type { AgentStatus } from "../status.ts";

export type Flush = {
  readonly sealed: readonly { journal: string; sequence: number; digest: string; bytes: number }[];
  readonly delivery: DeliveryResult;
  readonly status: AgentStatus;
};

type Delivering = {
  readonly deliverNow: () => Promise<DeliveryResult>;
  readonly status: () => AgentStatus;
};

/** Delivers what waits, and says what was sealed before and how things stand after. */
export async function delivered(
  { deliverNow, status }: Delivering,
  sealed: readonly SealedReport[],
): Promise<Flush> {
  return {
    sealed: sealed.map(({ journal: name, sequence, digest, body }) => ({
      journal: name,
      sequence,
      digest,
      bytes: body.length,
    })),
    delivery: await deliverNow(),
    status: status(),
  };
}
