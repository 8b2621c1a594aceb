/** The cases of the contracted minimum and the 72 hours through the database: reports in, an invoice out, by policy. */

import { formatInstant, parseInstant, secondsPerHour } from "@submeter/shared/time/instant";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  accept,
  agree,
  closes,
  contractOf,
  corrections,
  enrol,
  freshLife,
  type Life,
  newJournal,
  outage,
  report,
  retire,
  retireJournal,
} from "./contract-life.fixture.ts";
import { runDueWork } from "./scheduled.ts";

let life: Life;

beforeEach(async () => {
  life = await freshLife("2025-12-01T00:00:00Z");
});

afterEach(async () => {
  await life.close();
});

const january = { from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z" };
const policies = ["floor", "share", "estimate"] as const;

/** An installation of the customer `acme`, with a journal that reports nothing yet. */
async function installed(name = "acme-eu") {
  await enrol(life, name, "acme", "2025-12-01T00:00:00Z");
  return newJournal(name);
}

type Row = {
  readonly name: string;
  /** Sets reports up and leaves the clock where the period is to close. */
  readonly given: () => Promise<void>;
  readonly contract?: Record<string, unknown>;
  readonly basis: string;
  /** floor, share, estimate. */
  readonly totals: readonly [string, string, string];
};

const rows: readonly Row[] = [
  {
    name: "1: silent from 29 January, 60,000 known",
    given: async () => {
      const journal = await installed();
      life.moveTo("2026-01-29T00:00:01Z");
      await report(life, journal, {
        from: "2026-01-01T00:00:00Z",
        to: "2026-01-29T00:00:00Z",
        requests: 60_000,
      });
      life.moveTo("2026-02-02T00:00:00Z");
    },
    basis: "fallback",
    totals: ["1000.00", "1000.00", "1000.00"],
  },
  {
    name: "2: silent from 29 January, 225,806 known",
    given: async () => {
      const journal = await installed();
      life.moveTo("2026-01-29T00:00:01Z");
      await report(life, journal, {
        from: "2026-01-01T00:00:00Z",
        to: "2026-01-29T00:00:00Z",
        requests: 225_806,
      });
      life.moveTo("2026-02-02T00:00:00Z");
    },
    basis: "fallback",
    totals: ["2258.06", "2354.83", "2499.99"],
  },
  {
    name: "4: the journal is lost with its disk after 264 hours",
    given: async () => {
      const journal = await installed();
      life.moveTo("2026-01-12T00:00:01Z");
      await report(life, journal, {
        from: "2026-01-01T00:00:00Z",
        to: "2026-01-12T00:00:00Z",
        requests: 88_710,
      });
      life.moveTo("2026-02-02T00:00:00Z");
    },
    basis: "fallback",
    totals: ["1000.00", "1532.26", "2500.00"],
  },
  {
    name: "5: a large customer, 360 of 744 hours lost",
    given: async () => {
      const journal = await installed();
      life.moveTo("2026-01-17T00:00:01Z");
      await report(life, journal, {
        from: "2026-01-01T00:00:00Z",
        to: "2026-01-17T00:00:00Z",
        requests: 516_129,
      });
      life.moveTo("2026-02-02T00:00:00Z");
    },
    basis: "fallback",
    totals: ["5161.29", "5645.16", "9999.99"],
  },
  {
    name: "6: three installations, one dead for 240 hours",
    given: async () => {
      const [one, two, three] = [await installed("a"), await installed("b"), await installed("c")];
      life.moveTo("2026-01-22T00:00:01Z");
      await report(life, three, {
        from: "2026-01-01T00:00:00Z",
        to: "2026-01-22T00:00:00Z",
        requests: 16_935,
      });
      life.moveTo("2026-02-02T00:00:00Z");
      await report(life, one, { ...january, requests: 112_500 });
      await report(life, two, { ...january, requests: 112_500 });
    },
    basis: "fallback",
    totals: ["2419.35", "2526.88", "2499.99"],
  },
  {
    name: "7: three installations silent all January",
    given: async () => {
      for (const name of ["a", "b", "c"]) await installed(name);
      life.moveTo("2026-02-04T00:00:01Z");
    },
    contract: { first_report_by: "2026-01-01T00:00:00Z" },
    basis: "fallback",
    totals: ["1000.00", "1000.00", "1000.00"],
  },
  {
    name: "9: one installation, two journals, of which one dies for 480 hours",
    given: async () => {
      const a = await installed();
      const b = newJournal("acme-eu");
      life.moveTo("2026-01-12T00:00:01Z");
      await report(life, b, {
        from: "2026-01-01T00:00:00Z",
        to: "2026-01-12T00:00:00Z",
        requests: 53_226,
      });
      life.moveTo("2026-02-02T00:00:00Z");
      await report(life, a, { ...january, requests: 100_000 });
    },
    basis: "fallback",
    totals: ["1532.26", "2177.42", "2500.00"],
  },
  {
    name: "10: 71 hours off and 1 hour on, ten times in a month of 30 days",
    given: async () => {
      const journal = await installed();
      life.moveTo("2026-04-01T00:00:00Z");
      await report(life, journal, {
        from: "2026-03-04T00:00:00Z",
        to: "2026-04-01T00:00:00Z",
        requests: 933_333,
      });
      const april = parseInstant("2026-04-01T00:00:00Z");
      for (let block = 1; block <= 10; block += 1) {
        const to = april + block * 72 * secondsPerHour;
        life.moveTo(formatInstant(to));
        const from = formatInstant(to - secondsPerHour);
        const requests = block === 1 ? 1388 : 1389;
        await report(life, journal, { from, to: formatInstant(to), requests });
      }
      life.moveTo("2026-05-02T00:00:00Z");
    },
    contract: { term: { from: "2026-04-01T00:00:00Z", to: null } },
    basis: "fallback",
    totals: ["1000.00", "1125.00", "9999.99"],
  },
  {
    name: "22: uploads on the 5th by design, report_due 35 days",
    given: async () => {
      const journal = await installed();
      life.moveTo("2026-02-05T00:00:00Z");
      await report(life, journal, { ...january, requests: 250_000 });
    },
    contract: { report_due_hours: 840 },
    basis: "measured",
    totals: ["2500.00", "2500.00", "2500.00"],
  },
];

describe("the amount at the close", () => {
  for (const row of rows) {
    for (const [index, fallback] of policies.entries()) {
      it(`${row.name}: ${fallback} comes to ${row.totals[index]}`, async () => {
        await agree(life, contractOf("acme", { ...row.contract, fallback }));
        await row.given();
        expect(await closes(life, "acme")).toMatchObject({
          state: "closed",
          basis: row.basis,
          provisional: row.basis === "fallback",
          total: row.totals[index],
        });
      });
    }
  }
});

describe("8: one gap over the end of a month, the host lost with its journal", () => {
  const totals = {
    floor: ["2486.56", "2157.74"],
    share: ["2491.94", "2294.64"],
    estimate: ["2500.00", "2466.87"],
  } as const;
  for (const fallback of policies) {
    it(`is tested as a whole and charged in parts: ${fallback} ${totals[fallback].join(" and ")}`, async () => {
      await agree(life, contractOf("acme", { fallback }));
      const lost = await installed();
      life.moveTo("2026-01-31T20:00:00Z");
      await report(life, lost, {
        from: "2026-01-01T00:00:00Z",
        to: "2026-01-03T20:00:00Z",
        requests: 22_850,
      });
      await report(life, lost, {
        from: "2026-01-03T20:00:00Z",
        to: "2026-01-31T20:00:00Z",
        requests: 225_806,
      });
      const gapEnd = "2026-02-04T20:00:00Z";
      life.moveTo(gapEnd);
      await retireJournal(life, lost, gapEnd);
      life.moveTo("2026-03-02T00:00:00Z");
      await report(life, newJournal("acme-eu"), {
        from: gapEnd,
        to: "2026-03-01T00:00:00Z",
        requests: 215_774,
      });
      const [january, february] = [await closes(life, "acme"), await closes(life, "acme")];
      expect(january).toMatchObject({ basis: "fallback", total: totals[fallback][0] });
      expect(february).toMatchObject({ basis: "fallback", total: totals[fallback][1] });
    });
  }
});

describe("when a period closes", () => {
  it("3: exactly 72 hours of silence are not overdue yet, one second more is", async () => {
    await agree(life, contractOf("acme"));
    const journal = await installed();
    life.moveTo("2026-01-31T00:00:05Z");
    await report(life, journal, {
      from: "2026-01-01T00:00:00Z",
      to: "2026-01-31T00:00:00Z",
      requests: 241_935,
    });
    life.moveTo("2026-02-03T00:00:00Z");
    expect(await closes(life, "acme")).toEqual({ state: "waiting" });
    life.moveTo("2026-02-03T00:00:01Z");
    expect(await closes(life, "acme")).toMatchObject({
      state: "closed",
      basis: "fallback",
      total: "2419.35",
      hours: "counted 720 · excused 0 · uncounted 0 · overdue 24 of 744 installation-hours",
    });
  });

  it("a hole in the sequence keeps what lies behind it pending, then overdue; filled, it is measured", async () => {
    await agree(life, contractOf("acme", { fallback: "share" }));
    const journal = await installed();
    life.moveTo("2026-02-01T00:00:01Z");
    await report(life, journal, {
      from: "2026-01-01T00:00:00Z",
      to: "2026-01-10T00:00:00Z",
      requests: 72_581,
    });
    await report(life, journal, {
      from: "2026-01-11T00:00:00Z",
      to: "2026-02-01T00:00:00Z",
      requests: 169_355,
      skip: 1,
    });
    life.moveTo("2026-02-02T00:00:00Z");
    expect(await closes(life, "acme")).toMatchObject({ state: "closed", basis: "fallback" });
    life.moveTo("2026-02-03T00:00:00Z");
    await report(life, journal, {
      from: "2026-01-10T00:00:00Z",
      to: "2026-01-11T00:00:00Z",
      requests: 8_064,
      sequence: 2,
    });
    await runDueWork(life.context);
    const [latest] = await life.database.query<{ total: string; basis: string }>(
      "select total, basis from statements where contract_id = 'acme' order by number desc limit 1",
    );
    expect(latest).toEqual({ total: "2500.00", basis: "measured" });
  });

  it("24: nothing closes within 24 hours after the collector returns; the backlog then makes it measured", async () => {
    await agree(life, contractOf("acme"));
    const journal = await installed();
    life.moveTo("2026-01-30T00:00:00Z");
    await report(life, journal, {
      from: "2026-01-01T00:00:00Z",
      to: "2026-01-30T00:00:00Z",
      requests: 233_871,
    });
    await outage(life, "2026-01-30T00:00:00Z", "2026-02-02T08:00:00Z");
    life.moveTo("2026-02-02T08:00:00Z");
    expect(await closes(life, "acme")).toEqual({ state: "waiting" });
    await report(life, journal, {
      from: "2026-01-30T00:00:00Z",
      to: "2026-02-02T00:00:00Z",
      requests: 24_194,
    });
    life.moveTo("2026-02-03T07:59:59Z");
    expect(await closes(life, "acme")).toEqual({ state: "waiting" });
    life.moveTo("2026-02-03T08:00:00Z");
    expect(await closes(life, "acme")).toMatchObject({ state: "closed", basis: "measured" });
  });

  it("an outage across the period's end does not count as the customer's silence", async () => {
    await agree(life, contractOf("acme"));
    const journal = await installed();
    life.moveTo("2026-01-30T00:00:00Z");
    await report(life, journal, {
      from: "2026-01-01T00:00:00Z",
      to: "2026-01-30T00:00:00Z",
      requests: 233_871,
    });
    await outage(life, "2026-01-30T12:00:00Z", "2026-02-02T20:00:00Z");
    // 12 h before the outage and 60 h after it are the 72 h.
    life.moveTo("2026-02-05T08:00:00Z");
    expect(await closes(life, "acme")).toEqual({ state: "waiting" });
    life.moveTo("2026-02-05T08:02:00Z");
    expect(await closes(life, "acme")).toMatchObject({ state: "closed", basis: "fallback" });
  });

  it("a report in quarantine is waited for, excused after 14 days, and corrected when it is accepted late", async () => {
    await agree(life, contractOf("acme", { minimum: undefined, fallback: undefined }));
    const journal = await installed();
    life.moveTo("2026-02-01T00:00:00Z");
    await report(life, journal, {
      from: "2026-01-01T00:00:00Z",
      to: "2026-01-31T00:00:00Z",
      requests: 241_935,
    });
    const held = await report(life, journal, {
      from: "2026-01-31T00:00:00Z",
      to: "2026-02-01T00:00:00Z",
      requests: 8_065,
      outcome: "quarantined",
    });
    life.moveTo("2026-02-14T23:59:59Z");
    expect(await closes(life, "acme")).toEqual({ state: "waiting" });
    life.moveTo("2026-02-15T00:00:00Z");
    expect(await closes(life, "acme")).toMatchObject({
      state: "closed",
      basis: "measured",
      total: "2419.35",
      hours: "counted 720 · excused 24 · uncounted 0 · overdue 0 of 744 installation-hours",
    });
    life.moveTo("2026-02-16T00:00:00Z");
    await accept(life, journal, held);
    await runDueWork(life.context);
    expect(await corrections(life, "acme")).toEqual([["80.65", "ready"]]);
  });

  it("18: a retirement dated back takes the silence after it out of what is expected", async () => {
    await agree(life, contractOf("acme", { fallback: "share" }));
    const journal = await installed();
    life.moveTo("2026-01-10T00:00:00Z");
    await report(life, journal, {
      from: "2026-01-01T00:00:00Z",
      to: "2026-01-10T00:00:00Z",
      requests: 110_000,
    });
    life.moveTo("2026-02-02T00:00:00Z");
    expect(await closes(life, "acme")).toMatchObject({ basis: "fallback", total: "1809.68" });
    life.moveTo("2026-02-03T00:00:00Z");
    await retire(life, "acme-eu", "2026-01-10T00:00:00Z");
    await runDueWork(life.context);
    // 1,100.00 is what was used; the share for 528 hours was charged without ground.
    expect(await corrections(life, "acme")).toEqual([["-709.68", "credited"]]);
  });

  it("a source heard is heard, also in a report that covers nothing: one report had no room for all", async () => {
    await agree(life, contractOf("acme", { fallback: "share" }));
    const journal = await installed();
    life.moveTo("2026-02-01T00:00:00Z");
    await report(life, journal, {
      from: "2026-01-20T00:00:00Z",
      to: "2026-01-20T00:00:00Z",
      requests: 0,
      sources: [{ name: "product", heard: [["2026-01-01T00:00:00Z", "2026-01-20T00:00:00Z"]] }],
    });
    await report(life, journal, {
      ...january,
      requests: 250_000,
      sources: [{ name: "product", heard: [["2026-01-20T00:00:00Z", "2026-02-01T00:00:00Z"]] }],
    });
    life.moveTo("2026-02-02T00:00:00Z");
    expect(await closes(life, "acme")).toMatchObject({
      basis: "measured",
      hours: "counted 744 · excused 0 · uncounted 0 · overdue 0 of 744 installation-hours",
    });
  });
});
