/** Signatures by the Standard Webhooks specification, version 1.0.0: HMAC-SHA-256 over `id.timestamp.body`. */

import { createHmac } from "node:crypto";
import type { Instant } from "@submeter/shared/time/instant";

/** As the specification recommends: 24 to 64 bytes. */
export const secretLength = 32;
const prefix = "whsec_";

/** The text that a receiver is given. */
export function secretText(secret: Uint8Array): string {
  return prefix + Buffer.from(secret).toString("base64");
}

export function secretBytes(text: string): Uint8Array {
  const encoded = text.startsWith(prefix) ? text.slice(prefix.length) : text;
  return Uint8Array.from(Buffer.from(encoded, "base64"));
}

/** Several secrets sign while one is replaced by another: a receiver accepts what any of its own has signed. */
export function webhookHeaders(
  secrets: readonly Uint8Array[],
  message: { id: string; at: Instant; body: string },
): Record<string, string> {
  const { id, at, body } = message;
  const signatures = secrets.map((secret) => {
    const mac = createHmac("sha256", secret).update(`${id}.${at}.${body}`, "utf8");
    return `v1,${mac.digest("base64")}`;
  });
  return {
    "webhook-id": id,
    "webhook-timestamp": String(at),
    "webhook-signature": signatures.join(" "),
  };
}
