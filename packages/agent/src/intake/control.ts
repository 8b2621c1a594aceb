/** What the agent's own commands ask of it, over the same guarded server as usage. */

import type { Clock } from "@submeter/shared/time/clock";
import type { CollectorKnowledge } from "../delivery/collector-knowledge.ts";
import type { DeliveryResult } from "../delivery/delivery-event.ts";
import type { Journal } from "../journal/journal.ts";
import type { SealedReport } from "../journal/reports-table.ts";
import type { Sealer } from "../sealing/seal.ts";
import type { AgentStatus } from "../status.ts";
import { type Flush, delivered } from "./flushed.ts";
import { archiveRoutes } from "./archive-routes.ts";
import { holdRoutes } from "./hold-routes.ts";
import { pauseRoutes } from "./pause-routes.ts";
import { type Routes, jsonRoute } from "./route.ts";

type ControlParts = {
  readonly status: () => AgentStatus;
  readonly sealNow: () => SealedReport[];
  readonly retire: () => Promise<SealedReport[]>;
  readonly deliverNow: () => Promise<DeliveryResult>;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly knowledge: CollectorKnowledge;
};

/** `text` is the exact bytes of the document, which are UTF-8. */
export type Preview = { readonly reports: readonly PreviewedReport[] };
export type PreviewedReport = {
  readonly sequence: number;
  readonly digest: string;
  readonly text: string;
};

export function controlRoutes(parts: ControlParts): Routes {
  const { status, sealNow, retire, sealer, clock, journal, knowledge } = parts;
  // After the final report nothing is sealed, but what waits can still be delivered.
  const flush = (): Promise<Flush> => delivered(parts, sealer.identity.final ? [] : sealNow());
  return {
    "/v1/status": jsonRoute("GET", status),
    "/v1/preview": jsonRoute("GET", (): Preview => ({
      reports: sealer.preview(clock.now()).map(previewed),
    })),
    "/v1/flush": jsonRoute("POST", flush),
    "/v1/retire": jsonRoute("POST", async () => delivered(parts, await retire())),
    "/v1/trust": jsonRoute("POST", () => {
      try {
        journal.write(() => {
          knowledge.forgetPins();
        });
      } catch (error) {
        // Whom the file still trusts must not be forgotten until the next start alone.
        knowledge.reload();
        throw error;
      }
      return delivered(parts, []);
    }),
    "/v1/retry": jsonRoute("POST", () => {
      journal.write(() => journal.reports.unpark());
      return delivered(parts, []);
    }),
    ...archiveRoutes(journal),
    ...pauseRoutes({ journal, clock, flush }),
    ...holdRoutes({ journal, clock, deliver: () => delivered(parts, []) }),
  };
}

function previewed(report: {
  sequence: number;
  digest: string;
  body: Uint8Array;
}): PreviewedReport {
  const { sequence, digest, body } = report;
  return { sequence, digest, text: Buffer.from(body).toString("utf8") };
}
