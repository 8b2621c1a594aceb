/** `POST /v1/metrics`. What reads it is loaded with the first request: it takes memory, and most products count in other ways. */

import type { Route } from "../route.ts";
import type { MetricsParts } from "./answer-metrics.ts";

export function otlpRoute(parts: MetricsParts): Route {
  return {
    method: "POST",
    mediaTypes: ["application/x-protobuf", "application/json"],
    gzip: true,
    run: async ({ mediaType, body }) => {
      const { answerMetrics } = await import("./answer-metrics.ts");
      return answerMetrics(parts, mediaType, body);
    },
  };
}
