/** House rules that a compiler cannot hold: who may import whom, and what may be called where. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve, dirname } from "node:path";
import { describe, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");

type Source = { path: string; text: string; lines: string[] };

function sourcesUnder(folder: string): Source[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".d.ts"))
    .filter((path) => !/(^|\/)(node_modules|dist)\//.test(path))
    .map((path) => {
      const text = readFileSync(join(root, folder, path), "utf8");
      return { path: join(folder, path), text, lines: text.split("\n") };
    });
}

const folders = ["packages", "deploy", "test", "scripts"];
const all = folders.filter((folder) => existsSync(join(root, folder))).flatMap(sourcesUnder);
const isTest = ({ path }: Source) => /\.(test|fixture)\.ts$/.test(path);
const product = all.filter((source) => source.path.startsWith("packages/") && !isTest(source));

/** Each folder may import the ones after it, never the ones before. */
const layers: Record<string, string[][]> = {
  "packages/agent/src": [
    ["cli.ts"],
    ["verbs"],
    ["commands"],
    ["agent.ts"],
    ["intake", "delivery"],
    ["sealing"],
    ["counting"],
    ["journal"],
    ["config.ts"],
  ],
  "packages/collector/src": [
    ["cli.ts"],
    ["commands"],
    ["collector.ts"],
    ["dev", "http"],
    ["evidence", "backup"],
    ["ingest", "billing"],
    ["events"],
    ["fleet"],
    ["stripe", "store"],
    ["config.ts"],
  ],
};

/** A call that has one home, and what to use instead elsewhere. */
const bannedCalls = [
  {
    call: /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(/,
    instead: "the clock (packages/shared/src/time/clock.ts)",
    homes: [/system-clock\.ts$/, /cli\.ts$/],
  },
  {
    call: /\bMath\.random\(|\brandomUUID\(|\brandomBytes\(/,
    instead: "randomness and ids that are passed in",
    homes: [/cli\.ts$/, /system-random\.ts$/],
  },
  { call: /\bprocess\.env\b/, instead: "config.ts", homes: [/config\.ts$/, /cli\.ts$/] },
  {
    call: /\bparseFloat\(|\.toFixed\(/,
    instead: "decimals (packages/shared/src/numbers/decimal.ts)",
    homes: [],
  },
  {
    call: /\brename\(/,
    instead:
      "renameDurably (packages/collector/src/durable-file.ts): a name is lost without its folder's sync",
    homes: [/durable-file\.ts$/],
  },
  { call: /\bconsole\./, instead: "the logger, or a command's output", homes: [] },
];

describe("the house is tidy", () => {
  test.each(bannedCalls)("$call is called only at home; elsewhere use $instead", (rule) => {
    const found = product
      .filter(({ path }) => !rule.homes.some((home) => home.test(path)))
      .flatMap(({ path, lines }) =>
        lines.flatMap((line, index) =>
          rule.call.test(line) && !/^\s*(\*|\/\/|\/\*\*)/.test(line)
            ? [`${path}:${index + 1}`]
            : [],
        ),
      );
    expect(found).toEqual([]);
  });

  test.each(Object.keys(layers))("imports in %s point one way", (base) => {
    const order = layers[base] ?? [];
    const rankOf = (path: string) => {
      const [first] = relative(base, path).split("/");
      const rank = order.findIndex((names) => names.includes(first ?? ""));
      return rank === -1 ? null : rank;
    };
    const upward = product
      .filter(({ path }) => path.startsWith(base))
      .flatMap(({ path, text }) =>
        [...text.matchAll(/from "(\.{1,2}\/[^"]+)"/g)].flatMap(([, target]) => {
          const imported = relative(root, resolve(root, dirname(path), target ?? ""));
          const [from, to] = [rankOf(path), rankOf(imported)];
          return from !== null && to !== null && to < from ? [`${path} -> ${imported}`] : [];
        }),
      );
    expect(upward).toEqual([]);
  });

  test("shared is pure: only wire/ed25519.ts and wire/sha256.ts use node:crypto, nothing else of the host", () => {
    const impure = product
      .filter(({ path }) => path.startsWith("packages/shared/"))
      .filter(({ path }) => !/wire\/(ed25519|sha256)\.ts$/.test(path))
      .filter(({ text }) => /from "node:/.test(text))
      .map(({ path }) => path);
    expect(impure).toEqual([]);
  });

  test("agent and collector never import each other", () => {
    const crossing = product
      .filter(
        ({ path, text }) =>
          (path.startsWith("packages/agent/") && /@submeter\/collector|\/collector\//.test(text)) ||
          (path.startsWith("packages/collector/") && /@submeter\/agent|\/agent\/src/.test(text)),
      )
      .map(({ path }) => path);
    expect(crossing).toEqual([]);
  });

  test("each source file says in its first lines what it is", () => {
    const silent = product
      .filter(({ text }) => !/^(#!.*\n+)?\/\*\*/.test(text))
      .map(({ path }) => path);
    expect(silent).toEqual([]);
  });

  test("no file is a drawer", () => {
    const drawers = all
      .map(({ path }) => path)
      .filter((path) =>
        /(^|\/)(utils?|helpers?|lib|manager|service|misc|common)(\.ts|\/)/.test(path),
      );
    expect(drawers).toEqual([]);
  });

  test("files are small enough to be read at once", () => {
    const long = product
      .filter(({ lines }) => lines.length > 320)
      .map(({ path, lines }) => `${path}: ${lines.length} lines`);
    expect(long).toEqual([]);
  });

  test("nothing is unfinished", () => {
    const unfinished = product.flatMap(({ path, lines }) =>
      lines.flatMap((line, index) =>
        /\b(TODO|FIXME|XXX|HACK)\b|not implemented/i.test(line) ? [`${path}:${index + 1}`] : [],
      ),
    );
    expect(unfinished).toEqual([]);
  });

  test("each error code that the programs can raise is explained in docs/errors.md, and no other", () => {
    const raised = new Set(
      [...product, ...all.filter(({ path }) => path.startsWith("deploy/"))].flatMap(({ text }) =>
        [
          ...text.matchAll(/new \w*Error\(\s*"([a-z0-9_]+)"/g),
          ...text.matchAll(/\b(?:HttpP|p)roblem\(\s*\d{3},\s*"([a-z0-9_]+)"/g),
        ].map(([, code]) => code ?? ""),
      ),
    );
    const words = new Set(
      all.flatMap(({ text }) => [...text.matchAll(/\b[a-z0-9]+(?:_[a-z0-9]+)*\b/g)].map(String)),
    );
    const rows = readFileSync(join(root, "docs/errors.md"), "utf8").matchAll(/^\| (`[^|]+`) +\|/gm);
    const documented = new Set(
      [...rows].flatMap(([, cell]) => (cell ?? "").replaceAll("`", "").split(", ")),
    );
    expect([...raised].filter((code) => !documented.has(code)).toSorted()).toEqual([]);
    expect([...documented].filter((code) => !words.has(code)).toSorted()).toEqual([]);
  });
});
