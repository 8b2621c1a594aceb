/** The agent that runs here, as its status tells it. */

import { countText } from "../commands/wording.ts";
import type { AgentStatus } from "../status.ts";
import { type Finding, fault, warning, well } from "./finding.ts";

/** `status` null: none answers, for the reason given. */
export function checkAgent(status: AgentStatus | null, why: string, installation: string): Finding {
  if (status === null) return warning("agent", why, "start it with `submeter-agent run`");
  if (status.installation !== installation) {
    return fault(
      "agent",
      `the agent that answers is of ${status.installation}, and this configuration of ${installation}`,
      "say where the right one listens (--listen, SUBMETER_AGENT_LISTEN), or correct the key",
    );
  }
  const { refusing } = status.counting;
  if (status.sealing.final) {
    return fault("agent", "it has sealed its final report and counts no more", "start it again");
  }
  if (refusing !== null) {
    return fault(
      "agent",
      `it refuses events: ${refusing}`,
      "free space on its disk, and see its log (docs/errors.md explains the code)",
    );
  }
  if (status.replaced_files.length > 0) {
    return fault(
      "agent",
      `it counts, but a journal was replaced: ${status.replaced_files.join(", ")}`,
      "give these files to the vendor, then move them away",
    );
  }
  return well("agent", `version ${status.version} counts`);
}

/** Null while no agent runs. */
export function checkDelivery(status: AgentStatus): Finding {
  const { backlog, delivery, hold } = status;
  const waiting = `${countText(backlog.reports, "report")} ${backlog.reports === 1 ? "waits" : "wait"}`;
  if (delivery.other_collector !== null) {
    return fault(
      "delivery",
      `it has stopped: "${delivery.other_collector.collector}" answers in the known collector's place`,
      "ask the vendor; if it is right, `submeter-agent trust`",
    );
  }
  if (backlog.parked > 0) {
    return fault(
      "delivery",
      `the vendor rejected ${countText(backlog.parked, "report")}`,
      "bring the agent up to date, then `submeter-agent retry`; else ask the vendor",
    );
  }
  if (hold.reports > 0) {
    const overdue = hold.overdue_at === null ? "" : `, overdue at ${hold.overdue_at}`;
    return warning(
      "delivery",
      `${countText(hold.reports, "report")} held back for review${overdue}`,
      "`submeter-agent hold release` when the review is done",
    );
  }
  if (delivery.problem !== null && backlog.reports > 0) {
    const { code, detail } = delivery.problem;
    return fault(
      "delivery",
      `${waiting}: ${code}, ${detail}`,
      "nothing is lost; see what is said of the collector below",
    );
  }
  return well(
    "delivery",
    backlog.reports === 0 ? "nothing waits" : `${waiting} for the next attempt`,
  );
}
