/** From stored rows to the facts that hour states are computed from. Pure. */

import { contractTerms, firstReportBy } from "@submeter/shared/contracts/contract-terms";
import type { ContractDocument } from "@submeter/shared/contracts/contract";
import { expectedSpans } from "@submeter/shared/coverage/expected-journals";
import type {
  HeldCoverage,
  HourFacts,
  InstallationFacts,
  JournalFacts,
  SourceFacts,
} from "@submeter/shared/coverage/hour-facts";
import { endless, union } from "@submeter/shared/coverage/intervals";
import type { Instant, Interval } from "@submeter/shared/time/instant";
import type { Period, Term } from "@submeter/shared/time/period";
import { lagSeconds } from "../fleet/reporting.ts";
import type {
  AssignmentRow,
  CoverageRow,
  HeldRow,
  JournalRow,
  Seconds,
} from "../store/evidence.ts";

export type Evidence = {
  readonly assignments: readonly AssignmentRow[];
  readonly journals: readonly JournalRow[];
  readonly coverage: readonly CoverageRow[];
  readonly held: readonly HeldRow[];
  readonly outages: readonly Interval[];
  readonly unaccountable: ReadonlyMap<string, readonly Interval[]>;
  /** Accepted shutdowns by installation. */
  readonly attested: ReadonlyMap<string, readonly Interval[]>;
};

export function hourFactsOf(
  evidence: Evidence,
  given: { now: Instant; period: Period; run: Term; contract: ContractDocument },
): HourFacts {
  const { now, period, run, contract } = given;
  const byInstallation = {
    assignments: grouped(evidence.assignments, (row) => row.installation_id),
    journals: grouped(evidence.journals, (row) => row.installation_id),
    coverage: grouped(evidence.coverage, journalKey),
    held: grouped(evidence.held, journalKey),
    unaccountable: evidence.unaccountable,
    attested: evidence.attested,
  };
  return {
    now,
    period,
    term: run,
    reportDueSeconds: contractTerms(contract).reportDueSeconds,
    outages: evidence.outages,
    installations: [...byInstallation.assignments].map(([installation, assignments]) =>
      installationFacts(installation, assignments, byInstallation, contract, now),
    ),
  };
}

type Grouped = {
  readonly journals: ReadonlyMap<string, readonly JournalRow[]>;
  readonly coverage: ReadonlyMap<string, readonly CoverageRow[]>;
  readonly held: ReadonlyMap<string, readonly HeldRow[]>;
  readonly unaccountable: ReadonlyMap<string, readonly Interval[]>;
  readonly attested: ReadonlyMap<string, readonly Interval[]>;
};

function installationFacts(
  installation: string,
  assignments: readonly AssignmentRow[],
  evidence: Grouped,
  contract: ContractDocument,
  now: Instant,
): InstallationFacts {
  const journals = evidence.journals.get(installation) ?? [];
  const assigned = union(
    assignments.map(({ from_at, to_at }) => ({ from: from_at, to: to_at ?? endless })),
  );
  const firstAssigned = assigned[0]?.from ?? endless;
  const covered = journals.map((row) => row.first_covered_at).filter((at) => at !== null);
  const spans = expectedSpans(
    journals.map((row) => ({
      journal: row.journal,
      firstReportAt: row.first_recorded_at,
      firstCoveredAt: row.first_covered_at,
      coveredTo: row.covered_through,
      finalAt: row.final_at,
      retiredAt: row.retired_at,
      replaces: row.replaces?.journal ?? null,
    })),
  );
  return {
    installation,
    assigned,
    retiredAt: assignments[0]?.retired_at ?? null,
    firstAcceptedCoverage: covered.length === 0 ? null : Math.min(...covered),
    firstReportBy: firstReportBy(contract, firstAssigned),
    unaccountable: evidence.unaccountable.get(installation) ?? [],
    attested: evidence.attested.get(installation) ?? [],
    journals: journals.map((row): JournalFacts => {
      const span = spans.get(row.journal) ?? { from: row.first_recorded_at, to: null };
      const coverage = evidence.coverage.get(journalKey(row)) ?? [];
      return {
        journal: row.journal,
        expectedFrom: span.from,
        expectedTo: span.to,
        coverage: union(coverage.flatMap((report) => report.coverage.map(intervalOf))),
        held: (evidence.held.get(journalKey(row)) ?? []).flatMap(heldOf),
        sources: sourcesOf(coverage),
        lagSeconds: lagOf(row, contract, now),
      };
    }),
  };
}

/** A report that cannot be read holds the time between its neighbours. */
function heldOf(row: HeldRow): HeldCoverage[] {
  const { recorded_at: recordedAt } = row;
  if (row.coverage !== null) {
    return row.coverage.map((seconds) => ({ interval: intervalOf(seconds), recordedAt }));
  }
  const interval = {
    from: row.covered_before ?? recordedAt,
    to: row.covered_after ?? recordedAt,
  };
  return interval.from < interval.to ? [{ interval, recordedAt }] : [];
}

/** A source is declared from the first report that names it until the first later one that does not. */
function sourcesOf(reports: readonly CoverageRow[]): SourceFacts[] {
  const found = new Map<string, { from: Instant; to: Instant | null; heard: Interval[] }>();
  const apart = new Map<string, Interval[]>();
  for (const { coverage, sources } of reports) {
    const from = coverage[0]?.[0];
    if (sources === null) continue;
    if (from === undefined) {
      // What a report without coverage heard belongs to the time that its neighbours cover.
      for (const { name, heard } of sources) {
        apart.set(name, [...(apart.get(name) ?? []), ...heard.map(intervalOf)]);
      }
      continue;
    }
    const named = new Set(sources.map(({ name }) => name));
    for (const [name, facts] of found) {
      if (!named.has(name) && facts.to === null) found.set(name, { ...facts, to: from });
    }
    for (const { name, heard } of sources) {
      const before = found.get(name);
      const intervals = heard.map(intervalOf);
      if (before === undefined) found.set(name, { from, to: null, heard: intervals });
      else found.set(name, { ...before, to: null, heard: [...before.heard, ...intervals] });
    }
  }
  return [...found].map(([name, facts]) => ({
    name,
    ...facts,
    heard: union([...facts.heard, ...(apart.get(name) ?? [])]),
  }));
}

function lagOf(row: JournalRow, contract: ContractDocument, now: Instant): number {
  const journal = {
    lastRecordedAt: row.last_recorded_at,
    clockSkewMs: Number(row.clock_skew_ms ?? 0n),
    newestAgeSeconds: row.newest_age_seconds ?? 0,
  };
  return lagSeconds(journal, contractTerms(contract).reportDueSeconds, now);
}

function intervalOf([from, to]: Seconds): Interval {
  return { from, to };
}

function journalKey(row: { installation_id: string; journal: string }): string {
  return `${row.installation_id} ${row.journal}`;
}

function grouped<Row>(rows: readonly Row[], keyOf: (row: Row) => string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group === undefined) groups.set(keyOf(row), [row]);
    else group.push(row);
  }
  return groups;
}
