/**
 * Bundles: lines recorded in groups as they are read, answered in order after the last.
 *
 *     a place? ─► a group of lines, as bytes ─► its turn ─► verified, parsed, recorded ─► the next group ─► answers
 *
 * Memory holds one group of each bundle and the answers, whatever the length of the bundle, and only a few groups in the
 * form that is recorded, which is many times its bytes.
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
import { bundlePlaces } from "./bundle-places.ts";
import { overloadedProblem, shareFullProblem, unreadableProblem } from "./refusals.ts";
import { type Turns, turnsOf } from "./turns.ts";

export type BundleAnswer =
  /** `ofNobody`: how many lines were refused because no key of ours had signed them; null when one was signed. */
  | { kind: "answered"; lines: string[]; ofNobody: number | null }
  /** What had been read before is recorded all the same: it is offered again, and found. */
  | { kind: "refused"; problem: Problem };

export type Bundles = {
  /** `chunks` is the inflated bundle, `address` where it comes from. */
  receive(chunks: AsyncIterable<Uint8Array>, address: string): Promise<BundleAnswer>;
  readonly counts: Readonly<BundleCounts>;
};

export type BundleCounts = {
  /** Bundles that are being read now, and how many came when too many were. */
  open: number;
  turnedAway: number;
  /** Bytes held now for all of them: lines not yet recorded, and answers. */
  heldBytes: number;
};

/** Beyond it none is begun, however few there are: what is held is mostly answers of long bundles. */
export const bundleBytesHeldMax = 16 * 1024 * 1024;
/** Their lines fill the transactions under way and those that come next; more would only wait, and live long enough to cost. */
export const groupsAtOnceMax = 8;
const groupLinesMax = 100;
const groupBytesMax = 256 * 1024;
const lineFeed = 0x0a;

export function openBundles(ingest: Ingest): Bundles {
  // How many are read at once bounds, with what one of them holds at most, the memory of all.
  const places = bundlePlaces();
  const counts = { open: 0, turnedAway: 0, heldBytes: 0 };
  const turns = turnsOf(groupsAtOnceMax);
  return {
    counts,
    receive: async (chunks, address) => {
      const full = counts.heldBytes >= bundleBytesHeldMax;
      const place = full ? "all_taken" : places.take(address);
      if (place === "all_taken" || place === "share_taken") {
        counts.turnedAway += 1;
        const problem = place === "all_taken" ? overloadedProblem() : shareFullProblem();
        return { kind: "refused", problem };
      }
      counts.open = places.open;
      let held = 0;
      const hold = (bytes: number): void => {
        held += bytes;
        counts.heldBytes += bytes;
      };
      try {
        const answer = await receiveBundle(ingest, chunks, {
          hold,
          turns,
          prove: (installation) => place.prove(installation),
        });
        if (answer.kind === "refused" && answer.problem.status === 429) counts.turnedAway += 1;
        return answer;
      } finally {
        place.leave();
        counts.open = places.open;
        hold(-held);
      }
    },
  };
}

type Held = {
  hold: (bytes: number) => void;
  turns: Turns;
  prove: (installation: string) => boolean;
};

async function receiveBundle(
  ingest: Ingest,
  chunks: AsyncIterable<Uint8Array>,
  { hold, turns, prove }: Held,
): Promise<BundleAnswer> {
  const lines: string[] = [];
  const signers = new Map<string, Signer>();
  let group: Uint8Array[] = [];
  let groupBytes = 0;
  let count = 0;
  let isProven = false;

  const keep = (line: string): void => {
    lines.push(line);
    hold(line.length);
  };
  const flush = async (): Promise<void> => {
    const recorded = () => Promise.all(group.map((line) => receiveLine(ingest, line)));
    // A line by itself is no more than a report by itself.
    const answers = await (group.length > 1 ? turns(recorded) : recorded());
    for (const answer of answers) {
      keep(encodeAnswerLine(answer));
      if (answer.signer !== null) signers.set(answer.signer.installation, answer.signer);
    }
    hold(-groupBytes);
    group = [];
    groupBytes = 0;
  };

  for await (const line of linesOf(chunks)) {
    if (line === "too_large") return refused();
    count += 1;
    if (count > bundleLinesMax) return refused();
    group.push(line);
    groupBytes += line.length;
    hold(line.length);
    const full = group.length >= groupLinesMax || groupBytes >= groupBytesMax;
    // The first line by itself: whose the bundle is must not be known only after a hundred that come slowly.
    if (!full && isProven) continue;
    await flush();
    const [first] = signers.values();
    if (isProven || first === undefined) continue;
    isProven = true;
    if (!prove(first.installation)) return { kind: "refused", problem: shareFullProblem() };
  }
  await flush();
  for (const signer of signers.values()) {
    const state = await ingest.state(signer);
    if (state !== null) keep(encodeAnswerLine({ status: 200, ...state }));
  }
  return { kind: "answered", lines, ofNobody: signers.size > 0 ? null : count };
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
