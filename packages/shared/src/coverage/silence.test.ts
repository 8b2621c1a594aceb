import { describe, expect, test } from "vitest";
import { secondsPerDay } from "../time/instant.ts";
import { accountableSeconds, excusedUpTo, silenceFullAt } from "./silence.ts";

const day = secondsPerDay;
const days = (from: number, to: number) => ({ from: from * day, to: to * day });

describe("silence", () => {
  test.each([
    { given: "no outage", unaccountable: [], full: 13 },
    { given: "an outage before it", unaccountable: [days(1, 9)], full: 13 },
    { given: "an outage that it begins in", unaccountable: [days(9, 11)], full: 14 },
    { given: "an outage inside", unaccountable: [days(11, 12)], full: 14 },
    {
      given: "two, the second of which the first moved it into",
      unaccountable: [days(11, 12), days(13, 15)],
      full: 16,
    },
    { given: "an outage that begins when it is full", unaccountable: [days(13, 15)], full: 15 },
    { given: "an outage after it was full", unaccountable: [days(14, 15)], full: 13 },
  ])("of three days since day 10, with $given, is full on day $full", ({ unaccountable, full }) => {
    const fullAt = silenceFullAt(10 * day, 3 * day, unaccountable);
    expect(fullAt / day).toBe(full);
    // By its other definition: accountable time is full at it, and more than full one second later.
    expect(accountableSeconds(10 * day, fullAt, unaccountable)).toBe(3 * day);
    expect(accountableSeconds(10 * day, fullAt + 1, unaccountable)).toBe(3 * day + 1);
  });

  test.each([
    { given: "no outage", unaccountable: [], upTo: null },
    { given: "13 days of it", unaccountable: [days(10, 23)], upTo: null },
    { given: "exactly 14 days", unaccountable: [days(10, 24)], upTo: 10 },
    { given: "16 days", unaccountable: [days(10, 26)], upTo: 12 },
    { given: "14 days in two", unaccountable: [days(10, 15), days(20, 29)], upTo: 10 },
    { given: "an outage that goes on", unaccountable: [days(10, 99)], upTo: 16 },
  ])("hours that waited through $given are excused up to day $upTo", ({ unaccountable, upTo }) => {
    expect(excusedUpTo(30 * day, unaccountable)).toBe(upTo === null ? null : upTo * day);
  });
});
