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

it("an address with a password in it is refused, as it would not be sent", () => {
  const scrape = [{ source: "engine", url: "http://me:secret@127.0.0.1:8000/metrics" }];
  const reading = () => readWays(json({ version: 1, scrape }), meters, false);
  expect(reading).toThrow("/scrape/0/url holds a name or password");
  expect(reading).not.toThrow("secret");
});
