/** What `status` says of who was heard, and of the ways in that have no answers of their own. */

import type { AgentStatus } from "../status.ts";
import type { Style } from "./io.ts";
import { countText, durationText, secondsBetween } from "./wording.ts";

/** None where nothing is declared: most agents hear a product over HTTP alone, which is told at once. */
export function waysRows(status: AgentStatus, style: Style): [string, string][] {
  const { statsd, scrape, heartbeat } = status.ways;
  return [
    ...rows(
      "Sources",
      status.sources.map((source) => sourceText(source, status.now, style)),
    ),
    ...rows("StatsD", statsd === null ? [] : [statsdText(statsd, style)]),
    ...rows(
      "Scraped",
      scrape.map((page) => scrapeText(page, style)),
    ),
    ...rows(
      "Heartbeat",
      heartbeat.map(({ meter, up_at: upAt }) =>
        upAt === null ? style("yellow", `${meter}: not up`) : `${meter}: up`,
      ),
    ),
  ];
}

function rows(name: string, texts: readonly string[]): [string, string][] {
  return texts.map((text, index) => [index === 0 ? name : "", text]);
}

function sourceText(
  { name, heard_at: at, silent }: AgentStatus["sources"][number],
  now: string,
  style: Style,
): string {
  const heard = at === null ? "not heard" : `heard ${durationText(secondsBetween(at, now))} ago`;
  if (silent) return style("red", `${name}: ${heard}; hours without its word are not counted`);
  return at === null ? style("yellow", `${name}: not heard yet`) : `${name}: ${heard}`;
}

function statsdText(statsd: NonNullable<AgentStatus["ways"]["statsd"]>, style: Style): string {
  const bad = Object.entries(statsd.bad).map(([why, lines]) => `${lines} ${why}`);
  const lost = [
    ...(bad.length === 0 ? [] : [`not counted: ${bad.join(", ")}`]),
    ...(statsd.not_durable === 0 ? [] : [`lost: ${countText(statsd.not_durable, "line")}`]),
    ...((statsd.dropped ?? 0) === 0
      ? []
      : [`dropped by the kernel: ${countText(statsd.dropped ?? 0, "datagram")}`]),
  ];
  const counted = `${countText(statsd.counted, "line")} counted`;
  return lost.length === 0 ? counted : `${counted}; ${style("yellow", lost.join("; "))}`;
}

function scrapeText(page: AgentStatus["ways"]["scrape"][number], style: Style): string {
  const { source, url, problem, samples, refused } = page;
  if (problem !== null) return style("yellow", `${source}: ${problem} (${url})`);
  if (page.read_at === null) return `${source}: not read yet`;
  const notRead = refused === 0 ? "" : style("yellow", `, ${refused} that cannot be counted`);
  const found = `${source}: ${countText(samples, "sample")} of declared meters${notRead}`;
  return samples === 0 ? style("yellow", `${found} on ${url}`) : found;
}
