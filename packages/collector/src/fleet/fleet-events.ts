/** What is told when an installation's state turns into another, and as its silence grows. Pure. */

import { formatInstant, type Instant, secondsPerHour } from "@submeter/shared/time/instant";
import type { NewEvent } from "../store/events.ts";
import type { FleetStateRow } from "../store/fleet-states.ts";
import type { FleetItem } from "./overview.ts";

/** `before`: as it was found last; what happened since then is told, each under a name of its own. */
export function eventsOfTurn(before: FleetStateRow, item: FleetItem, now: Instant): NewEvent[] {
  const told = { before, item, now };
  return [...turned(told), ...approached(told), ...neverCame(told)];
}

type Turn = { before: FleetStateRow; item: FleetItem; now: Instant };

function turned({ before, item, now }: Turn): NewEvent[] {
  if (before.state === item.state) return [];
  const silence = textOrNull(item.silentFrom);
  switch (item.state) {
    case "late":
      // One that is no longer offline but still late has said something, and is not late anew.
      return before.state === "offline" ? [] : [eventOf("installation.late", silence, item, now)];
    case "offline":
      return [eventOf("installation.offline", silence, item, now)];
    case "forked":
      return [eventOf("installation.forked", formatInstant(now), item, now)];
    case "reporting":
    case "skewed":
      return before.state === "late" || before.state === "offline" || wasOverdue(before)
        ? [recovered(before, item, now)]
        : [];
    case "never_reported":
    case "retired":
      return [];
  }
}

function recovered(before: FleetStateRow, item: FleetItem, now: Instant): NewEvent {
  const event = eventOf("installation.recovered", textOrNull(before.silent_from), item, now);
  const data = {
    ...event.data,
    was: before.state,
    silent_from: textOrNull(before.silent_from),
    covered_again_up_to: textOrNull(item.lastCovered),
  };
  return { ...event, data };
}

/** Each of the instants that passed since it was looked at last; of several at once, the nearest to the end. */
function approached({ before, item, now }: Turn): NewEvent[] {
  if (item.state === "offline" || item.state === "forked" || item.state === "retired") return [];
  const reached = item.approaches.filter(({ at }) => at <= now && at > before.refreshed_at);
  const nearest = reached.at(-1);
  if (nearest === undefined || item.reportDueSeconds === null) return [];
  const { hoursLeft, at } = nearest;
  const silence = `${textOrNull(item.silentFrom ?? item.fallbackFrom)} ${hoursLeft}`;
  const event = eventOf("installation.minimum_approaching", silence, item, at);
  const silentHours = item.reportDueSeconds / secondsPerHour - hoursLeft;
  return [{ ...event, data: { ...event.data, silent_hours: silentHours, hours_left: hoursLeft } }];
}

/** One that has never reported is silent, too, once its first report is due and its time is over. */
function neverCame({ before, item, now }: Turn): NewEvent[] {
  const { state, fallbackFrom } = item;
  if (state !== "never_reported" || fallbackFrom === null || fallbackFrom > now) return [];
  // Found anew for another reason, it has been told already; an amended contract gives it another instant.
  if (wasOverdue(before) && before.fallback_from === fallbackFrom) return [];
  return [eventOf("installation.offline", `never ${formatInstant(fallbackFrom)}`, item, now)];
}

function wasOverdue({ state, fallback_from: over, refreshed_at: at }: FleetStateRow): boolean {
  return state === "never_reported" && over !== null && over <= at;
}

function eventOf(type: NewEvent["type"], key: string | null, item: FleetItem, at: Instant) {
  const { installation, customer, state } = item;
  return {
    type,
    key: `${installation} ${key}`,
    at,
    customer,
    installation,
    data: {
      installation,
      customer,
      state,
      covered_up_to: textOrNull(item.lastCovered),
      silent_from: textOrNull(item.silentFrom),
      silent_seconds: item.silentSeconds,
      minimum_starts_at: textOrNull(item.fallbackFrom),
    },
  };
}

function textOrNull(instant: Instant | null): string | null {
  return instant === null ? null : formatInstant(instant);
}
