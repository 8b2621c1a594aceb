/**
 * Takes the last transaction out of SQLite's write-ahead log. A commit whose fsync failed was refused to the product, which
 * sends it again; but its frames lie in the log, and the next start would take them for committed and count them twice.
 * SQLite's file format, section 4: the write-ahead log.
 */

import { closeSync, fstatSync, ftruncateSync, fsyncSync, openSync, readSync } from "node:fs";

const headerBytes = 32;
const frameHeaderBytes = 24;
/** The last bit says how the words that are summed are stored. */
const magic = 0x377f0682;

/** Where the log can no longer be written, what a restart finds is up to the disk. */
export function withdrawLastCommit(journalPath: string): void {
  let log: number | null = null;
  try {
    log = openSync(`${journalPath}-wal`, "r+");
    const ends = commitEnds(log);
    if (ends.length === 0) return;
    ftruncateSync(log, ends.at(-2) ?? headerBytes);
    fsyncSync(log);
  } catch {
    // The journal has failed already, and says so.
  } finally {
    if (log !== null) closeSync(log);
  }
}

/** Where each valid transaction ends, in bytes: as SQLite itself would read the log after a crash. */
function commitEnds(log: number): number[] {
  const size = fstatSync(log).size;
  const header = Buffer.alloc(headerBytes);
  if (readSync(log, header, 0, headerBytes, 0) < headerBytes) return [];
  const word = header.readUInt32BE(0);
  if ((word & ~1) >>> 0 !== magic) return [];
  const littleEndian = (word & 1) === 0;
  const frame = Buffer.alloc(frameHeaderBytes + header.readUInt32BE(8));
  let sum = checksum([0, 0], header.subarray(0, 24), littleEndian);
  const ends: number[] = [];
  for (let at = headerBytes; at + frame.length <= size; at += frame.length) {
    readSync(log, frame, 0, frame.length, at);
    if (!frame.subarray(8, 16).equals(header.subarray(16, 24))) break;
    sum = checksum(sum, frame.subarray(0, 8), littleEndian);
    sum = checksum(sum, frame.subarray(frameHeaderBytes), littleEndian);
    if (frame.readUInt32BE(16) !== sum[0] || frame.readUInt32BE(20) !== sum[1]) break;
    // A frame that ends a transaction says how many pages the database has after it.
    if (frame.readUInt32BE(4) > 0) ends.push(at + frame.length);
  }
  return ends;
}

type Sum = readonly [number, number];

function checksum([first, second]: Sum, bytes: Buffer, littleEndian: boolean): Sum {
  let [a, b] = [first, second];
  for (let at = 0; at < bytes.length; at += 8) {
    a = (a + (littleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at)) + b) >>> 0;
    b = (b + (littleEndian ? bytes.readUInt32LE(at + 4) : bytes.readUInt32BE(at + 4)) + a) >>> 0;
  }
  return [a, b];
}
