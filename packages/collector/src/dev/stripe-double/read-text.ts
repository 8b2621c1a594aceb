/** Reads a request's body up to a bound. */

import type { IncomingMessage } from "node:http";

export const bodyBytesMax = 2 * 1024 * 1024;

/** UTF-8 text of the whole body; null when it is larger than {@link bodyBytesMax}. */
export async function readText(incoming: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
