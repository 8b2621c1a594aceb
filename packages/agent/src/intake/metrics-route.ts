/** `GET /metrics`: for Prometheus, which brings the token where one is set. */

import { type MetricsParts, agentMetrics } from "../metrics/agent-metrics.ts";
import { expositionMediaType, expositionText } from "../metrics/exposition.ts";
import { type Routes, jsonOnly } from "./route.ts";

export function metricsRoute(parts: MetricsParts): Routes {
  return {
    "/metrics": {
      method: "GET",
      mediaTypes: jsonOnly,
      gzip: false,
      run: () => ({
        status: 200,
        mediaType: expositionMediaType,
        bytes: Buffer.from(expositionText(agentMetrics(parts))),
      }),
    },
  };
}
