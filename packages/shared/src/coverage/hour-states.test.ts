import { describe, expect, test } from "vitest";
import type { Situation } from "../rating/rating.fixture.ts";
import {
  at,
  contractOf,
  factsOf,
  installationOf,
  journalOf,
  span,
} from "../rating/rating.fixture.ts";
import { expectedSpans } from "./expected-journals.ts";
import { freezeHours } from "./freeze-hours.ts";
import type { InstallationFacts, JournalFacts } from "./hour-facts.ts";
import { hourStates } from "./hour-states.ts";
import { endless } from "./intervals.ts";

const january = 744;

function statesOf(now: string, ...installations: readonly InstallationFacts[]) {
  const situation: Situation = { contract: contractOf(), now, installations };
  return hourStates(factsOf(situation));
}

function site(...journals: readonly Partial<JournalFacts>[]): InstallationFacts {
  return installationOf({
    journals: journals.map((journal, index) => journalOf({ journal: `${index}`, ...journal })),
  });
}

type Row = {
  readonly given: string;
  readonly installation: InstallationFacts;
  readonly now?: string;
  readonly hours: Partial<
    Record<"counted" | "pending" | "uncounted" | "excused" | "overdue", number>
  >;
};

const rows: readonly Row[] = [
  {
    given: "covered from end to end, without any counts: a true zero",
    installation: site({ coverage: [span("1 Jan", "2 Feb")] }),
    hours: { counted: january },
  },
  {
    given: "a restart of 300 s: the hour is counted with 3,300 s",
    installation: site({
      coverage: [span("1 Jan", "5 Jan 10:05"), span("5 Jan 10:10", "2 Feb")],
    }),
    hours: { counted: january },
  },
  {
    given: "a restart of 301 s: the agent itself says that it was not running",
    installation: site({
      coverage: [span("1 Jan", "5 Jan 10:05"), span("5 Jan 10:10:01", "2 Feb")],
    }),
    hours: { counted: january - 1, uncounted: 1 },
  },
  {
    given: "reports abut at whole seconds and count together",
    installation: site({
      coverage: [span("1 Jan", "5 Jan 10:30"), span("5 Jan 10:30", "2 Feb")],
    }),
    hours: { counted: january },
  },
  {
    given: "a gap that the chain steps over is uncounted at once, however short the silence",
    installation: site({ coverage: [span("1 Jan", "30 Jan"), span("31 Jan", "2 Feb")] }),
    hours: { counted: january - 24, uncounted: 24 },
  },
  {
    given: "beyond the last coverage hours are pending for 72 h",
    installation: site({ coverage: [span("1 Jan", "30 Jan")] }),
    now: "2 Feb",
    hours: { counted: january - 48, pending: 48 },
  },
  {
    given: "and overdue one second later, the newest of them too",
    installation: site({ coverage: [span("1 Jan", "30 Jan")] }),
    now: "2 Feb 00:00:01",
    hours: { counted: january - 48, overdue: 48 },
  },
  {
    given:
      "a hole in the sequence: what lies behind it is no coverage yet, so all behind it is pending",
    installation: site({ coverage: [span("1 Jan", "28 Jan")] }),
    now: "30 Jan 12:00",
    hours: { counted: 27 * 24, pending: 60 },
  },
  {
    given: "coverage that breaks off inside an hour leaves that hour open, not stepped over",
    installation: site({ coverage: [span("1 Jan", "31 Jan 22:30")] }),
    now: "1 Feb 00:00",
    hours: { counted: january - 2, pending: 2 },
  },
  {
    given: "but stepped over when more than 300 s of it are gone before the break",
    installation: site({
      coverage: [span("1 Jan", "31 Jan 22:10"), span("31 Jan 22:20", "31 Jan 22:30")],
    }),
    now: "1 Feb 00:00",
    hours: { counted: january - 2, uncounted: 1, pending: 1 },
  },
  {
    given: "not when it is exactly 300 s: with its rest the hour would be counted",
    installation: site({
      coverage: [span("1 Jan", "31 Jan 22:10"), span("31 Jan 22:15", "31 Jan 22:30")],
    }),
    now: "1 Feb 00:00",
    hours: { counted: january - 2, pending: 2 },
  },
  {
    given: "two journals: while one is silent the hours of both are not counted",
    installation: site(
      { coverage: [span("1 Jan", "2 Feb")] },
      { coverage: [span("1 Jan", "12 Jan")] },
    ),
    hours: { counted: 264, overdue: 480 },
  },
  {
    given: "two journals, one of them retired when it died: nothing is missing",
    installation: site(
      { coverage: [span("1 Jan", "2 Feb")] },
      { coverage: [span("1 Jan", "12 Jan")], expectedTo: at("12 Jan") },
    ),
    hours: { counted: january },
  },
  {
    given: "the worst of two decides: pending before uncounted",
    installation: site(
      { coverage: [span("1 Jan", "31 Jan"), span("31 Jan 12:00", "1 Feb")] },
      { coverage: [span("1 Jan", "31 Jan")] },
    ),
    now: "1 Feb",
    hours: { counted: 720, pending: 24 },
  },
  {
    given: "a declared source that was not heard makes the hour uncounted, not zero",
    installation: site({
      coverage: [span("1 Jan", "2 Feb")],
      sources: [{ name: "product", from: at("1 Jan"), to: null, heard: [span("1 Jan", "20 Jan")] }],
    }),
    hours: { counted: 19 * 24, uncounted: 12 * 24 },
  },
  {
    given: "a source that was not heard in the last hour of the chain either",
    installation: site({
      coverage: [span("1 Jan", "1 Feb")],
      sources: [
        { name: "product", from: at("1 Jan"), to: null, heard: [span("1 Jan", "31 Jan 23:00")] },
      ],
    }),
    now: "1 Feb",
    hours: { counted: january - 1, uncounted: 1 },
  },
  {
    given: "a shutdown of the product alone, attested, while its agent went on",
    installation: {
      ...site({
        coverage: [span("1 Jan", "2 Feb")],
        sources: [
          { name: "product", from: at("1 Jan"), to: null, heard: [span("1 Jan", "20 Jan")] },
        ],
      }),
      attested: [span("20 Jan", "30 Jan")],
    },
    hours: { counted: 19 * 24, excused: 10 * 24, uncounted: 2 * 24 },
  },
  {
    given: "a source declared in mid-January is not missed before",
    installation: site({
      coverage: [span("1 Jan", "2 Feb")],
      sources: [
        { name: "product", from: at("20 Jan"), to: null, heard: [span("20 Jan", "2 Feb")] },
      ],
    }),
    hours: { counted: january },
  },
  {
    given: "one report heard once in each hour is enough",
    installation: site({
      coverage: [span("31 Jan", "2 Feb")],
      sources: [
        {
          name: "product",
          from: at("31 Jan"),
          to: null,
          heard: Array.from({ length: 24 }, (_, hour) => {
            const once = at("31 Jan") + hour * 3600 + 3599;
            return { from: once, to: once };
          }),
        },
      ],
    }),
    hours: { counted: 24 },
  },
  {
    given: "an undecided report holds its hours for 14 days",
    installation: site({
      coverage: [span("1 Jan", "28 Jan"), span("1 Feb", "20 Feb")],
      held: [{ interval: span("28 Jan", "1 Feb"), recordedAt: at("1 Feb") }],
    }),
    now: "14 Feb 23:59:59",
    hours: { counted: 27 * 24, pending: 96 },
  },
  {
    given: "and excuses them after that",
    installation: site({
      coverage: [span("1 Jan", "28 Jan"), span("1 Feb", "20 Feb")],
      held: [{ interval: span("28 Jan", "1 Feb"), recordedAt: at("1 Feb") }],
    }),
    now: "15 Feb",
    hours: { counted: 27 * 24, excused: 96 },
  },
  {
    given: "a held report that claims the future does not step over what comes before it",
    installation: site({
      coverage: [span("1 Jan", "31 Jan")],
      held: [{ interval: span("10 Feb", "11 Feb"), recordedAt: at("31 Jan 12:00") }],
    }),
    now: "1 Feb",
    hours: { counted: 720, pending: 24 },
  },
  {
    given: "nor does its claim put off the silence",
    installation: site({
      coverage: [span("1 Jan", "31 Jan")],
      held: [{ interval: span("10 Feb", "11 Feb"), recordedAt: at("31 Jan 12:00") }],
    }),
    now: "3 Feb 00:00:01",
    hours: { counted: 720, overdue: 24 },
  },
  {
    given:
      "what follows an accepted shutdown has all of report_due: 72 h after its end still pending",
    installation: {
      ...site({ coverage: [span("1 Jan", "10 Jan")] }),
      attested: [span("10 Jan", "20 Jan")],
    },
    now: "23 Jan",
    hours: { counted: 216, excused: 240, pending: 72 },
  },
  {
    given: "one second later its hours are overdue",
    installation: {
      ...site({ coverage: [span("1 Jan", "10 Jan")] }),
      attested: [span("10 Jan", "20 Jan")],
    },
    now: "23 Jan 00:00:01",
    hours: { counted: 216, excused: 240, overdue: 72 },
  },
  {
    given: "a shutdown that was attested covers its hours, with what was counted of the first",
    installation: {
      ...site({ coverage: [span("1 Jan", "22 Jan 14:30"), span("31 Jan 12:00", "2 Feb")] }),
      attested: [span("22 Jan 14:30", "31 Jan 12:00")],
    },
    hours: { counted: 21 * 24 + 14 + 12, excused: 9 * 24 - 14 + 12 },
  },
  {
    given: "an outage of the collector stops the clock of 72 h",
    installation: {
      ...site({ coverage: [span("1 Jan", "29 Jan")] }),
      unaccountable: [span("30 Jan", "1 Feb")],
    },
    now: "3 Feb",
    hours: { counted: 28 * 24, pending: 72 },
  },
  {
    given: "an outage that begins when they were overdue already excuses nothing",
    installation: installationOf({
      journals: [journalOf({ journal: "j1", coverage: [span("1 Jan", "29 Jan")] })],
      unaccountable: [span("10 Feb", "10 Mar")],
    }),
    now: "12 Mar",
    hours: { counted: january - 72, overdue: 72 },
  },
  {
    given: "an outage that begins before they are overdue, and lasts 14 days",
    installation: installationOf({
      journals: [journalOf({ journal: "j1", coverage: [span("1 Jan", "29 Jan")] })],
      unaccountable: [span("1 Feb", "10 Mar")],
    }),
    now: "12 Mar",
    hours: { counted: january - 72, excused: 72 },
  },
  {
    given: "14 days of it excuse the hours that waited through all of them",
    installation: {
      ...site({ coverage: [span("1 Jan", "29 Jan")] }),
      unaccountable: [span("31 Jan", "20 Feb")],
    },
    now: "14 Feb",
    hours: { counted: 28 * 24, excused: 48, pending: 24 },
  },
  {
    given: "a journal that hands over to its successor inside of an hour: they count together",
    installation: site(
      { coverage: [span("1 Jan", "10 Jan 10:30")], expectedTo: at("10 Jan 10:30") },
      { coverage: [span("10 Jan 10:32", "2 Feb")] },
    ),
    hours: { counted: january },
  },
  {
    given: "closed in good order and begun anew 20 min later: that hour is uncounted",
    installation: site(
      { coverage: [span("1 Jan", "10 Jan 10:20")], expectedTo: at("10 Jan 10:20") },
      { coverage: [span("10 Jan 10:40", "2 Feb")] },
    ),
    hours: { counted: january - 1, uncounted: 1 },
  },
  {
    given: "nor is a journal dead that stopped 300 s before its end",
    installation: site(
      { coverage: [span("1 Jan", "10 Jan 10:15")], expectedTo: at("10 Jan 10:20") },
      { coverage: [span("10 Jan 10:40", "2 Feb")] },
    ),
    hours: { counted: january - 1, uncounted: 1 },
  },
  {
    given: "died and replaced: the hour of the replacement is as late as the hours before it",
    installation: site(
      { coverage: [span("1 Jan", "29 Jan 10:00")], expectedTo: at("31 Jan 10:40") },
      { coverage: [span("31 Jan 10:40", "2 Feb")] },
    ),
    now: "1 Feb 10:00:01",
    hours: { counted: january - 49, overdue: 49 },
  },
  {
    given: "died and replaced inside of an hour: the hour is missing with the dead journal's",
    installation: site(
      { coverage: [span("1 Jan", "8 Jan 10:00")], expectedTo: at("10 Jan 10:40") },
      { coverage: [span("10 Jan 10:40", "2 Feb")] },
    ),
    hours: { counted: january - 49, overdue: 49 },
  },
  {
    given: "no journal is expected for two days between a closing report and a new start",
    installation: site(
      { coverage: [span("1 Jan", "10 Jan")], expectedTo: at("10 Jan") },
      { coverage: [span("12 Jan", "2 Feb")] },
    ),
    hours: { counted: january - 48, overdue: 48 },
  },
  {
    given: "nor in the hour in which the new start begins",
    installation: site(
      { coverage: [span("1 Jan", "10 Jan")], expectedTo: at("10 Jan") },
      { coverage: [span("12 Jan 00:30", "2 Feb")] },
    ),
    hours: { counted: january - 49, overdue: 49 },
  },
  {
    given: "silence of an installation that never reported runs from first_report_by",
    installation: installationOf({ journals: [], firstReportBy: at("30 Jan") }),
    now: "2 Feb 00:00:01",
    hours: { overdue: 48 },
  },
  {
    given: "nothing is expected after the retirement, or of another customer",
    installation: {
      ...site({ coverage: [span("1 Jan", "10 Jan")] }),
      assigned: [span("5 Jan", "20 Jan"), { from: at("25 Jan"), to: endless }],
      retiredAt: at("10 Jan"),
    },
    hours: { counted: 5 * 24 },
  },
];

