/** Tables keep what people copy, and give way elsewhere. */

import { describe, expect, test } from "vitest";

import { paintWith } from "./paint.ts";
import { table } from "./table.ts";

const page = (width: number, color = false) => ({ paint: paintWith(color), width, now: 0 });

describe("a table", () => {
  const columns = [
    { head: "id" },
    { head: "note", shrinks: true as const },
    { head: "count", align: "right" as const, drops: 1 },
  ];
  const rows = [
    ["installation-1", "a very long note that nobody copies", "5"],
    ["x", "", "1,000"],
  ];

  test("has no lines around it and no trailing spaces", () => {
    expect(table(page(Infinity), columns, rows)).toBe(
      [
        "ID              NOTE                                 COUNT",
        "installation-1  a very long note that nobody copies      5",
        "x                                                    1,000",
      ].join("\n"),
    );
  });

  test("drops, then shortens, and never breaks an id", () => {
    const lines = table(page(30), columns, rows).split("\n");
    expect(lines[1]).toBe("installation-1  a very long n…");
    expect(Math.max(...lines.map((line) => line.length))).toBe(30);
  });

  test("leaves out a column that is empty in every row", () => {
    const drawn = table(page(Infinity), columns, [["x", "", "1"]]);
    expect(drawn).not.toContain("NOTE");
  });

  test("colour changes no width", () => {
    const painted = [["x", paintWith(true).bad("no"), "1"]];
    // oxlint-disable-next-line no-control-regex -- the escape character is what colour is made of
    const bare = table(page(80, true), columns, painted).replaceAll(/\u001b\[[0-9;]*m/g, "");
    expect(bare).toBe(table(page(80), columns, [["x", "no", "1"]]));
  });
});
