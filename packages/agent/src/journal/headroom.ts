/**
 * Room on the disk that is kept for delivery. A file takes it up while all is well; when the disk is full the file goes, and what
 * is sealed can still be sent and its receipts written. Counting goes on only once the room is kept again.
 */

import { rmSync, statSync, statfsSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";

const fileName = "headroom";
export const headroomBytesMost = 32 * 1024 * 1024;
/** A small volume keeps this part of itself. */
const partOfVolume = 8;
const chunkBytes = 1024 * 1024;

/** `filling`: there is room, and it is being taken up. */
export type HeadroomState = "kept" | "filling" | "missing";

export class Headroom {
  readonly #path: string;
  readonly #directory: string;
  readonly #bytes: number;
  #state: HeadroomState;
  #filling: Promise<void> = Promise.resolve();
  #closed = false;

  /** `bytes`: at most; 0 keeps none. */
  constructor(directory: string, bytes = headroomBytesMost) {
    this.#directory = directory;
    this.#path = join(directory, fileName);
    this.#bytes = Math.min(bytes, Math.floor(volumeBytes(directory) / partOfVolume));
    this.#state = sizeOf(this.#path) >= this.#bytes ? "kept" : "missing";
    this.keep();
  }

  get state(): HeadroomState {
    return this.#state;
  }

  /** Takes the room up again where there is enough; called every second. */
  keep(): void {
    if (this.#state !== "missing" || this.#closed) return;
    // As much again must be left, or counting would stop with its first commit.
    if (freeBytes(this.#directory) < this.#bytes * 2 - sizeOf(this.#path)) return;
    this.#state = "filling";
    this.#filling = this.#fill();
  }

  /** The disk is full. */
  release(): void {
    if (this.#bytes === 0) return;
    this.#state = "missing";
    rmSync(this.#path, { force: true });
  }

  /** Resolves when nothing is being written any more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#filling;
  }

  async #fill(): Promise<void> {
    const isWanted = () => this.#state === "filling" && !this.#closed;
    try {
      const file = await open(this.#path, "w", 0o600);
      try {
        const zeros = Buffer.alloc(chunkBytes);
        for (let left = this.#bytes; left > 0 && isWanted(); left -= chunkBytes) {
          await file.write(zeros, 0, Math.min(left, chunkBytes));
        }
        await file.sync();
      } finally {
        await file.close();
      }
      if (isWanted()) this.#state = "kept";
      else if (!this.#closed) this.release();
    } catch {
      this.release();
    }
  }
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}

function freeBytes(directory: string): number {
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize;
}

function volumeBytes(directory: string): number {
  const { blocks, bsize } = statfsSync(directory);
  return blocks * bsize;
}
