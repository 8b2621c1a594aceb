/** `submeter-agent doctor`: looks at everything that can keep usage from being counted and reported, and says what to do. */

import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import type { Clock } from "@submeter/shared/time/clock";
import { type AgentConfig, readConfig } from "../config.ts";
import { airGappedTransport, httpTransport } from "../delivery/transport.ts";
import { checkAgent, checkDelivery } from "../doctor/check-agent.ts";
import { checkCollector } from "../doctor/check-collector.ts";
import { checkDisk, checkSecrets, checkState } from "../doctor/check-machine.ts";
import { checkSources, checkWays } from "../doctor/check-ways.ts";
import { type Finding, type FindingState, fault, well } from "../doctor/finding.ts";
import type { Environment, Flags } from "../settings.ts";
import type { AgentStatus } from "../status.ts";
import { type CommandIo, type ExitCode, type Style, styleOf } from "./io.ts";
import { localAgent, resultOf } from "./local-agent.ts";
import { countText } from "./wording.ts";

export type DoctorParts = {
  readonly environment: Environment;
  readonly flags: Flags;
  readonly clock: Clock;
  readonly io: CommandIo;
};

/** Ends with 1 when there is a fault, whether an agent runs or not. */
export async function doctor(parts: DoctorParts, options: { json: boolean }): Promise<ExitCode> {
  const findings = await examine(parts);
  const isWell = findings.every(({ state }) => state !== "fault");
  const { io } = parts;
  if (options.json) io.out(`${JSON.stringify({ well: isWell, findings })}\n`);
  else io.out(findingsText(findings, styleOf(io)));
  return isWell ? 0 : 1;
}

async function examine({ environment, flags, clock }: DoctorParts): Promise<Finding[]> {
  let config: AgentConfig;
  try {
    config = readConfig(environment, flags);
  } catch (error) {
    if (!(error instanceof SubmeterError)) throw error;
    // Without it nothing else is known: where the state lies, whom to ask.
    return [fault("configuration", `${error.message} (${error.code})`, error.hint)];
  }
  const { stateDirectory } = config;
  const { status, why } = await askAgent(config);
  return [
    well(
      "configuration",
      `${countText(config.meters.meters.size, "meter")} declared; the key is of ${config.key.installation}`,
    ),
    checkState(stateDirectory),
    checkSecrets(stateDirectory, secretFiles(environment)),
    checkDisk(stateDirectory),
    checkAgent(status, why, config.key.installation),
    ...(status === null
      ? []
      : [...checkSources(status), ...checkWays(status), checkDelivery(status)]),
    ...(await askCollector(config, status, clock)),
  ];
}

async function askAgent({
  listen,
  ways,
}: AgentConfig): Promise<{ status: AgentStatus | null; why: string }> {
  try {
    const answer = await localAgent(listen, ways?.token ?? null).get("/v1/status");
    return { status: resultOf<AgentStatus>(answer), why: "" };
  } catch (error) {
    if (!(error instanceof SubmeterError)) throw error;
    return { status: null, why: error.message };
  }
}

/** Nobody's journal: the hello of an agent that was never started. */
const noJournal = "00000000-0000-4000-8000-000000000000";

async function askCollector(
  config: AgentConfig,
  status: AgentStatus | null,
  clock: Clock,
): Promise<Finding[]> {
  const transport =
    config.airGapped === true ? airGappedTransport : httpTransport(config.endpoint.ingest, config);
  try {
    return await checkCollector({
      config,
      transport,
      clock,
      journal: status?.journal ?? noJournal,
      knownAs: status?.collector?.collector ?? null,
    });
  } finally {
    await transport.close();
  }
}

/** Those that hold a secret and were named by a setting. */
function secretFiles(environment: Environment): string[] {
  return [
    "TELEMETRY_HMAC_KEY_FILE",
    "SUBMETER_AGENT_TOKEN_FILE",
    "TELEMETRY_CLIENT_KEY_FILE",
  ].flatMap((name) => environment[name] ?? []);
}

const marks: Readonly<Record<FindingState, { sign: string; tone: Parameters<Style>[0] }>> = {
  well: { sign: "✓", tone: "green" },
  warning: { sign: "!", tone: "yellow" },
  fault: { sign: "✗", tone: "red" },
  skipped: { sign: "–", tone: "dim" },
};

function findingsText(findings: readonly Finding[], style: Style): string {
  const lines = findings.flatMap(({ check, state, detail, hint }) => {
    const { sign, tone } = marks[state];
    const line = `${style(tone, sign)} ${check.padEnd(14)}${detail}`;
    return hint === null ? [line] : [line, `  ${" ".repeat(14)}${style("bold", `→ ${hint}`)}`];
  });
  const faults = findings.filter(({ state }) => state === "fault").length;
  const verdict =
    faults === 0
      ? style("green", "Nothing keeps usage from being counted and reported.")
      : style("red", `${countText(faults, "fault")}: see what to do above.`);
  return `${[...lines, "", verdict].join("\n")}\n`;
}
