/**
 * Bundles: lines recorded in groups as they are read, answered in order after the last. Memory holds one group and the
 * answers, whatever the length of the bundle.
 */

import { type Problem, problem } from "@submeter/shared/errors/problem";
import {
  bundleBytesMax,
  bundleLinesMax,
  encodeAnswerLine,
  parseBundleLine,
} from "@submeter/shared/wire/bundle";
import { type Answer, type Ingest, refuse } from "./ingest.ts";
import type { Signer } from "./keyring.ts";
import { unreadableProblem } from "./refusals.ts";

export type BundleAnswer =
  | { kind: "answered"; lines: string[] }
  /** What had been read before is recorded all the same: it is offered again, and found. */
  | { kind: "refused"; problem: Problem };

const groupLinesMax = 100;
const groupBytesMax = 1024 * 1024;
const lineFeed = 0x0a;

/** `chunks` is the inflated bundle. */
export async function receiveBundle(
  ingest: Ingest,
  chunks: AsyncIterable<Uint8Array>,
): Promise<BundleAnswer> {
  const lines: string[] = [];
  const signers = new Map<string, Signer>();
  let group: Uint8Array[] = [];
  let groupBytes = 0;
  let count = 0;

  const flush = async (): Promise<void> => {
    const answers = await Promise.all(group.map((line) => receiveLine(ingest, line)));
    for (const answer of answers) {
      lines.push(encodeAnswerLine(answer));
      if (answer.signer !== null) signers.set(answer.signer.installation, answer.signer);
    }
    group = [];
    groupBytes = 0;
  };

  for await (const line of linesOf(chunks)) {
    if (line === "too_large") return refused();
    count += 1;
    if (count > bundleLinesMax) return refused();
    group.push(line);
    groupBytes += line.length;
    if (group.length >= groupLinesMax || groupBytes >= groupBytesMax) await flush();
  }
  await flush();
  for (const signer of signers.values()) {
    const { body, headers } = await ingest.state(signer);
    lines.push(encodeAnswerLine({ status: 200, headers, body }));
  }
  return { kind: "answered", lines };
}

async function receiveLine(ingest: Ingest, bytes: Uint8Array): Promise<Answer> {
  const read = parseBundleLine(bytes);
  if (read.kind === "malformed") return refuse(unreadableProblem(read.code, read.detail));
  return ingest.report(read.line);
}

/** Lines without their line feeds; the last may lack it. Ends with `too_large` beyond the limit. */
async function* linesOf(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array | "too_large"> {
  let rest: Uint8Array[] = [];
  let total = 0;
  for await (const chunk of chunks) {
    total += chunk.length;
    if (total > bundleBytesMax) {
      yield "too_large";
      return;
    }
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(lineFeed, start);
      if (end === -1) break;
      yield Buffer.concat([...rest, chunk.subarray(start, end)]);
      rest = [];
      start = end + 1;
    }
    if (start < chunk.length) rest.push(chunk.subarray(start));
  }
  if (rest.length > 0) yield Buffer.concat(rest);
}

function refused(): BundleAnswer {
  return {
    kind: "refused",
    problem: problem(
      413,
      "bundle_too_large",
      `a bundle has at most ${bundleLinesMax} lines and ${bundleBytesMax} bytes after inflation`,
      "send it in halves",
      { limit_lines: bundleLinesMax, limit_bytes: bundleBytesMax },
    ),
  };
}