describe("the states of January's hours", () => {
  test.each(rows)("$given", ({ installation, now = "20 Feb", hours }) => {
    const { counted = 0, pending = 0, uncounted = 0, excused = 0, overdue = 0 } = hours;
    const { total } = statesOf(now, installation);
    expect(total).toEqual({
      expected: counted + pending + uncounted + excused + overdue,
      counted,
      pending,
      uncounted,
      excused,
      overdue,
    });
  });

  test("the hour in which a dead journal was replaced is missing in that journal, so that it can be estimated", () => {
    const { installations } = statesOf(
      "20 Feb",
      site(
        { coverage: [span("1 Jan", "8 Jan 10:00")], expectedTo: at("10 Jan 10:40") },
        { coverage: [span("10 Jan 10:40", "2 Feb")] },
      ),
    );
    expect(installations[0]?.journals.map(({ missing }) => missing)).toEqual([
      [span("8 Jan 10:00", "10 Jan 11:00")],
      [],
    ]);
  });

  test("a running period is evaluated up to the last whole hour", () => {
    const states = statesOf("3 Jan 04:59:59", site({ coverage: [span("1 Jan", "3 Jan 04:00")] }));
    expect(states.evaluatedTo).toBe(at("3 Jan 04:00"));
    expect(states.total).toMatchObject({ expected: 52, counted: 52 });
  });

  test("a gap is measured whole, charged by period, and looked back on from its start", () => {
    const [hours] = freezeHours(
      hourStates(
        factsOf({
          contract: contractOf(),
          during: "1 Feb",
          now: "2 Mar",
          installations: [
            site(
              { coverage: [span("1 Jan", "31 Jan 20:00")], expectedTo: at("4 Feb 20:00") },
              { coverage: [span("4 Feb 20:00", "2 Mar")] },
            ),
          ],
        }),
      ),
    ).installations;
    expect(hours?.missing).toEqual([["2026-02-01T00:00:00Z", "2026-02-04T20:00:00Z"]]);
    expect(hours?.journals[0]).toMatchObject({
      overdue: 92,
      history: {
        from: "2026-01-03T20:00:00Z",
        to: "2026-01-31T20:00:00Z",
        counted_hours: 672,
        counted: [["2026-01-03T20:00:00Z", "2026-01-31T20:00:00Z"]],
      },
    });
  });

  test("history reaches back over gaps and before the contract, not to another customer", () => {
    const states = hourStates(
      factsOf({
        contract: contractOf({ term: { from: "2026-01-20T00:00:00Z", to: null } }),
        during: "20 Jan",
        now: "10 Feb",
        installations: [
          {
            ...site({ coverage: [span("1 Jan", "12 Jan"), span("13 Jan", "22 Jan")] }),
            assigned: [{ from: at("5 Jan"), to: endless }],
          },
        ],
      }),
    );
    expect(states.installations[0]?.journals[0]?.history).toEqual({
      from: at("25 Dec 00:00 2025"),
      to: at("22 Jan"),
      counted: [span("5 Jan", "12 Jan"), span("13 Jan", "22 Jan")],
    });
  });

  test("a thousand installations are told apart as one is", () => {
    const many = Array.from({ length: 1000 }, (_, index) => ({
      ...site({ coverage: [span("1 Jan", "12 Jan"), span("12 Jan 02:00", "2 Feb")] }),
      installation: `site-${index}`,
    }));
    expect(statesOf("20 Feb", ...many).total.uncounted).toBe(2000);
  });
});

