import { golden } from "@submeter/shared/golden.fixture";
import { readMeterFile } from "@submeter/shared/metering/meter-file";
import { ReportSchema } from "@submeter/shared/wire/report";
import { describe, expect, it } from "vitest";
import { describeMeters } from "./describe.ts";
import type { CommandIo } from "./io.ts";

const file = readMeterFile(
  Buffer.from(
    JSON.stringify({
      version: 1,
      meters: [
        {
          name: "tokens",
          unit: "token",
          aggregation: "sum",
          dimensions: [
            { name: "model", values: ["small", "large"], default: "small" },
            { name: "subject", pseudonymous: true },
          ],
        },
        { name: "memory", unit: "GiB-second", aggregation: "time_weighted", scale: 3 },
        { name: "seats", unit: "seat", aggregation: "max", dimensions: [{ name: "team" }] },
      ],
      sources: ["engine"],
    }),
  ),
);

function printed(options: { json: boolean }): string {
  let text = "";
  const io: CommandIo = {
    out: (part) => {
      text += part;
    },
    error: () => {},
    isWatched: false,
    isColoured: false,
  };
  expect(describeMeters(file, options, io)).toBe(0);
  return text;
}

describe("the data dictionary", () => {
  it("says to a person what may leave", () => {
    const text = printed({ json: false });
    expect(text).toBe(golden(import.meta.url, "./golden/describe.txt", text));
  });

  it("names every member that a report can have", () => {
    const { leaves } = JSON.parse(printed({ json: true })) as { leaves: object };
    expect(Object.keys(leaves).toSorted()).toEqual(Object.keys(ReportSchema.properties).toSorted());
  });

  it("says the same to a program", () => {
    expect(JSON.parse(printed({ json: true }))).toMatchObject({
      meters: [
        { name: "tokens", dimensions: [{ values: ["small", "large"] }, { pseudonymous: true }] },
        { name: "memory", aggregation: "time_weighted", scale: 3 },
        { name: "seats", dimensions: [{ name: "team", cardinality_max: 2000 }] },
      ],
      sources: ["engine"],
    });
  });
});
