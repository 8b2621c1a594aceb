/** The official SDK, set up so that our own loop owns every retry. */

import { Stripe } from "stripe";

export type StripeClientOptions = {
  /** Never logged, never part of an error. */
  readonly secretKey: string;
  /** Another base than Stripe's own, such as the double's; null for api.stripe.com. */
  readonly url: string | null;
  readonly timeoutMs: number;
};

export const stripeTimeoutMs = 20_000;

/**
 * No retries inside the SDK: an unknown outcome must be answered by looking at what Stripe holds, which only our loop
 * can do. (The SDK still repeats a request once, under the same key, when a kept-alive connection was closed.)
 */
export function stripeClient(options: StripeClientOptions): Stripe {
  return new Stripe(options.secretKey, {
    apiVersion: "2026-10-28.endive",
    maxNetworkRetries: 0,
    timeout: options.timeoutMs,
    telemetry: false,
    ...(options.url === null ? {} : address(new URL(options.url))),
  });
}

function address(url: URL): { host: string; port: number; protocol: "http" | "https" } {
  const protocol = url.protocol === "https:" ? "https" : "http";
  const port = url.port === "" ? (protocol === "https" ? 443 : 80) : Number(url.port);
  return { host: url.hostname, port, protocol };
}
