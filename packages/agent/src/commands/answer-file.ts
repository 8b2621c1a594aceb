/** Reads an answer file as far as it is whole: each of its lines is signed by itself, so that a part of it is as good as that part. */

import { readFileSync } from "node:fs";
import { constants, gunzipSync } from "node:zlib";
import { SubmeterError } from "@submeter/shared/errors/submeter-error";

const inflatedBytesMax = 8 * 1024 * 1024;
const lineFeed = 0x0a;

export type AnswerFile = {
  /** Inflated where it begins with gzip's magic bytes. */
  readonly bytes: Uint8Array;
  /** It ends in the middle of a line, or of its compression. */
  readonly isCut: boolean;
};

/** Throws `file_unreadable`, `answer_damaged`. */
export function readAnswerFile(path: string): AnswerFile {
  const file = bytesOf(path);
  const isGzip = file[0] === 0x1f && file[1] === 0x8b;
  const { bytes, isCut } = isGzip ? inflated(path, file) : { bytes: file, isCut: false };
  return { bytes, isCut: isCut || (bytes.length > 0 && bytes.at(-1) !== lineFeed) };
}

function bytesOf(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new SubmeterError(
      "file_unreadable",
      `${path} cannot be read (${code ?? String(error)})`,
      "name the answer file as the vendor gave it",
      { cause: error },
    );
  }
}

function inflated(path: string, file: Uint8Array): AnswerFile {
  try {
    return { bytes: gunzipSync(file, { maxOutputLength: inflatedBytesMax }), isCut: false };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // What it was cut behind is still there.
    if (code === "Z_BUF_ERROR") return { bytes: inflatedSoFar(path, file), isCut: true };
    throw damaged(path, error);
  }
}

function inflatedSoFar(path: string, file: Uint8Array): Uint8Array {
  try {
    const finishFlush = constants.Z_SYNC_FLUSH;
    return gunzipSync(file, { finishFlush, maxOutputLength: inflatedBytesMax });
  } catch (error) {
    throw damaged(path, error);
  }
}

function damaged(path: string, error: unknown): SubmeterError {
  const { code } = error as NodeJS.ErrnoException;
  return new SubmeterError(
    "answer_damaged",
    `${path} is no whole answer file (${code ?? String(error)}): nothing of it was taken`,
    "copy it again and import it once more; what was taken before is not taken twice",
    { cause: error },
  );
}
