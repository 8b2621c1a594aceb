/**
 * Arrays as PostgreSQL sends them itself (array_recv in utils/adt/arrayfuncs.c): for columns of long texts and bytes, which
 * as text would be escaped, or twice as long, and read back character by character. A Buffer goes in as binary.
 */

const typeOids = { bytea: 17, text: 25 };
/** Dimensions, nulls, type; then the one dimension's length and lower bound. */
const headerBytes = 20;

export function byteaArray(values: readonly Uint8Array[]): Buffer {
  return binaryArray(typeOids.bytea, values);
}

export function textArray(values: readonly string[]): Buffer {
  return binaryArray(
    typeOids.text,
    values.map((value) => Buffer.from(value)),
  );
}

function binaryArray(typeOid: number, values: readonly Uint8Array[]): Buffer {
  const bytes = values.reduce((sum, value) => sum + 4 + value.length, headerBytes);
  const array = Buffer.allocUnsafe(bytes);
  let at = 0;
  for (const word of [1, 0, typeOid, values.length, 1]) at = array.writeInt32BE(word, at);
  for (const value of values) {
    at = array.writeInt32BE(value.length, at);
    array.set(value, at);
    at += value.length;
  }
  return array;
}
