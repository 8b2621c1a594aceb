/** Silence that is told by a clock: the host's, which may be wrong, and the collector's own outages. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { closeRows } from "./close-status.ts";
import {
  agree,
  closes,
  contractOf,
  enrol,
  freshLife,
  type Life,
  newJournal,
  outage,
  report,
} from "./contract-life.fixture.ts";

let life: Life;

beforeEach(async () => {
  life = await freshLife("2025-12-01T00:00:00Z");
});

afterEach(async () => {
  await life.close();
});

const twoDaysMs = 2 * 86_400_000;

describe("34: a host whose clock is behind", () => {
  /** Its newest report covers up to 30 January noon by its own clock, and came on 2 February. */
  async function lagging(sealedAt: string, skewMs: number): Promise<void> {
    const term = { from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z" };
    await agree(life, contractOf("acme", { term, after_term: "stop" }));
    await enrol(life, "acme-eu", "acme", "2025-12-01T00:00:00Z");
    life.moveTo("2026-02-02T00:00:00Z");
    await report(life, newJournal("acme-eu"), {
      from: "2026-01-01T00:00:00Z",
      to: "2026-01-30T12:00:00Z",
      requests: 1000,
      sealedAt,
      skewMs,
    });
  }

  it("is awaited for as long as it is behind, and the status says so", async () => {
    await lagging("2026-01-31T00:00:00Z", -twoDaysMs);
    life.moveTo("2026-02-04T12:00:00Z");
    expect(await closes(life, "acme")).toEqual({ state: "waiting" });
    const [row] = await closeRows(life.context, "acme");
    expect(row).toMatchObject({
      state: "waiting",
      latest: Date.parse("2026-02-04T12:00:00Z") / 1000,
    });
    expect(row?.why.join()).toContain("36 hours of journal");
    life.moveTo("2026-02-04T12:00:01Z");
    expect(await closes(life, "acme")).toMatchObject({ state: "closed", basis: "fallback" });
  });

  it.each([
    { says: "two days", skewMs: -twoDaysMs },
    { says: "a year", skewMs: -365 * 86_400_000 },
    { says: "as much as a number holds", skewMs: -Number.MAX_SAFE_INTEGER },
  ])("is not believed when it says $says and its reports come at once", async ({ skewMs }) => {
    await lagging("2026-02-02T00:00:00Z", skewMs);
    life.moveTo("2026-02-02T12:00:01Z");
    expect(await closes(life, "acme")).toMatchObject({
      state: "closed",
      basis: "fallback",
      hours: "counted 708 · excused 0 · uncounted 0 · overdue 36 of 744 installation-hours",
    });
  });
});

describe("an installation that never reported", () => {
  it("has the outages before the period taken out of its silence", async () => {
    await agree(life, contractOf("acme"));
    // Its silence counts from the 31st on, 30 days after the start.
    await enrol(life, "acme-eu", "acme", "2025-12-01T00:00:00Z");
    await outage(life, "2026-01-31T00:00:00Z", "2026-02-02T00:00:00Z");
    await outage(life, "2026-02-04T12:00:00Z", "2026-02-24T12:00:00Z");
    life.moveTo("2026-02-26T00:00:00Z");
    expect(await closes(life, "acme")).toMatchObject({ basis: "measured" });
    life.moveTo("2026-03-02T00:00:00Z");
    // Full on 5 February without the second outage, 14 days of which came after the hours up to 10 February noon.
    expect(await closes(life, "acme")).toMatchObject({
      hours: "counted 0 · excused 228 · uncounted 0 · overdue 444 of 672 installation-hours",
    });
  });
});
