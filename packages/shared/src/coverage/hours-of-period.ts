/** The hours of one period as a statement freezes them: plain JSON, made from the hour states at the close. */

/** `[from, to)`, RFC 3339, whole UTC hours. */
export type HourRange = readonly [from: string, to: string];

/** Whole hours by state. `expected` is their sum. */
export type HourCounts = {
  readonly expected: number;
  readonly counted: number;
  readonly pending: number;
  readonly uncounted: number;
  readonly excused: number;
  readonly overdue: number;
};

export type HoursOfJournal = HourCounts & {
  readonly journal: string;
  /** Uncounted and overdue hours. */
  readonly missing: readonly HourRange[];
  /** What `estimate` looks back on: the 28 days before the gap that holds the first missing hour; null when none is missing. */
  readonly history: {
    readonly from: string;
    readonly to: string;
    readonly counted_hours: number;
    readonly counted: readonly HourRange[];
  } | null;
};

export type HoursOfInstallation = HourCounts & {
  readonly installation: string;
  readonly missing: readonly HourRange[];
  readonly journals: readonly HoursOfJournal[];
};

export type HoursOfPeriod = {
  /** The period's own end, or the last whole hour before `as_of` while it is still open. */
  readonly evaluated_to: string;
  readonly total: HourCounts;
  readonly installations: readonly HoursOfInstallation[];
};
