import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { readClassicText, readOpenMetrics } from "./exposition.ts";

function vector(name: string): string {
  return readFileSync(resolve(import.meta.dirname, "vectors", name), "utf8");
}

const cases = JSON.parse(vector("open-metrics-cases.json")) as {
  name: string;
  shouldParse: boolean;
  metrics: string;
}[];

describe("a page in OpenMetrics", () => {
  it.each(cases.filter(({ shouldParse }) => shouldParse))("$name is read", ({ metrics }) => {
    expect(readOpenMetrics(metrics)).toMatchObject({ kind: "families" });
  });

  it.each(cases.filter(({ shouldParse }) => !shouldParse))("$name is refused", ({ metrics }) => {
    expect(readOpenMetrics(metrics)).toMatchObject({ kind: "malformed" });
  });

  it("has its labels unescaped", () => {
    const page = readOpenMetrics('# TYPE a counter\na_total{l="b\\"a\\nr\\\\\\z"} 7\n# EOF\n');
    expect(page).toMatchObject({
      families: [{ name: "a", type: "counter", samples: [{ labels: [["l", 'b"a\nr\\\\z']] }] }],
    });
  });

  it("says in which line it is wrong", () => {
    expect(readOpenMetrics("a 1\nb\n# EOF\n")).toMatchObject({ kind: "malformed", line: 2 });
  });
});

describe("a page in Prometheus' text format", () => {
  it("of cAdvisor is read whole", () => {
    const text = vector("cadvisor.txt");
    const page = readClassicText(text);
    const samples = page.kind === "families" ? page.families.flatMap((f) => f.samples) : [];
    expect(samples).toHaveLength(text.split("\n").filter((line) => /^[a-z]/.test(line)).length);
    expect(page).toMatchObject({
      families: expect.arrayContaining([
        expect.objectContaining({ name: "container_cpu_usage_seconds_total", type: "counter" }),
      ]),
    });
  });

  it.each([
    ['a{b = "1", } 2 1600000000000', "2"],
    ["a\t3", "3"],
    ["a {} +Inf", "+Inf"],
    ["  a 4  ", "4"],
  ])("takes %j", (line, value) => {
    expect(readClassicText(line)).toMatchObject({ families: [{ samples: [{ value }] }] });
  });

  it.each(["a", "a{b=1} 2", 'a{b="1" 2', "a x", "1a 2", 'a{b="1",b="2"} 3'])(
    "refuses %j",
    (line) => {
      expect(readClassicText(line)).toMatchObject({ kind: "malformed" });
    },
  );
});
