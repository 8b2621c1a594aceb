/** `submeter-agent hold`: keeps sealed reports back until a person has looked at them, and says how long that may take. */

import type { Flush } from "../intake/flushed.ts";
import type { AgentStatus } from "../status.ts";
import { type CommandIo, type ExitCode, type Style, styleOf } from "./io.ts";
import { type LocalAgent, resultOf } from "./local-agent.ts";
import { countText, durationText, instantText } from "./wording.ts";

export type HoldVerb = "on" | "off" | "release" | "status";

/** Ends with 1 when what was released could not be delivered yet, or what is held is overdue already. */
export async function hold(
  agent: LocalAgent,
  verb: HoldVerb,
  options: { json: boolean },
  io: CommandIo,
): Promise<ExitCode> {
  const flush =
    verb === "status"
      ? null
      : resultOf<Flush>(await agent.post("/v1/hold", JSON.stringify({ action: verb })));
  const status = flush?.status ?? resultOf<AgentStatus>(await agent.get("/v1/status"));
  if (options.json) io.out(`${JSON.stringify(flush ?? status.hold)}\n`);
  else io.out(`${holdLines(verb, flush, status, styleOf(io)).join("\n")}\n`);
  const isOverdue = status.hold.reports > 0 && (status.hold.overdue_in_seconds ?? 1) <= 0;
  const isLeft = verb !== "status" && status.backlog.reports > status.hold.reports;
  return isOverdue || isLeft ? 1 : 0;
}

function holdLines(
  verb: HoldVerb,
  flush: Flush | null,
  status: AgentStatus,
  style: Style,
): string[] {
  const lines = [stateLine(status, style)];
  if (flush !== null && verb !== "on") lines.push(deliveryLine(flush, style));
  if (status.hold.since !== null || status.hold.reports > 0) {
    lines.push(overdueLine(status, style));
    lines.push("Counting and sealing go on: the sealed times prove that it was counted in time.");
    lines.push(style("dim", "Let go of what is sealed: submeter-agent hold release"));
  }
  return lines;
}

function stateLine({ hold: held }: AgentStatus, style: Style): string {
  if (held.since === null)
    return style("green", "Nothing is held back: reports leave as they are sealed.");
  const oldest =
    held.oldest_sealed_at === null
      ? ""
      : `, the oldest sealed ${instantText(held.oldest_sealed_at)}`;
  return style(
    "yellow",
    `Held back since ${instantText(held.since)}: ${countText(held.reports, "report")}${oldest}.`,
  );
}

function deliveryLine({ delivery, status }: Flush, style: Style): string {
  const released = `Delivered ${countText(delivery.delivered, "report")}`;
  const left = status.backlog.reports - status.hold.reports;
  if (left === 0) return `${released}.`;
  const why =
    delivery.problem === null ? "" : `: ${delivery.problem.code}, ${delivery.problem.detail}`;
  return style("yellow", `${released}; ${countText(left, "report")} still to be delivered${why}`);
}

/** Also said by `status`. */
export function overdueLine({ hold: held, collector }: AgentStatus, style: Style): string {
  if (held.overdue_at === null) {
    return "When held hours become overdue is not known: the vendor has not said anything yet.";
  }
  const at = instantText(held.overdue_at);
  const seconds = held.overdue_in_seconds ?? 0;
  const asOf =
    collector === null ? "" : `, by the vendor's word of ${instantText(collector.issued_at)}`;
  if (seconds <= 0) {
    return style(
      "red",
      `Held hours are overdue since ${at}${asOf}: the contract's fallback may be billed for them.`,
    );
  }
  return style(
    seconds < 86_400 ? "red" : "yellow",
    `Held hours become overdue at ${at}, in ${durationText(seconds)}${asOf}.`,
  );
}
