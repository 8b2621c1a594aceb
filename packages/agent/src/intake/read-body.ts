/** Reads a request's body up to a bound. What exceeds it is not kept. */

import type { IncomingMessage } from "node:http";

export type Body =
  | { readonly kind: "body"; readonly bytes: Uint8Array }
  | { readonly kind: "too_large" }
  | { readonly kind: "aborted" };

/** So far a body that is too large is still read to its end, as who is cut off while sending never sees the answer. */
const drainedBytesMax = 32 * 1024 * 1024;

export function readBody(request: IncomingMessage, bytesMax: number): Promise<Body> {
  return new Promise((resolve) => {
    let parts: Buffer[] = [];
    let size = 0;
    request.on("data", (part: Buffer) => {
      size += part.length;
      if (size <= bytesMax) parts.push(part);
      else parts = [];
      if (size > drainedBytesMax) {
        request.pause();
        resolve({ kind: "too_large" });
      }
    });
    request.on("end", () => {
      resolve(size > bytesMax ? { kind: "too_large" } : { kind: "body", bytes: joined(parts) });
    });
    // Both come after "end" too, when they no longer mean anything.
    request.on("error", () => {
      resolve({ kind: "aborted" });
    });
    request.on("close", () => {
      resolve({ kind: "aborted" });
    });
  });
}

function joined(parts: readonly Buffer[]): Uint8Array {
  const [first] = parts;
  return parts.length === 1 && first !== undefined ? first : Buffer.concat(parts);
}
