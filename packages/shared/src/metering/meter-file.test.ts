import { describe, expect, test } from "vitest";
import { meterHeads, readMeterFile } from "./meter-file.ts";

const encoder = new TextEncoder();
const read = (value: unknown) => readMeterFile(encoder.encode(JSON.stringify(value)));

const tokens = {
  name: "tokens",
  unit: "token",
  aggregation: "sum",
  scale: 0,
  dimensions: [
    { name: "direction", values: ["input", "output"] },
    { name: "model", pattern: "[a-z0-9-]+", default: "unknown", cardinality_max: 50 },
    { name: "subject", pseudonymous: true },
  ],
};
const file = { version: 1, meters: [tokens], sources: ["product"] };

describe("a meter file", () => {
  test("declares meters with their dimensions, defaults filled in", () => {
    const { meters, sources, faults } = read(file);
    expect(faults).toEqual([]);
    expect(sources).toEqual(["product"]);
    expect(meters.get("tokens")).toMatchObject({
      name: "tokens",
      unit: "token",
      aggregation: "sum",
      scale: 0,
      dimensions: [
        { name: "direction", values: ["input", "output"], pattern: null, default: null },
        {
          name: "model",
          values: null,
          pattern: "[a-z0-9-]+",
          default: "unknown",
          cardinalityMax: 50,
        },
        {
          name: "subject",
          pattern: "[A-Za-z0-9._:/-]{1,64}",
          pseudonymous: true,
          cardinalityMax: 2000,
        },
      ],
    });
  });

  test("may be as short as a name, a unit and an aggregation", () => {
    const short = { version: 1, meters: [{ name: "seats", unit: "seat", aggregation: "max" }] };
    const { meters, sources } = read(short);
    expect(meters.get("seats")).toMatchObject({ scale: 0, dimensions: [] });
    expect(sources).toEqual([]);
  });

  test("gives reports their list of meters, in its order", () => {
    const more = { ...file, meters: [tokens, { ...tokens, name: "requests", unit: "request" }] };
    expect(meterHeads(read(more))).toEqual([
      { name: "tokens", unit: "token", aggregation: "sum", scale: 0 },
      { name: "requests", unit: "request", aggregation: "sum", scale: 0 },
    ]);
  });
});

describe("a fault has a path, a code, what is wrong and what to do", () => {
  const dimension = (given: object) => ({ ...file, meters: [{ ...tokens, dimensions: [given] }] });
  const at = "/meters/0/dimensions/0";

  test.each([
    [{ ...file, version: 2 }, "member_malformed", "/version"],
    [{ ...file, metres: [] }, "member_unknown", "/metres"],
    [{ version: 1 }, "member_missing", "/meters"],
    [{ ...file, meters: [] }, "member_malformed", "/meters"],
    [{ ...file, meters: [{ ...tokens, name: "Tokens" }] }, "member_malformed", "/meters/0/name"],
    [
      { ...file, meters: [{ ...tokens, aggregation: "avg" }] },
      "member_malformed",
      "/meters/0/aggregation",
    ],
    [{ ...file, meters: [{ ...tokens, scale: 13 }] }, "member_malformed", "/meters/0/scale"],
    [{ ...file, meters: [tokens, tokens] }, "name_repeated", "/meters/1"],
    [{ ...file, sources: ["a", "a"] }, "name_repeated", "/sources/1"],
    [dimension({ name: "m", values: ["a", "a"] }), "name_repeated", `${at}/values/1`],
    [dimension({ name: "m", values: ["a@b"] }), "member_malformed", `${at}/values/0`],
    [dimension({ name: "m", values: [] }), "member_malformed", `${at}/values`],
    [dimension({ name: "m", values: ["a"], pattern: "a" }), "dimension_ambiguous", at],
    [dimension({ name: "m", pattern: "(" }), "pattern_malformed", `${at}/pattern`],
    [dimension({ name: "m", pattern: ")|(" }), "pattern_malformed", `${at}/pattern`],
    [dimension({ name: "m", values: ["a"], default: "b" }), "default_undeclared", `${at}/default`],
    [dimension({ name: "m", pattern: "a+", default: "b" }), "default_undeclared", `${at}/default`],
    [dimension({ name: "m", cardinality_max: 0 }), "member_malformed", `${at}/cardinality_max`],
  ])("%j", (given, code, path) => {
    const { faults, meters } = read(given);
    expect(faults[0]).toMatchObject({ code, path });
    expect(faults[0]?.detail).not.toBe("");
    expect(faults[0]?.hint).not.toBe("");
    expect(meters.size).toBe(0);
  });

  test("several are told at once", () => {
    const { faults } = read({ ...file, meters: [tokens, tokens], sources: ["a", "a"] });
    expect(faults.map((fault) => fault.path)).toEqual(["/sources/1", "/meters/1"]);
  });

  test.each(["", "{", '{"version":1,"version":1}'])("%j is no JSON to read", (text) => {
    expect(readMeterFile(encoder.encode(text)).faults).toHaveLength(1);
  });
});
