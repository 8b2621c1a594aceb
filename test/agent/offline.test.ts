/** Three months without a way to the collector: memory and disk stay bounded, and everything arrives. */

import { expect, it } from "vitest";
import { offline } from "./offline.fixture.ts";

it("90 days offline are kept in memory of one hour and a bounded file, and arrive exactly", async () => {
  const result = await offline({ days: 90, sets: 5 });
  expect(result).toMatchObject({
    reports: 2160,
    lines: 90 * 24 * 5,
    openLinesMost: 5,
    waiting: 0,
    received: result.counted,
    hoursCovered: 2160,
  });
  // An id is remembered for 72 hours after the hour that it came in, and until the next look.
  expect(result.rememberedIdsMost).toBeLessThanOrEqual((72 + 1 + 24) * 5);
  // What the README says of a report and of a line; the log beside the file has 4,000 pages and what one commit adds.
  expect(result.fileBytes).toBeLessThan(result.reports * 2000 + result.lines * 130 + 8_000_000);
  expect(result.stateBytes - result.fileBytes).toBeLessThan(17_000_000);
});
