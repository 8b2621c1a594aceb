import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { golden, goldenPart } from "../golden.fixture.ts";
import { exampleBundle, exampleBundleAnswer, examples } from "./examples.fixture.ts";
import { examplePage } from "./page.fixture.ts";

const page = "../../../../docs/wire.md";

describe("golden files: a change here is a change of the wire", () => {
  test.each(Object.values(examples))("$name", ({ name, headers, body }) => {
    const text = new TextDecoder().decode(body);
    const lines = Object.entries(headers).map(([header, value]) => `${header}: ${value}`);
    const made = `${lines.join("\n")}\n\n${text}\n`;
    expect(made).toBe(golden(import.meta.url, `golden/${name}.txt`, made));
  });

  test("a bundle and its answer", () => {
    expect(exampleBundle).toBe(golden(import.meta.url, "golden/bundle.ndjson", exampleBundle));
    const answer = exampleBundleAnswer;
    expect(answer).toBe(golden(import.meta.url, "golden/bundle-answer.ndjson", answer));
  });
});

describe("docs/wire.md", () => {
  test("prints the example as the code makes it", () => {
    const begin = "<!-- prettier-ignore-start -->\n";
    const end = "<!-- prettier-ignore-end -->";
    const made = examplePage();
    expect(made).toBe(goldenPart(import.meta.url, page, { begin, end }, made));
  });

  test("names every code that the readers give", () => {
    const text = readFileSync(new URL(page, import.meta.url), "utf8");
    const sources = readdirSync(new URL(".", import.meta.url)).filter(
      (file) => file.endsWith(".ts") && !/\.(test|fixture)\.ts$/.test(file),
    );
    const codes = sources.flatMap((file) => {
      const source = readFileSync(new URL(file, import.meta.url), "utf8");
      return [...source.matchAll(/(?:code: |refused\(|malformed\(\s*)"([a-z0-9_]+)"/g)].map(
        (match) => match[1],
      );
    });
    expect(codes.length).toBeGreaterThan(30);
    expect(codes.filter((code) => !text.includes(`\`${code}\``))).toEqual([]);
  });
});
