/** The licences of everything that others wrote and that is inside the folder, as those licences ask for. */

import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Metafile } from "esbuild";

const rule = "=".repeat(80);

const head = `This program contains the following packages under their own licences. The SQLite library inside of
better-sqlite3 is in the public domain.
`;

/** `folder`: what the bundle's input paths are relative to. */
export async function noticesOf(folder: string, metafile: Metafile): Promise<string> {
  const inputs = Map.groupBy(Object.keys(metafile.inputs), packageOf);
  const notices: string[] = [];
  for (const [path, files] of inputs) {
    if (path !== null) notices.push(await noticeOf(folder, join(folder, path), files));
  }
  return `${head}\n${[...new Set(notices)].toSorted().join("\n")}`;
}

/** Null for our own sources. */
function packageOf(path: string): string | null {
  return /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? null;
}

async function noticeOf(folder: string, path: string, inputs: string[]): Promise<string> {
  const { name, version, license } = JSON.parse(
    await readFile(join(path, "package.json"), "utf8"),
  ) as { name: string; version: string; license: string };
  const names = (await readdir(path)).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file));
  const texts =
    names.length > 0
      ? await Promise.all(names.map((file) => readFile(join(path, file), "utf8")))
      : await headersOf(inputs.map((file) => join(folder, file)));
  const lines = [rule, `${name} ${version} (${license})`, ...texts.map((text) => text.trim()), ""];
  return lines.join("\n\n");
}

/** Where a package has no such file, what its sources say of it themselves. */
async function headersOf(files: readonly string[]): Promise<string[]> {
  const headers = await Promise.all(
    files
      .filter((file) => /\.[cm]?js$/.test(file))
      .map(async (file) => /^(?:\/\/.*\n)+/.exec(await readFile(file, "utf8"))?.[0] ?? ""),
  );
  return [...new Set(headers)].filter((text) => text.includes("Copyright"));
}
