/**
 * Which bucket an installation belongs to: the first bits of PostgreSQL's own hash of its name. A bucket is then a
 * stretch of the very ring that Citus deals out to shards, so with as many buckets as shards (or more) no transaction of a
 * group ever touches two shards. Alike in every replica.
 */

const encoder = new TextEncoder();

/** `bucketsCount` is a power of two. */
export function bucketOf(installation: string, bucketsCount: number): number {
  const bits = Math.log2(bucketsCount);
  if (!Number.isInteger(bits)) throw new RangeError("the number of buckets is no power of two");
  if (bits === 0) return 0;
  // The ring begins at the smallest signed integer.
  return ((hashOfText(installation) ^ 0x8000_0000) >>> 0) >>> (32 - bits);
}

/** `hashtext` of PostgreSQL: lookup3 by Bob Jenkins (public domain), read little-endian. A signed 32-bit integer. */
export function hashOfText(text: string): number {
  const bytes = encoder.encode(text);
  const state: State = { a: 0, b: 0, c: 0 };
  state.a = state.b = state.c = (0x9e37_79b9 + bytes.length + 3_923_095) | 0;
  let at = 0;
  for (; bytes.length - at >= 12; at += 12) {
    state.a = (state.a + wordAt(bytes, at)) | 0;
    state.b = (state.b + wordAt(bytes, at + 4)) | 0;
    state.c = (state.c + wordAt(bytes, at + 8)) | 0;
    mix(state);
  }
  // The lowest byte of c stands for the length.
  state.a = (state.a + wordAt(bytes, at)) | 0;
  state.b = (state.b + wordAt(bytes, at + 4)) | 0;
  state.c = (state.c + (wordAt(bytes, at + 8) << 8)) | 0;
  finish(state);
  return state.c;
}

type State = { a: number; b: number; c: number };

/** Bytes beyond the end are 0. */
function wordAt(bytes: Uint8Array, at: number): number {
  const byte = (offset: number) => bytes[at + offset] ?? 0;
  return byte(0) | (byte(1) << 8) | (byte(2) << 16) | (byte(3) << 24);
}

function rotated(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

function mix(s: State): void {
  s.a = ((s.a - s.c) | 0) ^ rotated(s.c, 4);
  s.c = (s.c + s.b) | 0;
  s.b = ((s.b - s.a) | 0) ^ rotated(s.a, 6);
  s.a = (s.a + s.c) | 0;
  s.c = ((s.c - s.b) | 0) ^ rotated(s.b, 8);
  s.b = (s.b + s.a) | 0;
  s.a = ((s.a - s.c) | 0) ^ rotated(s.c, 16);
  s.c = (s.c + s.b) | 0;
  s.b = ((s.b - s.a) | 0) ^ rotated(s.a, 19);
  s.a = (s.a + s.c) | 0;
  s.c = ((s.c - s.b) | 0) ^ rotated(s.b, 4);
  s.b = (s.b + s.a) | 0;
}

function finish(s: State): void {
  s.c = ((s.c ^ s.b) - rotated(s.b, 14)) | 0;
  s.a = ((s.a ^ s.c) - rotated(s.c, 11)) | 0;
  s.b = ((s.b ^ s.a) - rotated(s.a, 25)) | 0;
  s.c = ((s.c ^ s.b) - rotated(s.b, 16)) | 0;
  s.a = ((s.a ^ s.c) - rotated(s.c, 4)) | 0;
  s.b = ((s.b ^ s.a) - rotated(s.a, 14)) | 0;
  s.c = ((s.c ^ s.b) - rotated(s.b, 24)) | 0;
}
