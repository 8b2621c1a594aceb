/**
 * The numbered cases of the billing rules, section 3, each with its amounts.
 *
 * Waiting for what they need: 10 (entitlements of a product whose agent is gone), 11 (the anomaly alarm; a silent source is in
 * coverage/hour-states.test.ts), 19 (volume prices), 26 (`hold` in the agent), 31 (packs), 32 (pooled commitments), 37 (gauges
 * held across a gap), 38 (`max` meters). In the collector: 17, 20, 21 (what was voided or credited), 28, 30, 35, 36.
 */

import { describe, expect, test } from "vitest";
import type { FallbackPolicy } from "../contracts/contract.ts";
import type { Situation } from "./rating.fixture.ts";
import {
  closeOf,
  contractOf,
  installationOf,
  journalOf,
  span,
  statementOf,
} from "./rating.fixture.ts";

const minimum = { amount: "1000" };
const policies: readonly FallbackPolicy[] = ["floor", "share", "estimate"];

function contractWith(fallback: FallbackPolicy, amount = "1000") {
  return contractOf({ minimum: { amount }, fallback });
}

type Case = {
  readonly given: string;
  readonly situation: (fallback: FallbackPolicy) => Situation;
  readonly basis: string;
  readonly totals: readonly [floor: string, share: string, estimate: string];
};

/** Silent from 29 Jan 00:00 until after the close on 2 Feb. */
const silentSite = installationOf({
  journals: [journalOf({ journal: "a", coverage: [span("1 Jan", "29 Jan")] })],
});
const wholeSite = installationOf({
  journals: [journalOf({ journal: "a", coverage: [span("1 Jan", "10 Feb")] })],
});

/** The disk died after 264 h; the new journal began with February. */
const diskDied = installationOf({
  journals: [
    journalOf({ journal: "a", coverage: [span("1 Jan", "12 Jan")], expectedTo: 0 }),
    journalOf({ journal: "b", coverage: [span("1 Feb", "3 Feb")] }),
  ].map((journal) =>
    journal.journal === "a" ? { ...journal, expectedTo: span("1 Feb", "2 Feb").from } : journal,
  ),
});

/** Host lost with its journal on 31 Jan 20:00, retired as of 4 Feb 20:00; a new one covers the rest of February. */
const hostLost = installationOf({
  assigned: [span("1 Jan", "1 Jan 00:00 2027")],
  journals: [
    {
      ...journalOf({ journal: "a", coverage: [span("3 Jan 20:00", "31 Jan 20:00")] }),
      expectedFrom: span("1 Jan", "2 Jan").from,
      coverage: [span("1 Jan", "31 Jan 20:00")],
      expectedTo: span("4 Feb 20:00", "5 Feb").from,
    },
    journalOf({ journal: "b", coverage: [span("4 Feb 20:00", "3 Mar")] }),
  ],
});

