/** Documents as bytes: texts and their digests, and the gzip of frozen inputs. */

import { gunzipSync, gzipSync } from "node:zlib";
import { digestHex } from "@submeter/shared/wire/digest";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function textDigest(text: string): string {
  return digestHex(encoder.encode(text));
}

export function textOf(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** What is digested and compared is the bytes inside, never the gzip around them. */
export function compressed(bytes: Uint8Array): Uint8Array {
  return gzipSync(bytes, { level: 9 });
}

export function decompressed(bytes: Uint8Array): Uint8Array {
  return gunzipSync(bytes);
}
