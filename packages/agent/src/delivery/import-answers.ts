/** Answers to bundles that come back as files: judged like those that come over the network, by the same pins. */

import type { Journal } from "../journal/journal.ts";
import type { SealedReport } from "../journal/reports-table.ts";
import type { CollectorKnowledge } from "./collector-knowledge.ts";
import { type Expectation, type Judgement, judgeBundle } from "./judge-answer.ts";
import type { JudgedReceipt } from "./record-receipts.ts";

/** What became of an answer file. `ignored`: lines that are no receipt of a report that waits. */
export type ImportedAnswers = {
  readonly receipts: number;
  /** Receipts that were taken before. */
  readonly known: number;
  readonly state: boolean;
  readonly other_collector: string | null;
  readonly ignored: readonly {
    readonly line: number;
    readonly code: string;
    readonly detail: string;
  }[];
};

export type ImportParts = {
  readonly reports: Journal["reports"];
  readonly knowledge: CollectorKnowledge;
  readonly expectation: () => Expectation;
  /** Takes a state, or another collector's word. */
  readonly take: (judged: Judgement) => void;
  readonly record: (sent: readonly SealedReport[], receipts: readonly JudgedReceipt[]) => void;
};

export function importAnswers(body: Uint8Array, parts: ImportParts): ImportedAnswers {
  const { reports, knowledge, expectation, take, record } = parts;
  // Wire: the state comes first, as it may pin the keys by which the receipts are verified.
  const word = judgeBundle(body, expectation()).find(({ kind }) => kind === "state");
  if (word !== undefined) take(word);
  // Nothing says yet whose keys these are, which must not pass for another collector.
  if (knowledge.pins === null) {
    return ignoredWhole("state_missing", "no state of the collector is known, nor in the file");
  }
  const judged = judgeBundle(body, { ...expectation(), waitingDigest: reports.digestOf });
  if (judged.length === 0) return ignoredWhole("answer_empty", "the file holds no answer");
  const all = judged.filter((one) => one.kind === "receipt");
  const sent: SealedReport[] = [];
  const receipts = all.filter(({ receipt }) => {
    const report = reports.waitingReport(receipt.journal, receipt.sequence);
    if (report !== null) sent.push(report);
    return report !== null;
  });
  if (receipts.length > 0) record(sent, receipts);
  const stranger = judged.find((one) => one.kind === "other_collector");
  if (stranger !== undefined) take(stranger);
  return {
    receipts: receipts.length,
    known: all.length - receipts.length,
    state: word !== undefined,
    other_collector: stranger?.collector ?? null,
    ignored: judged.flatMap((one, index) =>
      one.kind === "unsigned" ? [{ line: index + 1, code: one.code, detail: one.detail }] : [],
    ),
  };
}

function ignoredWhole(code: string, detail: string): ImportedAnswers {
  const ignored = [{ line: 1, code, detail }];
  return { receipts: 0, known: 0, state: false, other_collector: null, ignored };
}
