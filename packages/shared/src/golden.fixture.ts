/** Golden files: what the code printed when somebody last looked. `UPDATE_GOLDEN=1` writes them anew; diffs are reviewed. */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const updating = process.env["UPDATE_GOLDEN"] === "1";

/** What the file holds, after it was written anew if that is asked. `base` is the test's `import.meta.url`. */
export function golden(base: string | URL, name: string, made: string): string {
  const path = fileURLToPath(new URL(name, base));
  if (updating) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, made);
  }
  return readFileSync(path, "utf8");
}

/** As {@link golden}, for the part of a page between two lines, which do not belong to it. */
export function goldenPart(
  base: string | URL,
  name: string,
  between: { begin: string; end: string },
  made: string,
): string {
  const path = fileURLToPath(new URL(name, base));
  const page = readFileSync(path, "utf8");
  const from = page.indexOf(between.begin) + between.begin.length;
  const to = page.indexOf(between.end, from);
  if (from < between.begin.length || to < 0) {
    throw new RangeError(`${name} lacks the line ${between.begin} or ${between.end}`);
  }
  if (!updating) return page.slice(from, to);
  writeFileSync(path, page.slice(0, from) + made + page.slice(to));
  return made;
}
