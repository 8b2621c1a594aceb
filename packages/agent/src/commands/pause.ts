/** `submeter-agent pause`: attests that nothing runs here, which the vendor may accept; or says what was attested. */

import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import { type Instant, formatInstant } from "@submeter/shared/time/instant";
import type { Paused, ShutdownJson, Shutdowns } from "../intake/pause-routes.ts";
import { instantFlag } from "./instant-flag.ts";
import { type CommandIo, type ExitCode, type Style, styleOf } from "./io.ts";
import { type LocalAgent, resultOf } from "./local-agent.ts";
import { countText, instantText } from "./wording.ts";

export type PauseOptions = {
  readonly from: string | undefined;
  readonly until: string | undefined;
  readonly reason: string | undefined;
  readonly by: string | undefined;
  /** Ends the running one. */
  readonly end: boolean;
  readonly list: boolean;
  readonly json: boolean;
};

/** Ends with 1 when the statement is sealed and still waits to be delivered. Throws `flag_malformed`, `usage_malformed`. */
export async function pause(
  agent: LocalAgent,
  options: PauseOptions,
  now: Instant,
  io: CommandIo,
): Promise<ExitCode> {
  if (options.list) return list(agent, options, io);
  const result = resultOf<Paused>(
    options.end
      ? await agent.post("/v1/pause/end", "{}")
      : await agent.post("/v1/pause", JSON.stringify(asked(options, now))),
  );
  io.out(options.json ? `${JSON.stringify(result)}\n` : pausedText(result, styleOf(io)));
  return result.flush.status.backlog.reports === 0 ? 0 : 1;
}

function asked({ from, until, reason, by }: PauseOptions, now: Instant) {
  if (until === undefined || reason === undefined) {
    throw new SubmeterError(
      "usage_malformed",
      "a shutdown needs --until and --reason",
      'such as: submeter-agent pause --until 2026-01-02T06 --reason "closed over the holidays"',
    );
  }
  return {
    ...(from === undefined ? {} : { from: formatInstant(instantFlag("from", from, now)) }),
    until: formatInstant(instantFlag("until", until, now)),
    reason,
    ...(by === undefined ? {} : { by }),
  };
}

function pausedText({ shutdown, flush }: Paused, style: Style): string {
  const waiting = flush.status.backlog.reports;
  const delivery =
    waiting === 0
      ? style("green", "It has reached the vendor.")
      : style(
          "yellow",
          `It is sealed, and waits to be delivered with ${countText(waiting, "report")}: do not switch off before \`submeter-agent status\` says that nothing waits.`,
        );
  const what =
    shutdown.from === shutdown.until
      ? `Taken back: the shutdown that was attested from ${instantText(shutdown.from)} on.`
      : `Attested: nothing runs here from ${instantText(shutdown.from)} to ${instantText(shutdown.until)}.`;
  return `${[
    style("bold", what),
    delivery,
    "Counting goes on, and what is counted is billed. Once the vendor accepts it, hours without counts are excused.",
  ].join("\n")}\n`;
}

async function list(agent: LocalAgent, { json }: PauseOptions, io: CommandIo): Promise<ExitCode> {
  const found = resultOf<Shutdowns>(await agent.get("/v1/shutdowns"));
  if (json) io.out(`${JSON.stringify(found)}\n`);
  else if (found.shutdowns.length === 0) io.out("No shutdown was attested.\n");
  else io.out(found.shutdowns.map((one) => `${lineOf(one)}\n`).join(""));
  return 0;
}

function lineOf({ from, until, reason, by, sealed }: ShutdownJson): string {
  const end = from === until ? "taken back" : `to ${instantText(until)}`;
  const who = by === null ? "" : ` (${by})`;
  return `from ${instantText(from)} ${end}: ${reason}${who}${sealed ? "" : ", not sealed yet"}`;
}
