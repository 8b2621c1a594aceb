import { format } from "@submeter/shared/numbers/decimal";
import { readMeterFile } from "@submeter/shared/metering/meter-file";
import { describe, expect, it } from "vitest";
import { TestClock } from "../counting/counting.fixture.ts";
import type { Fact } from "../counting/fact.ts";
import { StatsdIntake } from "./statsd.ts";

const meters = readMeterFile(
  Buffer.from(
    JSON.stringify({
      version: 1,
      meters: [
        {
          name: "requests",
          unit: "request",
          aggregation: "sum",
          scale: 1,
          dimensions: [{ name: "model", values: ["a", "b"], default: "a" }],
        },
        { name: "seats", unit: "seat", aggregation: "max" },
      ],
    }),
  ),
).meters;

function intake() {
  const clock = new TestClock();
  const facts: Fact[] = [];
  const none = new Map<string, string>();
  const rules = {
    meters,
    pseudonymSecret: new Uint8Array(32),
    names: none,
    labels: none,
    sources: none,
  };
  const statsd = new StatsdIntake({
    way: { sampling: "refuse", source: "product" },
    rules,
    clock,
    submit: (submitted) => {
      facts.push(...submitted);
      return Promise.resolve({ kind: "committed", outcomes: submitted.map(() => "counted") });
    },
    onBad: () => {},
  });
  return { statsd, facts, clock };
}

const lines = [
  "requests:3|c",
  "requests:15|c|#model:b",
  "requests:1|c|#model:b,host:x",
  "requests:2|c|#model:c",
  "requests:1|c|#model:b|T900000",
  "requests:7|c|@0.5",
  "requests:1:2|c",
  "requests:0|c",
  "requests:05|c",
  "requests:1.5|c",
  "requests:1.55|c",
  "requests:-1|c",
  "seats:4|g",
  "seats:5|c",
  "none:5|c",
  "none:5",
];

describe("lines of StatsD", () => {
  it("count the second time as the first, in the hour that they come in", () => {
    const { statsd, facts, clock } = intake();
    statsd.packets(lines.join("\n"), lines.length);
    statsd.hand();
    const first = facts.splice(0);
    const bad = { ...statsd.counts.bad };
    clock.pass(3600);
    statsd.packets(lines.join("\n"), lines.length);
    statsd.hand();
    expect(facts.map(({ window, ...fact }) => ({ ...fact, window: window - 3600 }))).toEqual(
      first.map((fact) =>
        fact.window === 900_000 ? { ...fact, window: fact.window - 3600 } : fact,
      ),
    );
    expect(first).toHaveLength(12);
    for (const [why, count] of Object.entries(bad)) {
      expect(statsd.counts.bad).toHaveProperty(why, 2 * count);
    }
    expect(statsd.counts.packets).toBe(2 * lines.length);
  });

  it("that are known differ in their number alone", () => {
    const { statsd, facts } = intake();
    statsd.packets("requests:3|c|#model:b\nrequests:123456789012345|c|#model:b", 1);
    statsd.hand();
    expect(facts.map(({ quantity }) => format(quantity))).toEqual(["3", "123456789012345"]);
    expect(facts[1]?.dimensions).toBe('{"model":"b"}');
  });
});
