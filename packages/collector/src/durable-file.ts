/** Files that are there after a power cut too: their bytes, and the names that lead to them. */

import { open, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/** What the disk has not been told is lost with the power: a name is in its folder only once that is synced. */
export async function renameDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncNames(dirname(to));
}

/** The old file or the new one, never a part. */
export async function writeDurably(path: string, text: string): Promise<void> {
  const partial = `${path}.partial`;
  try {
    await writeFile(partial, text, { flush: true });
    await renameDurably(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** Which files there are in a folder is sure after this. */
export async function syncNames(folder: string): Promise<void> {
  const directory = await open(folder, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
