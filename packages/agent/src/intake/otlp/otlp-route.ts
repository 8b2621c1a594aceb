/** `POST /v1/metrics`. What reads it is loaded with the first request: it takes memory, and most products count in other ways. */

import type { Route } from "../route.ts";
import type { MetricsParts } from "./answer-metrics.ts";

/** An SDK exports all of its streams at once: 20,000 of them in JSON, which no exporter splits, nor sends again after a 413. */
const bodyBytesMax = 16 * 1024 * 1024;

export function otlpRoute(parts: MetricsParts): Route {
  return {
    method: "POST",
    mediaTypes: ["application/x-protobuf", "application/json"],
    gzip: true,
    bodyBytesMax,
    run: async ({ mediaType, body }) => {
      const { answerMetrics } = await import("./answer-metrics.ts");
      return answerMetrics(parts, mediaType, body);
    },
  };
}
