/** From hour states to the plain JSON that a statement keeps. */

import type { Interval } from "../time/instant.ts";
import { formatInstant } from "../time/instant.ts";
import { hoursOf } from "./history.ts";
import type { HourStates, InstallationHours, JournalHours } from "./hour-states.ts";
import type {
  HourRange,
  HoursOfInstallation,
  HoursOfJournal,
  HoursOfPeriod,
} from "./hours-of-period.ts";

/** Installations and journals in code-point order, so that equal states freeze to equal bytes. */
export function freezeHours(states: HourStates): HoursOfPeriod {
  return {
    evaluated_to: formatInstant(states.evaluatedTo),
    total: states.total,
    installations: states.installations
      .map(freezeInstallation)
      .toSorted((a, b) => (a.installation < b.installation ? -1 : 1)),
  };
}

function freezeInstallation(hours: InstallationHours): HoursOfInstallation {
  return {
    installation: hours.installation,
    ...hours.counts,
    missing: hours.missing.map(rangeOf),
    journals: hours.journals
      .filter(({ counts }) => counts.expected > 0)
      .map(freezeJournal)
      .toSorted((a, b) => (a.journal < b.journal ? -1 : 1)),
  };
}

function freezeJournal(hours: JournalHours): HoursOfJournal {
  const { history } = hours;
  return {
    journal: hours.journal,
    ...hours.counts,
    missing: hours.missing.map(rangeOf),
    history:
      history === null
        ? null
        : {
            from: formatInstant(history.from),
            to: formatInstant(history.to),
            counted_hours: hoursOf(history.counted),
            counted: history.counted.map(rangeOf),
          },
  };
}

function rangeOf({ from, to }: Interval): HourRange {
  return [formatInstant(from), formatInstant(to)];
}
