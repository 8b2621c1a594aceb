/** How instants, durations and sizes are said to people. */

import { type Instant, parseInstant } from "@submeter/shared/time/instant";

/** `2026-01-05 10:04:13 UTC` */
export function instantText(instant: string): string {
  return `${instant.slice(0, 10)} ${instant.slice(11, 19)} UTC`;
}

/** Up to here hours are counted out: the deadline that matters is one of 72 hours. */
const daysFromSeconds = 100 * 3600;

/** `5 d 4 h`, `71 h 5 min`, `4 min 3 s`, `12 s`. */
export function durationText(seconds: number): string {
  const units: [number, string][] = [
    [seconds < daysFromSeconds ? Number.POSITIVE_INFINITY : 86_400, "d"],
    [3600, "h"],
    [60, "min"],
    [1, "s"],
  ];
  let rest = Math.max(0, Math.round(seconds));
  const parts: string[] = [];
  for (const [size, unit] of units) {
    const count = Math.floor(rest / size);
    if (count > 0) rest -= count * size;
    if (count > 0 || parts.length > 0) parts.push(`${count} ${unit}`);
    if (parts.length === 2) break;
  }
  return parts.length === 0 ? "0 s" : parts.filter((part) => !part.startsWith("0 ")).join(" ");
}

/** `812 bytes`, `3.4 kB`, `1.2 MB`, `82.3 GB` */
export function sizeText(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  const [size, unit]: [number, string] =
    bytes < 1_000_000 ? [1000, "kB"] : bytes < 1_000_000_000 ? [1_000_000, "MB"] : [1e9, "GB"];
  return `${(Math.round((bytes * 10) / size) / 10).toLocaleString("en")} ${unit}`;
}

/** `1 report`, `2 reports` */
export function countText(count: number, noun: string): string {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

export function secondsBetween(from: string, to: string): number {
  const [start, end]: [Instant, Instant] = [parseInstant(from), parseInstant(to)];
  return end - start;
}
