/** What leaves and comes back as files where nothing may be sent: the same bundles and answers as over the network. */

import { bundleLinesMax, bundleMediaType } from "@submeter/shared/wire/bundle";
import type { Clock } from "@submeter/shared/time/clock";
import type { HmacKey } from "@submeter/shared/wire/key";
import type { Delivery } from "../delivery/deliver.ts";
import { bundleMessage } from "../delivery/messages.ts";
import type { Journal } from "../journal/journal.ts";
import { type Routes, jsonRoute } from "./route.ts";

export type Exported = {
  /** The reports in the bundle, in order. */
  readonly reports: readonly { readonly journal: string; readonly sequence: number }[];
  /** The bundle, gzipped, in base64. */
  readonly bundle: string;
};

export type AirGapParts = {
  readonly journal: Journal;
  readonly key: HmacKey;
  readonly clock: Clock;
  readonly delivery: Delivery;
};

export function airGapRoutes({ journal, key, clock, delivery }: AirGapParts): Routes {
  return {
    "/v1/export": jsonRoute("GET", async (): Promise<Exported> => {
      // Nothing moves before the receipts of what is in the file are imported.
      const waiting = journal.reports.waiting(bundleLinesMax);
      const { sent, body } = await bundleMessage(key, waiting, clock.now());
      return {
        reports: sent.map(({ journal, sequence }) => ({ journal, sequence })),
        bundle: Buffer.from(body).toString("base64"),
      };
    }),
    "/v1/receipts": {
      method: "POST",
      mediaTypes: [bundleMediaType],
      gzip: true,
      run: ({ body }) => ({ status: 200, json: delivery.importAnswers(body) }),
    },
  };
}
