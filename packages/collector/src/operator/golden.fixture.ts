/** Golden files: what a person reads, kept as it was approved. `UPDATE_GOLDEN=1` writes them anew. */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "vitest";

const folder = join(import.meta.dirname, "golden");

export function expectGolden(name: string, text: string): void {
  const path = join(folder, `${name}.txt`);
  if (process.env["UPDATE_GOLDEN"] === "1") {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return;
  }
  expect(text, `${path} differs; UPDATE_GOLDEN=1 writes it anew`).toBe(readFileSync(path, "utf8"));
}
