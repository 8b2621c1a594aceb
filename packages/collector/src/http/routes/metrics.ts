/** `/metrics`, for Prometheus, with an operator's token: it tells how much business there is. */

import { operators } from "../api/access.ts";
import type { ApiRoutes } from "../api/operation.ts";
import type { Metrics } from "../metrics.ts";
import { textShape } from "../shapes/shape.ts";

export function metricsRoutes(metrics: Metrics): ApiRoutes {
  return (api) => {
    api.get(
      "/metrics",
      {
        summary: "Show metrics in the Prometheus text format",
        tag: "development",
        access: operators("read-only"),
        answer: textShape,
        media: "text/plain",
      },
      async (_request, reply) => {
        void reply.type(metrics.contentType);
        return metrics.text();
      },
    );
  };
}
