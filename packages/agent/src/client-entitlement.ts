/** A Node product's question whether it may go on. It never throws: where nobody can answer, the answer is `unknown`. */

import { request } from "node:http";
import { json } from "node:stream/consumers";
import type { EntitlementReason, EntitlementStatus } from "@submeter/shared/entitlements/decide";

export type Entitlement = {
  readonly meter: string;
  readonly status: EntitlementStatus;
  /** `agent_unreachable`: no agent answered in time; another code is the agent's. */
  readonly reason: EntitlementReason | "agent_unreachable" | (string & {});
  /** Decimal text in the meter's unit. */
  readonly remaining: string | null;
  /** Under `throttle`: the pace to keep, such as `1/min`. */
  readonly rate: string | null;
  readonly resets_at: string | null;
  /** How old the vendor's word is; null without one. */
  readonly staleness_seconds: number | null;
};

export type EntitlementQuestion = {
  readonly url: string;
  readonly socketPath: string | undefined;
  readonly token: string | undefined;
};

/** On loopback a product should not wait for longer, whatever the agent does. */
const timeoutMs = 1000;

export async function askEntitlement(
  question: EntitlementQuestion,
  meter: string,
): Promise<Entitlement> {
  try {
    const { status, body } = await answerTo(question, meter);
    return status === 200 ? (body as Entitlement) : unknown(meter, codeOf(body, status));
  } catch {
    return unknown(meter, "agent_unreachable");
  }
}

function answerTo(
  { url, socketPath, token }: EntitlementQuestion,
  meter: string,
): Promise<{ status: number; body: unknown }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: unknown }>();
  const sent = request(
    new URL(`/v1/entitlements/${encodeURIComponent(meter)}`, url),
    {
      timeout: timeoutMs,
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      ...(socketPath === undefined ? {} : { socketPath }),
    },
    (response) => {
      json(response).then((body) => {
        resolve({ status: response.statusCode ?? 0, body });
      }, reject);
    },
  );
  sent.on("error", reject);
  sent.on("timeout", () => sent.destroy(new Error("no answer in time")));
  sent.end();
  return promise;
}

function unknown(meter: string, reason: string): Entitlement {
  return {
    meter,
    status: "unknown",
    reason,
    remaining: null,
    rate: null,
    resets_at: null,
    staleness_seconds: null,
  };
}

function codeOf(body: unknown, status: number): string {
  return (body as { code?: string } | null)?.code ?? `http_${status}`;
}
