/** `submeter-agent flush`, and its kin that change something first: `retire`, `trust`, `retry`. */

import type { Flush } from "../intake/flushed.ts";
import { type CommandIo, type ExitCode, type Style, styleOf } from "./io.ts";
import { type LocalAgent, resultOf } from "./local-agent.ts";
import { countText, sizeText } from "./wording.ts";

export type FlushVerb = "flush" | "retire" | "trust" | "retry";

/** Seals (or what the verb says) and delivers; ends with 1 when something still waits. */
export async function flush(
  agent: LocalAgent,
  verb: FlushVerb,
  options: { json: boolean },
  io: CommandIo,
): Promise<ExitCode> {
  const result = resultOf<Flush>(await agent.post(`/v1/${verb}`, "{}"));
  io.out(options.json ? `${JSON.stringify(result)}\n` : flushText(verb, result, styleOf(io)));
  return result.delivery.kind === "rest" && result.status.backlog.reports === 0 ? 0 : 1;
}

function flushText(verb: FlushVerb, result: Flush, style: Style): string {
  return `${[...sealedLines(verb, result), deliveryLine(result, style)].join("\n")}\n`;
}

function sealedLines(verb: FlushVerb, { sealed, status }: Flush): string[] {
  switch (verb) {
    case "flush":
    case "retire": {
      const kind = verb === "retire" ? "Sealed the final report" : "Sealed report";
      if (sealed.length === 0) return ["Nothing was counted since the last report."];
      return sealed.map(({ sequence, bytes }) => `${kind} ${sequence} (${sizeText(bytes)}).`);
    }
    case "trust":
      return status.collector === null
        ? ["The known collector is forgotten; the next one that answers with your key is pinned."]
        : [`The collector "${status.collector.collector}" is pinned.`];
    case "retry":
      return ["Rejected reports are offered again."];
  }
}

function deliveryLine({ delivery, status }: Flush, style: Style): string {
  const delivered = `Delivered ${countText(delivery.delivered, "report")}`;
  const waiting = status.backlog.reports;
  if (waiting === 0) return `${style("green", delivered)}; nothing waits.`;
  const why =
    waiting === status.hold.reports
      ? ": held back for review (submeter-agent hold)"
      : delivery.problem === null
        ? ""
        : `: ${delivery.problem.code}, ${delivery.problem.detail}`;
  return style(
    "yellow",
    `${delivered}; ${countText(waiting, "report")} wait${waiting === 1 ? "s" : ""}${why}`,
  );
}