describe("when a journal is expected", () => {
  const life = {
    journal: "old",
    firstReportAt: at("1 Jan 01:00"),
    firstCoveredAt: at("1 Jan"),
    coveredTo: at("10 Jan"),
    finalAt: null,
    retiredAt: null,
    replaces: null,
  };
  const successor = {
    ...life,
    journal: "new",
    firstCoveredAt: at("10 Jan"),
    coveredTo: at("20 Jan"),
    replaces: "old",
  };

  test.each([
    { given: "while it lives", lives: [life], to: null },
    {
      given: "until its closing report",
      lives: [{ ...life, finalAt: at("10 Jan") }],
      to: at("10 Jan"),
    },
    { given: "until it is retired", lives: [{ ...life, retiredAt: at("9 Jan") }], to: at("9 Jan") },
    { given: "until its successor covers", lives: [life, successor], to: at("10 Jan") },
    {
      given: "while both live: it covers time after its successor's first",
      lives: [{ ...life, coveredTo: at("11 Jan") }, successor],
      to: null,
    },
    {
      given: "while its successor has covered nothing",
      lives: [life, { ...successor, firstCoveredAt: null, coveredTo: null }],
      to: null,
    },
  ])("$given", ({ lives, to }) => {
    expect(expectedSpans(lives).get("old")).toEqual({ from: at("1 Jan"), to });
  });
});
