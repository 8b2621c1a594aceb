/** Answers to bundles that come back as files: judged like those that come over the network, by the same pins. */

import type { Journal } from "../journal/journal.ts";
import type { SealedReport } from "../journal/reports-table.ts";
import type { CollectorKnowledge } from "./collector-knowledge.ts";
import { type Expectation, type Judgement, judgeBundle } from "./judge-answer.ts";
import type { JudgedReceipt } from "./record-receipts.ts";

/** What became of an answer file. `ignored`: lines that are no receipt of a report that waits. */
export type ImportedAnswers = {
  readonly receipts: number;
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
  if (knowledge.pins === null) return nothingBelieved;
  const waitingDigest = (journal: string, sequence: number): string | null =>
    reports.waitingReport(journal, sequence)?.digest ?? null;
  const judged = judgeBundle(body, { ...expectation(), waitingDigest });
  const receipts = judged.filter((one) => one.kind === "receipt");
  const sent = receipts.flatMap(({ receipt }) => {
    const report = reports.waitingReport(receipt.journal, receipt.sequence);
    return report === null ? [] : [report];
  });
  if (receipts.length > 0) record(sent, receipts);
  const stranger = judged.find((one) => one.kind === "other_collector");
  if (stranger !== undefined) take(stranger);
  return {
    receipts: receipts.length,
    state: word !== undefined,
    other_collector: stranger?.collector ?? null,
    ignored: judged.flatMap((one, index) =>
      one.kind === "unsigned" ? [{ line: index + 1, code: one.code, detail: one.detail }] : [],
    ),
  };
}

/** Nothing says yet whose keys these are, which must not pass for another collector. */
const nothingBelieved: ImportedAnswers = {
  receipts: 0,
  state: false,
  other_collector: null,
  ignored: [
    {
      line: 1,
      code: "state_missing",
      detail: "no state of the collector is known, nor in the file",
    },
  ],
};
