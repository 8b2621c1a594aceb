/** What is known about the hours of a contract's installations, as gathered at one instant; all instants are Unix seconds. */

import type { Instant, Interval } from "../time/instant.ts";
import type { Period, Term } from "../time/period.ts";

export type HourFacts = {
  readonly now: Instant;
  readonly period: Period;
  /** The contract's term: nothing is expected outside of it. */
  readonly term: Term;
  readonly reportDueSeconds: number;
  /** When the collector itself did not accept reports from anybody; counts as unaccountable for each installation. */
  readonly outages: readonly Interval[];
  readonly installations: readonly InstallationFacts[];
};

export type InstallationFacts = {
  readonly installation: string;
  /** When it belonged to this contract's customer; whole hours, `to` may be `endless`. */
  readonly assigned: readonly Interval[];
  readonly retiredAt: Instant | null;
  /** The start of the first coverage ever accepted from it; null while it never reported. */
  readonly firstAcceptedCoverage: Instant | null;
  /** From when the silence of one that never reported counts. */
  readonly firstReportBy: Instant;
  /** When it in particular could not report by the vendor's doing: no valid key, suspended. */
  readonly unaccountable: readonly Interval[];
  /** Shutdowns that were attested and accepted. */
  readonly attested: readonly Interval[];
  readonly journals: readonly JournalFacts[];
};

export type JournalFacts = {
  readonly journal: string;
  /** From its first report until it was closed, replaced or retired (see `expected-journals.ts`). */
  readonly expectedFrom: Instant;
  readonly expectedTo: Instant | null;
  /** Of accepted reports up to `through` only. */
  readonly coverage: readonly Interval[];
  /** Of quarantined and rejected reports up to `through` that nobody has decided. A rejected one that cannot be read holds the time between its neighbours. */
  readonly held: readonly HeldCoverage[];
  /** Empty when the agent declares none. */
  readonly sources: readonly SourceFacts[];
  /** How far the host's clock is behind the collector's while its reports arrive; 0 when it is not. */
  readonly lagSeconds: number;
};

export type HeldCoverage = { readonly interval: Interval; readonly recordedAt: Instant };

export type SourceFacts = {
  readonly name: string;
  /** From and until when it was declared; null while it still is. */
  readonly from: Instant;
  readonly to: Instant | null;
  readonly heard: readonly Interval[];
};
