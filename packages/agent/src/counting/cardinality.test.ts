import { readMeterFile } from "@submeter/shared/metering/meter-file";
import { describe, expect, it } from "vitest";
import { countingWorld, fact } from "./counting.fixture.ts";

const { meters } = readMeterFile(
  Buffer.from(
    JSON.stringify({
      version: 1,
      meters: [
        {
          name: "requests",
          unit: "request",
          aggregation: "sum",
          dimensions: [
            { name: "tenant", cardinality_max: 2 },
            { name: "tier", values: ["a", "b", "c"] },
          ],
        },
      ],
    }),
  ),
);

const of = (tenant: string, o: { window?: number; tier?: string } = {}) =>
  fact({ dimensions: JSON.stringify({ tenant, tier: o.tier ?? "a" }), window: o.window ?? 0 });

function lines(world: ReturnType<typeof countingWorld>): string[] {
  return world.journal.counts.all().map(({ window, dimensions, quantity }) => {
    const { tenant, tier } = JSON.parse(dimensions) as Record<string, string>;
    return `${window} ${tenant} ${tier} ${quantity}`;
  });
}

describe("a dimension with a cap of two values", () => {
  it("counts the third value's usage under overflow, in one group as in several", async () => {
    const grouped = countingWorld({ meters });
    await grouped.groupCommit.submit(["x", "y", "z", "x", "w", "z"].map((tenant) => of(tenant)));
    const apart = countingWorld({ meters });
    for (const tenant of ["x", "y", "z", "x", "w", "z"])
      await apart.groupCommit.submit([of(tenant)]);
    expect(lines(grouped)).toEqual(["0 overflow a 3", "0 x a 2", "0 y a 1"]);
    expect(lines(apart)).toEqual(lines(grouped));
  });

  it("does not bound what is declared value by value, nor one hour by another", async () => {
    const world = countingWorld({ meters });
    const facts = [
      of("x"),
      of("x", { tier: "b" }),
      of("x", { tier: "c" }),
      of("y"),
      of("z", { window: 3600 }),
    ];
    await world.groupCommit.submit(facts);
    expect(lines(world)).toEqual(["0 x a 1", "0 x b 1", "0 x c 1", "0 y a 1", "3600 z a 1"]);
  });

  it("takes no value of a group whose commit failed", async () => {
    const world = countingWorld({ meters });
    world.failing.code = "SQLITE_FULL";
    await world.groupCommit.submit([of("x"), of("y")]);
    world.failing.code = null;
    await world.groupCommit.submit([of("v"), of("w")]);
    expect(lines(world)).toEqual(["0 v a 1", "0 w a 1"]);
  });
});
