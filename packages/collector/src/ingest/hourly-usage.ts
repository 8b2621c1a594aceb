/** What reports add to the hours of their journal: sums add up, and of a `max` meter the greatest stands. */

import { add, decimal, format, greater } from "@submeter/shared/numbers/decimal";
import type { Instant } from "@submeter/shared/time/instant";
import type { UsageWindow, WindowKey } from "../store/usage.ts";
import type { Content } from "./candidate.ts";

type Named = { installation: string; journal: string };

export const windowKey = ({ installation, journal }: Named, window: Instant): string =>
  `${installation} ${journal} ${window}`;

/** Each window that the report has lines of, once. */
export function windowsOf(name: Named, content: Content): WindowKey[] {
  const { installation, journal } = name;
  const windows = new Set(content.lines.map(({ window }) => window));
  return [...windows].map((window) => ({ installation, journal, window }));
}

/** Adds the report's lines to `windows`, which holds what is stored, by {@link windowKey}; answers those it changed. */
export function addUsage(
  windows: Map<string, UsageWindow>,
  name: Named,
  content: Content,
): UsageWindow[] {
  const greatest = new Set(
    content.meters.filter(({ aggregation }) => aggregation === "max").map((meter) => meter.name),
  );
  const changed = new Map(
    windowsOf(name, content).map((key) => [key.window, openWindow(windows, key)]),
  );
  for (const { meter, window, dimensions, quantity } of content.lines) {
    const lines = changed.get(window)?.lines;
    const key = `${meter} ${dimensions}`;
    const known = lines?.get(key);
    const combined = greatest.has(meter) ? greater : add;
    lines?.set(
      key,
      known === undefined ? quantity : format(combined(decimal(known), decimal(quantity))),
    );
  }
  return [...changed.values()];
}

function openWindow(windows: Map<string, UsageWindow>, key: WindowKey): UsageWindow {
  const place = windowKey(key, key.window);
  const known = windows.get(place);
  if (known !== undefined) return known;
  const opened = { ...key, lines: new Map<string, string>(), stored: false };
  windows.set(place, opened);
  return opened;
}