const cases: readonly Case[] = [
  {
    given: "1: silent from 29 Jan 00:00, 60,000 requests known",
    situation: (fallback) => ({
      contract: contractWith(fallback),
      now: "2 Feb",
      installations: [silentSite],
      known: { "site/a": "60000" },
      history: { "site/a": "60000" },
    }),
    basis: "fallback",
    totals: ["1000.00", "1000.00", "1000.00"],
  },
  {
    given: "2: the same with even usage, 225,806 known",
    situation: (fallback) => ({
      contract: contractWith(fallback),
      now: "2 Feb",
      installations: [silentSite],
      known: { "site/a": "225806" },
      history: { "site/a": "225806" },
    }),
    basis: "fallback",
    totals: ["2258.06", "2354.83", "2499.99"],
  },
  {
    given: "4: the journal lost with its disk, 480 of 744 h never come",
    situation: (fallback) => ({
      contract: contractWith(fallback),
      now: "4 Feb 00:00:01",
      installations: [diskDied],
      known: { "site/a": "88710" },
      history: { "site/a": "88710" },
    }),
    basis: "fallback",
    totals: ["1000.00", "1532.26", "2500.00"],
  },
  {
    given: "5: a large customer, 360 of 744 h lost",
    situation: (fallback) => ({
      contract: contractWith(fallback),
      now: "4 Feb",
      installations: [
        installationOf({
          journals: [journalOf({ journal: "a", coverage: [span("1 Jan", "17 Jan")] })],
        }),
      ],
      known: { "site/a": "516129" },
      history: { "site/a": "516129" },
    }),
    basis: "fallback",
    totals: ["5161.29", "5645.16", "9999.99"],
  },
  {
    given: "6: one of three installations dead for 240 h",
    situation: (fallback) => ({
      contract: contractWith(fallback),
      now: "4 Feb",
      installations: [
        { ...wholeSite, installation: "one" },
        { ...wholeSite, installation: "two" },
        installationOf({
          installation: "three",
          journals: [journalOf({ journal: "a", coverage: [span("1 Jan", "22 Jan")] })],
        }),
      ],
      known: { "one/a": "112500", "two/a": "112500", "three/a": "16935" },
      history: { "three/a": "16935" },
    }),
    basis: "fallback",
    totals: ["2419.35", "2526.88", "2499.99"],
  },
  {
    given: "7: three installations, all silent all January",
    situation: (fallback) => ({
      contract: contractWith(fallback),
      now: "4 Feb",
      installations: ["one", "two", "three"].map((installation) =>
        installationOf({ installation, firstReportBy: span("1 Jan", "2 Jan").from, journals: [] }),
      ),
    }),
    basis: "fallback",
    totals: ["1000.00", "1000.00", "1000.00"],
  },
  {
    given: "8, January: host lost on 31 Jan 20:00, 4 h missing",
    situation: (fallback) => ({
      contract: contractWith(fallback),
      now: "5 Feb",
      installations: [hostLost],
      known: { "site/a": "248656" },
      history: { "site/a": "225806" },
    }),
    basis: "fallback",
    totals: ["2486.56", "2491.94", "2500.00"],
  },
  {
    given: "8, February: 92 h missing of the same gap",
    situation: (fallback) => ({
      contract: contractWith(fallback),
      during: "1 Feb",
      now: "2 Mar",
      installations: [hostLost],
      known: { "site/b": "215774" },
      history: { "site/a": "225806" },
    }),
    basis: "fallback",
    totals: ["2157.74", "2294.64", "2466.87"],
  },
  {
    given: "9: one installation, two nodes, B dies with its disk for 480 h",
    situation: (fallback) => ({
      contract: contractWith(fallback),
      now: "4 Feb",
      installations: [
        installationOf({
          journals: [
            journalOf({ journal: "a", coverage: [span("1 Jan", "4 Feb")] }),
            journalOf({ journal: "b", coverage: [span("1 Jan", "12 Jan")] }),
          ],
        }),
      ],
      known: { "site/a": "100000", "site/b": "53226" },
      history: { "site/b": "53226" },
    }),
    basis: "fallback",
    totals: ["1532.26", "2177.42", "2500.00"],
  },
  {
    given: "10: 71 h off and 1 h on, ten times in 30 days",
    situation: (fallback) => ({
      contract: contractOf({
        minimum,
        fallback,
        term: { from: "2026-01-01T00:00:00Z", to: null },
        cycle: { every: "days", days: 30, anchor: "2026-04-01T00:00:00Z" },
      }),
      during: "1 Apr",
      now: "2 May",
      installations: [
        installationOf({
          journals: [
            journalOf({
              journal: "a",
              coverage: [
                span("4 Mar", "1 Apr"),
                ...Array.from({ length: 10 }, (_, round) => {
                  const from = span("1 Apr", "2 Apr").from + (round * 72 + 71) * 3600;
                  return { from, to: from + 3600 };
                }),
              ],
            }),
          ],
        }),
      ],
      known: { "site/a": "13889" },
      history: { "site/a": "933333" },
    }),
    basis: "fallback",
    totals: ["1000.00", "1125.00", "9999.99"],
  },
  {
    given: "22: report_due of 35 days, uploaded on the 5th",
    situation: (fallback) => ({
      contract: contractOf({ minimum, fallback, report_due_hours: 35 * 24 }),
      now: "5 Feb",
      installations: [wholeSite],
      known: { "site/a": "250000" },
    }),
    basis: "measured",
    totals: ["2500.00", "2500.00", "2500.00"],
  },
  {
    given: "24: the collector down for 80 h over New Year, the backlog is in",
    situation: (fallback) => ({
      contract: contractWith(fallback),
      now: "4 Feb 08:00:01",
      outages: [span("31 Jan", "3 Feb 08:00")],
      installations: [wholeSite],
      known: { "site/a": "250000" },
    }),
    basis: "measured",
    totals: ["2500.00", "2500.00", "2500.00"],
  },
];

describe("the amounts at the close, by policy", () => {
  test.each(
    cases.flatMap((one) =>
      policies.map((policy, index) => ({ ...one, policy, total: one.totals[index] })),
    ),
  )("$given · $policy: $basis, $total", ({ situation, basis, policy, total }) => {
    const given = situation(policy);
    expect(closeOf(given).obstacles).toEqual([]);
    const statement = statementOf(given);
    expect(statement).toMatchObject({ basis, total, provisional: basis === "fallback" });
  });
});
