/** Reads a request's body up to a bound, and all that are read at once up to another. What exceeds them is not kept. */

import type { IncomingMessage } from "node:http";

export type Body =
  | { readonly kind: "body"; readonly bytes: Uint8Array }
  | { readonly kind: "too_large" }
  /** No room was left beside the others. */
  | { readonly kind: "crowded" }
  | { readonly kind: "aborted" };

/** So far a body that is too large is still read to its end, as who is cut off while sending never sees the answer. */
const drainedBytesMax = 32 * 1024 * 1024;

/** Bytes of bodies that are on their way. Thousands of callers may each send a large one, and slowly. */
export class BodyRoom {
  #left: number;

  constructor(bytesMax: number) {
    this.#left = bytesMax;
  }

  take(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.#left += bytes;
  }
}

/** Of all places together: a hundred times what a busy product has on its way. */
const bodyRoom = new BodyRoom(128 * 1024 * 1024);

export function readBody(
  request: IncomingMessage,
  bytesMax: number,
  room = bodyRoom,
): Promise<Body> {
  return new Promise((resolve) => {
    let parts: Buffer[] = [];
    let size = 0;
    let held = 0;
    let isCrowded = false;
    const letGo = (): void => {
      room.giveBack(held);
      held = 0;
      parts = [];
    };
    const done = (body: Body): void => {
      letGo();
      resolve(body);
    };
    request.on("data", (part: Buffer) => {
      size += part.length;
      if (isCrowded || size > bytesMax) letGo();
      else if (room.take(part.length)) {
        held += part.length;
        parts.push(part);
      } else {
        isCrowded = true;
        letGo();
      }
      if (size > drainedBytesMax) {
        request.pause();
        done({ kind: "too_large" });
      }
    });
    request.on("end", () => {
      if (size > bytesMax) done({ kind: "too_large" });
      else done(isCrowded ? { kind: "crowded" } : { kind: "body", bytes: joined(parts) });
    });
    // Both come after "end" too, when they no longer mean anything.
    request.on("error", () => {
      done({ kind: "aborted" });
    });
    request.on("close", () => {
      done({ kind: "aborted" });
    });
  });
}

function joined(parts: readonly Buffer[]): Uint8Array {
  const [first] = parts;
  return parts.length === 1 && first !== undefined ? first : Buffer.concat(parts);
}
