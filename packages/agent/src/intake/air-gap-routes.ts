/** What leaves and comes back as files where nothing may be sent: the same bundles and answers as over the network. */

import { bundleMediaType } from "@submeter/shared/wire/bundle";
import type { Delivery } from "../delivery/deliver.ts";
import { type Routes, jsonRoute } from "./route.ts";

export type Exported = {
  /** The reports in the bundle, in order. */
  readonly reports: readonly { readonly journal: string; readonly sequence: number }[];
  /** The bundle, gzipped, in base64. */
  readonly bundle: string;
};

export function airGapRoutes(delivery: Delivery): Routes {
  return {
    "/v1/export": jsonRoute("GET", async (): Promise<Exported> => {
      const { sent, bytes } = await delivery.export();
      return {
        reports: sent.map(({ journal, sequence }) => ({ journal, sequence })),
        bundle: Buffer.from(bytes).toString("base64"),
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
