/** Who should be heard and is not, and what came in and could not be counted: as the running agent's status tells it. */

import { countText } from "../commands/wording.ts";
import type { AgentStatus } from "../status.ts";
import { type Finding, fault, warning, well } from "./finding.ts";

/** None where the meter file declares no sources. */
export function checkSources({ sources }: AgentStatus): Finding[] {
  const hint =
    "let the product name it as the source of what it sends (`sources` in the ways file renames); if there is no such source any more, take it out of the meter file";
  const silent = sources.filter((source) => source.silent).map(({ name }) => name);
  const unheard = sources.filter(({ heard_at: at }) => at === null).map(({ name }) => name);
  if (silent.length > 0) {
    const detail = `${silent.join(", ")} said nothing for an hour: such hours are uncounted, not zero`;
    return [fault("sources", detail, hint)];
  }
  if (unheard.length > 0) {
    return [warning("sources", `${unheard.join(", ")} not heard since the agent started`, hint)];
  }
  return sources.length === 0 ? [] : [well("sources", `all ${sources.length} are heard`)];
}

/** The first thing that is wrong with one of the further ways; none where there are no such ways. */
export function checkWays({ ways }: AgentStatus): Finding[] {
  const { statsd, scrape, heartbeat } = ways;
  if (statsd === null && scrape.length === 0 && heartbeat.length === 0) return [];
  return [
    failingPage(scrape) ??
      lostDatagrams(statsd) ??
      refusedLines(statsd) ??
      emptyPage(scrape) ??
      down(heartbeat) ??
      well("ways", "nothing that came by the further ways was left out"),
  ];
}

type Ways = AgentStatus["ways"];

function failingPage(scrape: Ways["scrape"]): Finding | null {
  const page = scrape.find(({ problem }) => problem !== null);
  if (page === undefined) return null;
  return fault(
    "ways",
    `${page.source} is not counted: ${page.problem} (${page.url})`,
    "look at the address with curl from here; what its counters gain meanwhile counts with the next page that can be read",
  );
}

function lostDatagrams(statsd: Ways["statsd"]): Finding | null {
  const dropped = statsd?.dropped ?? 0;
  if (dropped > 0) {
    return warning(
      "ways",
      `the kernel dropped ${countText(dropped, "StatsD datagram")}: their counts are lost`,
      "give it a larger buffer as root: sysctl -w net.core.rmem_max=8388608, and start the agent again; or send over tcp: or unix:",
    );
  }
  const lost = statsd?.not_durable ?? 0;
  if (lost === 0) return null;
  return warning(
    "ways",
    `${countText(lost, "StatsD line")} came while nothing could be made durable, and are lost`,
    "see why events were refused (the agent's log); a product that must lose nothing sends to POST /v1/usage",
  );
}

/** Most products send more than what is counted here: that is no fault while something of it is counted. */
const ordinary = new Set(["meter_unknown", "type_not_counted"]);

function refusedLines(statsd: Ways["statsd"]): Finding | null {
  const [most] = Object.entries(statsd?.bad ?? {})
    .filter(([why]) => statsd?.counted === 0 || !ordinary.has(why))
    .toSorted(([, a], [, b]) => b - a);
  if (most === undefined) return null;
  const [why, lines] = most;
  return warning(
    "ways",
    `${countText(lines, "StatsD line")} not counted: ${why}`,
    "see StatsD in the agent's README; names that differ are brought together by `names` in the ways file",
  );
}

function emptyPage(scrape: Ways["scrape"]): Finding | null {
  const page = scrape.find(({ read_at: at, samples }) => at !== null && samples === 0);
  if (page === undefined) return null;
  return warning(
    "ways",
    `${page.source} has no sample of a declared meter on its page (${page.url})`,
    "bring its names to those of the meters by `names` in the ways file",
  );
}

function down(heartbeat: Ways["heartbeat"]): Finding | null {
  const beat = heartbeat.find(({ up_at: at }) => at === null);
  if (beat === undefined) return null;
  const hint = "if the product is up, correct the url of the heartbeat in the ways file";
  return warning("ways", `the product is not seen to be up for ${beat.meter}`, hint);
}
