/** Golden files: what the code printed when somebody last looked. `UPDATE_GOLDEN=1` writes them anew; diffs are reviewed. */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";

const updating = process.env["UPDATE_GOLDEN"] === "1";

/** `directory` is the test's `import.meta.url`, or a URL beside it; `name` is relative to it. */
export function expectGolden(base: string | URL, name: string, made: string): void {
  const path = fileURLToPath(new URL(name, base));
  if (updating) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, made);
  }
  expect(made).toBe(readFileSync(path, "utf8"));
}

/** As {@link expectGolden}, for the part of a page between two lines, neither of which belongs to it. */
export function expectGoldenPart(
  base: string | URL,
  name: string,
  between: { begin: string; end: string },
  made: string,
): void {
  const path = fileURLToPath(new URL(name, base));
  const page = readFileSync(path, "utf8");
  const from = page.indexOf(between.begin) + between.begin.length;
  const to = page.indexOf(between.end, from);
  expect(page.indexOf(between.begin), `${name} has the line ${between.begin}`).not.toBe(-1);
  expect(to, `${name} has the line ${between.end}`).not.toBe(-1);
  if (updating) writeFileSync(path, page.slice(0, from) + made + page.slice(to));
  else expect(page.slice(from, to)).toBe(made);
}
