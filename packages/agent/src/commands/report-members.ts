/** What each member of a report says, for the data dictionary: the compiler sees to it that none is left out. */

import type { Report } from "@submeter/shared/wire/report";

export const reportMembers: Readonly<Record<keyof Report, string>> = {
  version: "the version of the wire: 1",
  installation: "the installation's name, which the vendor gave it",
  journal: "a random name of this agent's journal",
  sequence: "the report's number in its journal",
  previous: "the digest of the report before it, which makes a chain of them",
  replaces: "which journal this one replaces, and why: copied, damaged or moved",
  sealed_at: "when it was sealed",
  interval_seconds: "how often reports are sealed",
  final: "whether it is the journal's last",
  agent: "the agent's version, how far its clock is off, how much waits, how much disk is free",
  coverage: "from when to when the agent was counting",
  sources: "when each declared source was heard",
  meters: "name, unit, aggregation and decimals of the declared meters",
  usage: "the hourly totals: meter, hour, declared labels, quantity",
  public_key: "the public half of the journal's own key, in its first report",
  x: "shutdowns, only as `submeter-agent pause` was told: from, until, reason, who attested it",
};

/** Besides reports: how the agent asks for the vendor's word. */
export const helloMembers: readonly string[] = ["version", "installation", "journal", "sent_at"];
