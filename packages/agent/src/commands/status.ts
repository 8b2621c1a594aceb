/** `submeter-agent status`: what waits, what was received, and how long until the fallback. */

import type { AgentStatus } from "../status.ts";
import { overdueLine } from "./hold.ts";
import { type CommandIo, type ExitCode, type Style, styleOf } from "./io.ts";
import { type LocalAgent, resultOf } from "./local-agent.ts";
import { countText, durationText, instantText, secondsBetween, sizeText } from "./wording.ts";
import { waysRows } from "./ways-rows.ts";

export async function status(
  agent: LocalAgent,
  options: { json: boolean },
  io: CommandIo,
): Promise<ExitCode> {
  const result = resultOf<AgentStatus>(await agent.get("/v1/status"));
  io.out(options.json ? `${JSON.stringify(result)}\n` : statusText(result, styleOf(io)));
  return isWell(result) ? 0 : 1;
}

/** Nothing needs a person. */
function isWell(status: AgentStatus): boolean {
  const { counting, delivery, backlog, replaced_files: replaced, sources } = status;
  if (replaced.length > 0 || sources.some(({ silent }) => silent)) return false;
  return counting.refusing === null && delivery.state !== "stopped" && backlog.parked === 0;
}

export function statusText(status: AgentStatus, style: Style): string {
  const rows: [string, string][] = [
    ["Counting", countingText(status, style)],
    ...waysRows(status, style),
    ...replacedRow(status, style),
    ["Next report", nextText(status)],
    ["Waiting", waitingText(status, style)],
    ...heldRow(status, style),
    ...shutdownRow(status, style),
    ["Last receipt", receiptText(status, style)],
    ["Collector", collectorText(status)],
    ["Fallback", fallbackText(status, style)],
    ["Delivery", deliveryText(status, style)],
  ];
  const title = `${style("bold", status.installation)}  ${style("dim", `Submeter agent ${status.version}`)}`;
  const lines = rows.map(([name, text]) => `  ${style("dim", name.padEnd(14))}${text}`);
  return `${title}\n${lines.join("\n")}\n`;
}

function countingText({ counting, sealing }: AgentStatus, style: Style): string {
  if (sealing.final) return style("yellow", "ended: the final report is sealed");
  if (counting.refusing !== null) return style("red", `refusing events: ${counting.refusing}`);
  return `${style("green", "yes")}, ${countText(counting.open_lines, "line")} not sealed yet`;
}

function replacedRow({ replaced_files: files }: AgentStatus, style: Style): [string, string][] {
  if (files.length === 0) return [];
  const text = `could not be read and was replaced. Give ${files.join(", ")} of the state directory to the vendor, then move it away`;
  return [["Journal", style("red", text)]];
}

function nextText({ sealing, now }: AgentStatus): string {
  if (sealing.next_at === null) return "none";
  const inText = durationText(secondsBetween(now, sealing.next_at));
  return `number ${sealing.last_sequence + 1}, in ${inText} (${instantText(sealing.next_at)})`;
}

function waitingText({ backlog }: AgentStatus, style: Style): string {
  const parked =
    backlog.parked === 0
      ? ""
      : style(
          "red",
          ` · ${countText(backlog.parked, "report")} rejected by the vendor: \`submeter-agent retry\` after an upgrade`,
        );
  if (backlog.reports === 0) return `nothing${parked}`;
  const since =
    backlog.oldest_sealed_at === null
      ? ""
      : `, the oldest of ${instantText(backlog.oldest_sealed_at)}`;
  return `${countText(backlog.reports, "report")} (${sizeText(backlog.bytes)})${since}${parked}`;
}

function heldRow(status: AgentStatus, style: Style): [string, string][] {
  const { since, reports } = status.hold;
  if (since === null) return [];
  const held = `${countText(reports, "report")} since ${instantText(since)}`;
  return [["Held back", `${style("yellow", held)}. ${overdueLine(status, style)}`]];
}

function shutdownRow({ shutdown, now }: AgentStatus, style: Style): [string, string][] {
  if (shutdown === null) return [];
  const runs = secondsBetween(shutdown.from, now) >= 0;
  const when = runs
    ? `until ${instantText(shutdown.until)}`
    : `from ${instantText(shutdown.from)} to ${instantText(shutdown.until)}`;
  return [["Shut down", `${style("yellow", `attested ${when}`)}: ${shutdown.reason}`]];
}

function receiptText({ last_receipt: last }: AgentStatus, style: Style): string {
  if (last === null) return "none yet";
  const tone =
    last.outcome === "accepted" ? "green" : last.outcome === "quarantined" ? "yellow" : "red";
  const code = last.code === null ? "" : ` (${last.code})`;
  return `report ${last.sequence} ${style(tone, last.outcome)}${code}, ${instantText(last.recorded_at)}`;
}

function collectorText({ collector, endpoint }: AgentStatus): string {
  if (collector === null) return `not heard yet (${endpoint})`;
  const { covered_through: through } = collector;
  return through === null
    ? `holds no covered hour yet (${collector.collector})`
    : `holds everything up to ${instantText(through)} (${collector.collector})`;
}

function fallbackText({ collector }: AgentStatus, style: Style): string {
  if (collector === null || collector.fallback_at === null) return "no date set";
  const seconds = collector.fallback_in_seconds ?? 0;
  const at = instantText(collector.fallback_at);
  if (seconds <= 0) return style("red", `since ${at}: billed by the contract's fallback`);
  const tone = seconds < 24 * 3600 ? "yellow" : "green";
  return `${style(tone, `in ${durationText(seconds)}`)} (${at}) if no report arrives, as of ${instantText(collector.issued_at)}`;
}

function deliveryText({ delivery, installation }: AgentStatus, style: Style): string {
  if (delivery.other_collector !== null) {
    const { collector } = delivery.other_collector;
    return style(
      "red",
      `stopped: "${collector}" answers with the key of ${installation}, but is not the collector known before. If it is right: \`submeter-agent trust\``,
    );
  }
  const { problem } = delivery;
  if (problem === null) return "well";
  const again =
    delivery.next_attempt_in_seconds > 0
      ? `; again in ${durationText(delivery.next_attempt_in_seconds)}`
      : "";
  return style("yellow", `${problem.code}: ${problem.detail}${again}`);
}
