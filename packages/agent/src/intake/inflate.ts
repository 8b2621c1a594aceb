/** Inflates a gzipped body up to a bound: a few bytes can stand for gigabytes. */

import { gunzip } from "node:zlib";

export type Inflated =
  | { readonly kind: "body"; readonly bytes: Uint8Array }
  | { readonly kind: "too_large" }
  | { readonly kind: "malformed" };

export function inflated(bytes: Uint8Array, bytesMax: number): Promise<Inflated> {
  return new Promise((resolve) => {
    gunzip(bytes, { maxOutputLength: bytesMax }, (error, result) => {
      if (error === null) resolve({ kind: "body", bytes: result });
      else {
        const { code } = error as NodeJS.ErrnoException;
        resolve({ kind: code === "ERR_BUFFER_TOO_LARGE" ? "too_large" : "malformed" });
      }
    });
  });
}
