/** The verdict on a report: pure, from what it says and what is recorded. The table is that of docs/wire.md. */

import type { Instant } from "@submeter/shared/time/instant";
import type { InstallationKeyRow } from "../store/installation-keys.ts";
import type { InstallationRow } from "../store/installations.ts";
import type { JournalRow } from "../store/journals.ts";
import type { MeterRow } from "../store/meters.ts";
import type { StoredConflict, StoredReport } from "../store/reports.ts";
import type { Candidate, Content } from "./candidate.ts";

export type Facts = {
  now: Instant;
  installation: Pick<InstallationRow, "enrolled_at">;
  key: Pick<InstallationKeyRow, "state" | "compromised_from">;
  journal: Pick<
    JournalRow,
    "public_key" | "replaces" | "final_sequence" | "highest" | "interval_seconds"
  >;
  /** What is recorded under its own name, before it and after it. */
  same: StoredReport | null;
  before: StoredReport | null;
  after: StoredReport | null;
  /** The same bytes, refused before as a conflict. */
  conflict: StoredConflict | null;
  /** Is the report that this one follows evidence of a conflict? Then that place is never filled for it. */
  followsConflict: boolean;
  meterOf: (name: string) => MeterRow | null;
  /** Has a journal that this one replaces spoken of this window already? */
  isSpoken: (window: Instant) => boolean;
};

export type Verdict =
  | { kind: "duplicate"; stored: StoredReport | StoredConflict }
  | { kind: "conflict"; code: ConflictCode; storedDigest: string | null }
  | {
      kind: "record";
      outcome: "accepted" | "quarantined" | "rejected";
      code: string | null;
      /** When it stops being of the future; null unless that is the reason why it is held. */
      releaseAt: Instant | null;
    };

export type ConflictCode =
  | "digest_differs"
  | "previous_differs"
  | "previous_in_conflict"
  | "successor_differs";

/** How far ahead of the collector's clock a window may start, or coverage end. */
export const futureToleranceSeconds = 15 * 60;

export function examine(candidate: Candidate, facts: Facts): Verdict {
  const { same, conflict } = facts;
  if (same !== null && same.digest === candidate.digest) {
    // A rejected report that is offered again is examined anew: the collector may have learnt its language. A person
    // who refused it has the last word.
    if (same.outcome !== "rejected" || same.decision === "refused") {
      return { kind: "duplicate", stored: same };
    }
    const verdict = judge(candidate, facts);
    return verdict.outcome === "rejected" ? { kind: "duplicate", stored: same } : verdict;
  }
  if (conflict !== null) return { kind: "duplicate", stored: conflict };
  return chainConflict(candidate, facts) ?? judge(candidate, facts);
}

function chainConflict(candidate: Candidate, facts: Facts): Verdict | null {
  const { same, before, after } = facts;
  const { previous } = candidate.name;
  if (same !== null) {
    return { kind: "conflict", code: "digest_differs", storedDigest: same.digest };
  }
  // An absent neighbour is a hole, which is filled later, and no conflict.
  if (before !== null && before.digest !== previous) {
    return { kind: "conflict", code: "previous_differs", storedDigest: null };
  }
  // Unless what would fill it was refused: the hole would stay, and with it everything above would wait for ever.
  if (before === null && facts.followsConflict) {
    return { kind: "conflict", code: "previous_in_conflict", storedDigest: null };
  }
  if (after !== null && after.previous !== candidate.digest) {
    return { kind: "conflict", code: "successor_differs", storedDigest: null };
  }
  return null;
}

type Judgement = Extract<Verdict, { kind: "record" }>;

function judge(candidate: Candidate, facts: Facts): Judgement {
  const { content, fault } = candidate;
  if (content === null) return judgement("rejected", fault?.code ?? "report_malformed");
  const breach = journalBreach(candidate, content, facts);
  if (breach !== null) return judgement("rejected", breach);
  const held = heldBecause(content, facts);
  if (held !== null) return judgement("quarantined", held);
  return futureJudgement(content, facts.now) ?? judgement("accepted", null);
}

/** What must hold between the reports of one journal. */
function journalBreach(candidate: Candidate, content: Content, facts: Facts): string | null {
  const { journal } = facts;
  const { sequence } = candidate.name;
  const pinned = journal.public_key ?? content.publicKey;
  if (candidate.proofKey === null && (sequence === 1 || content.final)) return "proof_missing";
  if (candidate.proofKey !== null && pinned !== null && candidate.proofKey !== pinned) {
    return "proof_foreign";
  }
  if (content.publicKey !== null && content.publicKey !== pinned) return "public_key_differs";
  if (isPinned(journal) && !sameReplacement(journal.replaces, content.replaces)) {
    return "replaces_differs";
  }
  if (journal.final_sequence !== null && sequence > journal.final_sequence) return "after_final";
  if (content.final && journal.highest > sequence) return "final_not_last";
  return null;
}

/** Has the journal said what it replaces? Only a report that was accepted or held has said anything. */
function isPinned(journal: Facts["journal"]): boolean {
  return journal.interval_seconds !== null;
}

/** Reasons that only a person can judge. */
function heldBecause(content: Content, facts: Facts): string | null {
  const { key, installation } = facts;
  if (
    key.state === "compromised" &&
    key.compromised_from !== null &&
    facts.now >= key.compromised_from
  ) {
    return "key_compromised";
  }
  if (content.lines.some(({ window }) => window < installation.enrolled_at)) {
    return "window_before_enrolment";
  }
  if (content.meters.some((meter) => differs(meter, facts.meterOf(meter.name)))) {
    return "meter_differs";
  }
  if (content.replaces !== null && content.lines.some(({ window }) => facts.isSpoken(window))) {
    return "window_overlaps_replaced";
  }
  return null;
}

/** Held until its hour has come; nothing else is wrong with it. */
function futureJudgement(content: Content, now: Instant): Judgement | null {
  const horizon = now + futureToleranceSeconds;
  const lastWindow = content.lines.reduce((latest, line) => Math.max(latest, line.window), 0);
  const lastCovered = content.coverage.at(-1)?.[1] ?? 0;
  const latest = Math.max(lastWindow, lastCovered);
  if (latest <= horizon) return null;
  const code = lastWindow > horizon ? "window_in_future" : "coverage_in_future";
  return { ...judgement("quarantined", code), releaseAt: latest - futureToleranceSeconds };
}

function sameReplacement(a: JournalRow["replaces"], b: Content["replaces"]): boolean {
  if (a === null || b === null) return a === b;
  return (
    a.journal === b.journal &&
    a.sequence === b.sequence &&
    a.digest === b.digest &&
    a.reason === b.reason
  );
}

function differs(declared: { unit: string; aggregation: string }, known: MeterRow | null): boolean {
  return (
    known !== null && (known.unit !== declared.unit || known.aggregation !== declared.aggregation)
  );
}

function judgement(outcome: Judgement["outcome"], code: string | null): Judgement {
  return { kind: "record", outcome, code, releaseAt: null };
}
