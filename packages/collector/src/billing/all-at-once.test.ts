/** Promise 6: what was booked and its corrections together are what rating all of the usage at once comes to. */

import { describe, expect, it } from "vitest";
import { add, decimal, format, sum } from "@submeter/shared/numbers/decimal";
import { formatInstant, parseInstant, secondsPerDay } from "@submeter/shared/time/instant";
import {
  agree,
  closes,
  contractOf,
  enrol,
  freshLife,
  type Life,
  newJournal,
  report,
} from "./contract-life.fixture.ts";
import { runDueWork } from "./scheduled.ts";

const start = parseInstant("2026-01-01T00:00:00Z");
const days = 31;

/** A small deterministic generator (Park and Miller), so that a failure is replayed by its seed. */
function numbersFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

/** One report a day: of January, of `requests` each. */
type Day = { readonly from: string; readonly to: string; readonly requests: number };

function january(next: (below: number) => number): Day[] {
  return Array.from({ length: days }, (_, day) => ({
    from: formatInstant(start + day * secondsPerDay),
    to: formatInstant(start + (day + 1) * secondsPerDay),
    requests: next(20_000),
  }));
}

async function begun(fallback: string): Promise<{ life: Life; send: (day: Day) => Promise<void> }> {
  const life = await freshLife("2025-12-01T00:00:00Z");
  await agree(life, contractOf("acme", { fallback }));
  await enrol(life, "acme-eu", "acme", "2025-12-01T00:00:00Z");
  const journal = newJournal("acme-eu");
  return { life, send: async (day) => void (await report(life, journal, day)) };
}

async function bookedAndCorrected(life: Life): Promise<string> {
  const invoices = await life.database.query<{ total: string }>(
    "select total from statements where number = 1",
  );
  const corrections = await life.database.query<{ amount: string }>(
    "select amount from corrections",
  );
  const booked = sum(invoices.map(({ total }) => decimal(total)));
  return format(add(booked, sum(corrections.map(({ amount }) => decimal(amount)))));
}

describe("booked and corrections", () => {
  for (const fallback of ["floor", "share", "estimate"]) {
    for (const seed of [11, 47]) {
      it(`come to the whole rated at once: ${fallback}, seed ${seed}`, async () => {
        const next = numbersFrom(seed);
        const reports = january(next);
        const known = 5 + next(20);
        const late = await begun(fallback);
        const whole = await begun(fallback);
        try {
          late.life.moveTo("2026-02-05T00:00:00Z");
          for (const day of reports.slice(0, known)) await late.send(day);
          expect(await closes(late.life, "acme")).toMatchObject({ basis: "fallback" });
          // In parts of uneven size, each corrected by itself.
          for (let rest = reports.slice(known); rest.length > 0;) {
            const part = rest.slice(0, 1 + next(6));
            rest = rest.slice(part.length);
            for (const day of part) await late.send(day);
            await runDueWork(late.life.context);
          }
          whole.life.moveTo("2026-02-05T00:00:00Z");
          for (const day of reports) await whole.send(day);
          const atOnce = await closes(whole.life, "acme");
          expect(atOnce).toMatchObject({ basis: "measured" });
          const total = atOnce.state === "closed" ? atOnce.total : "";
          expect(await bookedAndCorrected(late.life)).toBe(format(decimal(total)));
        } finally {
          await late.life.close();
          await whole.life.close();
        }
      }, 30_000);
    }
  }
});

/** Of two journals in January and February: the first dies, returns after a gap that it steps over, and closes. */
function twoMonths(next: (below: number) => number): { known: Told[]; late: Told[] } {
  const died = 10 + next(10);
  const returned = died + 1 + next(8);
  const closed = 34 + next(20);
  const told = (journal: Told["journal"], from: number, to: number): Told => ({
    journal,
    from: formatInstant(start + from * secondsPerDay),
    to: formatInstant(start + to * secondsPerDay),
    requests: next(20_000 * (to - from)),
  });
  const late = Array.from({ length: Math.ceil((closed - returned) / 5) }, (_, index) => {
    const from = returned + 5 * index;
    return told("first", from, Math.min(from + 5, closed));
  });
  return {
    known: [told("first", 0, died), told("second", 0, 64)],
    late: late.map((one, index) => ({ ...one, final: index === late.length - 1 })),
  };
}

type Told = Day & { readonly journal: "first" | "second"; readonly final?: boolean };

describe("booked and corrections of two periods with gaps", () => {
  for (const fallback of ["floor", "share", "estimate"]) {
    for (const seed of [5, 23]) {
      it(`come to the whole rated at once: ${fallback}, seed ${seed}`, async () => {
        const next = numbersFrom(seed);
        const { known, late } = twoMonths(next);
        const lives = { late: await twoJournals(fallback), whole: await twoJournals(fallback) };
        try {
          for (const told of known) await lives.late.send(told);
          expect(await closes(lives.late.life, "acme")).toMatchObject({ basis: "fallback" });
          expect(await closes(lives.late.life, "acme")).toMatchObject({ basis: "fallback" });
          for (let rest = late; rest.length > 0;) {
            const part = rest.slice(0, 1 + next(3));
            rest = rest.slice(part.length);
            for (const told of part) await lives.late.send(told);
            await runDueWork(lives.late.life.context);
          }
          for (const told of [...known, ...late]) await lives.whole.send(told);
          await closes(lives.whole.life, "acme");
          expect(await closes(lives.whole.life, "acme")).toMatchObject({ basis: "measured" });
          expect(await bookedAndCorrected(lives.late.life)).toBe(
            await bookedAndCorrected(lives.whole.life),
          );
        } finally {
          await lives.late.life.close();
          await lives.whole.life.close();
        }
      }, 30_000);
    }
  }
});

async function twoJournals(
  fallback: string,
): Promise<{ life: Life; send: (told: Told) => Promise<void> }> {
  const { life } = await begun(fallback);
  life.moveTo("2026-03-06T00:00:00Z");
  const journals = { first: newJournal("acme-eu"), second: newJournal("acme-eu") };
  return { life, send: async (told) => void (await report(life, journals[told.journal], told)) };
}
