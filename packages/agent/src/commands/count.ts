/** `submeter-agent count`: sends events from a file or standard input to the running agent, each counted once. */

import { createReadStream, statSync } from "node:fs";
import { createInterface } from "node:readline";
import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import type { Clock } from "@submeter/shared/time/clock";
import { type EventLine, type Naming, fileDigest, readLine } from "./event-lines.ts";
import { type CommandIo, type ExitCode, styleOf } from "./io.ts";
import { type LocalAgent, type LocalAnswer, resultOf } from "./local-agent.ts";
import { type Progress, watchedProgress } from "./progress.ts";
import { countText } from "./wording.ts";

export type CountOptions = {
  /** Null: standard input. */
  readonly file: string | null;
  readonly source: string | null;
  readonly batchSize: number;
  /** How long an agent that is down is waited for. */
  readonly waitSeconds: number;
  readonly json: boolean;
};

export type CountParts = {
  readonly agent: LocalAgent;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<void>;
  readonly standardInput: NodeJS.ReadableStream;
  readonly io: CommandIo;
};

export type RejectedLine = {
  readonly line: number;
  readonly code: string;
  readonly detail: string;
  readonly hint: string;
};

export type CountResult = {
  accepted: number;
  duplicates: number;
  rejected: number;
  /** At most the first 1,000. */
  rejected_lines: RejectedLine[];
};

type Batch = { lines: number[]; texts: string[]; bytes: number };

const batchBytesMax = 512 * 1024;
const rejectedLinesMax = 1000;
const rejectedShownMax = 10;
const retryMsFirst = 100;
const retryMsMax = 2000;

/** Ends with 1 when lines were rejected. Throws `agent_unreachable` when waiting was in vain. */
export async function count(options: CountOptions, parts: CountParts): Promise<ExitCode> {
  const { input, naming, bytesTotal } = await openInput(options, parts);
  const progress = watchedProgress(parts.io, bytesTotal);
  const result: CountResult = { accepted: 0, duplicates: 0, rejected: 0, rejected_lines: [] };
  let line = 0;
  let batch = emptyBatch();
  try {
    for await (const text of createInterface({ input, crlfDelay: Infinity })) {
      line += 1;
      progress.advance(Buffer.byteLength(text) + 1, result);
      const read = readLine(text, line, naming);
      if (read === null) continue;
      if (read.kind === "faulty") reject(result, read);
      else add(batch, read);
      if (batch.lines.length >= options.batchSize || batch.bytes >= batchBytesMax) {
        await sendBatch(batch, { options, parts, progress, result });
        batch = emptyBatch();
      }
    }
    await sendBatch(batch, { options, parts, progress, result });
  } finally {
    progress.end();
  }
  result.rejected_lines.sort((a, b) => a.line - b.line);
  parts.io.out(options.json ? `${JSON.stringify(result)}\n` : "");
  if (!options.json) printResult(result, parts.io);
  return result.rejected === 0 ? 0 : 1;
}

async function openInput(
  options: CountOptions,
  parts: CountParts,
): Promise<{ input: NodeJS.ReadableStream; naming: Naming; bytesTotal: number | null }> {
  const { file, source } = options;
  if (file === null) {
    const idOf = source === null ? null : (line: number) => `line ${line}`;
    return { input: parts.standardInput, naming: { source, idOf }, bytesTotal: null };
  }
  try {
    const digest = await fileDigest(file);
    const idOf = (line: number): string => `${digest} line ${line}`;
    return {
      input: createReadStream(file),
      naming: { source, idOf },
      bytesTotal: statSync(file).size,
    };
  } catch (error) {
    throw new SubmeterError(
      "file_unreadable",
      `${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`,
      "check the path",
      { cause: error },
    );
  }
}

type Sending = {
  options: CountOptions;
  parts: CountParts;
  progress: Progress;
  result: CountResult;
};

async function sendBatch(batch: Batch, sending: Sending): Promise<void> {
  if (batch.lines.length === 0) return;
  const answer = await persistently(`[${batch.texts.join(",")}]`, sending);
  const { accepted, duplicates, rejected } = resultOf<{
    accepted: number;
    duplicates: number;
    rejected: { index: number; code: string; detail: string; hint: string }[];
  }>(answer);
  sending.result.accepted += accepted;
  sending.result.duplicates += duplicates;
  for (const { index, code, detail, hint } of rejected) {
    reject(sending.result, { line: batch.lines[index] ?? 0, code, detail, hint });
  }
}

/** Sends until the agent has answered: with ids, a batch that was counted before its answer was lost counts once. */
async function persistently(json: string, sending: Sending): Promise<LocalAnswer> {
  const { options, parts, progress } = sending;
  const { agent, clock, sleep } = parts;
  const startMs = clock.monotonicMs();
  let delayMs = retryMsFirst;
  for (;;) {
    const failure = await attempt(agent, json);
    if (!(failure instanceof SubmeterError)) return failure;
    const waitedSeconds = (clock.monotonicMs() - startMs) / 1000;
    if (waitedSeconds >= options.waitSeconds) throw failure;
    progress.waiting(
      `waiting for the agent at ${agent.url}: ${failure.code}`,
      options.waitSeconds - waitedSeconds,
    );
    await sleep(delayMs);
    delayMs = Math.min(delayMs * 2, retryMsMax);
  }
}

/** The answer, or why it is worth asking again. */
async function attempt(agent: LocalAgent, json: string): Promise<LocalAnswer | SubmeterError> {
  try {
    const answer = await agent.post("/v1/usage", json);
    if (answer.status !== 503) return answer;
    const { code, detail, hint } = (answer.json ?? {}) as Record<string, string | undefined>;
    return new SubmeterError(code ?? "unavailable", detail ?? "the agent refuses", hint ?? "");
  } catch (error) {
    if (error instanceof SubmeterError) return error;
    throw error;
  }
}

function printResult(result: CountResult, io: CommandIo): void {
  const style = styleOf(io);
  for (const { line, code, detail, hint } of result.rejected_lines.slice(0, rejectedShownMax)) {
    io.error(`line ${line}: ${code}: ${detail}\n  → ${hint}\n`);
  }
  const hidden = result.rejected - Math.min(result.rejected, rejectedShownMax);
  if (hidden > 0) io.error(`… and ${countText(hidden, "more line")}; --json lists them\n`);
  const rejected = `${result.rejected.toLocaleString("en")} rejected`;
  io.out(
    `${style("green", `${countText(result.accepted, "event")} counted`)}, ` +
      `${countText(result.duplicates, "duplicate")}, ` +
      `${result.rejected === 0 ? rejected : style("red", rejected)}\n`,
  );
}

function reject(result: CountResult, rejected: RejectedLine): void {
  result.rejected += 1;
  if (result.rejected_lines.length >= rejectedLinesMax) return;
  const { line, code, detail, hint } = rejected;
  result.rejected_lines.push({ line, code, detail, hint });
}

function add(batch: Batch, event: Extract<EventLine, { kind: "event" }>): void {
  batch.lines.push(event.line);
  batch.texts.push(event.json);
  batch.bytes += Buffer.byteLength(event.json) + 1;
}

function emptyBatch(): Batch {
  return { lines: [], texts: [], bytes: 0 };
}
