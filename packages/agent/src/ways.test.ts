/** What is wrong with a ways file is said before anything is counted by it. */

import { readMeterFile } from "@submeter/shared/metering/meter-file";
import { expect, it } from "vitest";
import { readWays } from "./ways.ts";

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const meters = readMeterFile(
  json({
    version: 1,
    meters: ["tokens", "requests"].map((name) => ({ name, unit: "one", aggregation: "sum" })),
  }),
);
const read = (events: readonly unknown[]) => readWays(json({ version: 1, events }), meters, false);

it("a type of events counts for a meter once: under one id the second quantity would be refused for ever", () => {
  const tokens = { type: "call", meter: "tokens" };
  expect(() => read([tokens, { ...tokens, quantity: "output" }])).toThrow(
    "/events/1: type call counts for meter tokens already",
  );
  expect(
    read([tokens, { ...tokens, type: "b" }, { ...tokens, meter: "requests" }]).events,
  ).toHaveLength(3);
});
