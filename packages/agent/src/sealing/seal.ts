/** Seals: what was counted becomes reports, in one transaction that is durable before any byte of them leaves. */

import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import { type Instant, type Interval, secondsPerDay } from "@submeter/shared/time/instant";
import { contentDigest } from "@submeter/shared/wire/digest";
import { type SignatureMember, signProof } from "@submeter/shared/wire/document";
import type { MeterHead, Report } from "@submeter/shared/wire/report";
import { type Shutdown, shutdownsMax } from "@submeter/shared/wire/shutdowns";
import type { GroupCommit } from "../counting/group-commit.ts";
import { type Heard, splitHeard } from "../counting/heard.ts";
import type { Count, OpenWindows } from "../counting/open-windows.ts";
import type { HeardRow } from "../journal/coverage-tables.ts";
import { heldSince } from "../journal/hold.ts";
import type { Journal } from "../journal/journal.ts";
import type { JournalIdentity } from "../journal/journals-table.ts";
import type { SealedReport } from "../journal/reports-table.ts";
import { type BuiltReport, buildReports, metersInReport } from "./build-reports.ts";
import { type CurrentJournal, readCurrentJournal } from "./current-journal.ts";

export type SealingParts = {
  readonly journal: Journal;
  readonly installation: string;
  readonly intervalSeconds: number;
  readonly declaredSources: readonly string[];
  readonly declaredMeters: readonly MeterHead[];
  readonly windows: OpenWindows;
  readonly heard: Heard;
  readonly groupCommit: GroupCommit;
  /** What a report says of the agent itself. */
  readonly agentFacts: () => Report["agent"];
};

/** What goes into the reports of one seal. */
type Contents = {
  readonly counts: readonly Count[];
  readonly coverage: readonly Interval[];
  readonly heard: readonly HeardRow[];
  readonly shutdowns: readonly Shutdown[];
  readonly final: boolean;
};

export class Sealer {
  readonly #parts: SealingParts;
  #current: CurrentJournal;

  constructor(parts: SealingParts, current: CurrentJournal) {
    this.#parts = parts;
    this.#current = current;
  }

  get identity(): JournalIdentity {
    return this.#current.identity;
  }

  /** Seals what was counted since the last seal. Nothing to say: no report. Throws `journal_final`. */
  seal(options: { final: boolean }): SealedReport[] {
    this.#assertOpen();
    const { journal, windows, heard, groupCommit } = this.#parts;
    const done = groupCommit.sealing((cut) => {
      const split = splitHeard(journal.coverage.heard(), cut);
      const contents = {
        counts: windows.all(),
        coverage: journal.coverage.covered(),
        heard: split.before,
        shutdowns: journal.shutdowns.unsealed(shutdownsMax),
        final: options.final,
      };
      const sealed = this.addReports(contents, cut);
      if (sealed.reports.length === 0) return null;
      journal.counts.clear();
      journal.coverage.clear();
      for (const { from } of contents.shutdowns) journal.shutdowns.mark(from, true);
      for (const row of split.after) journal.coverage.hear(row);
      return { ...sealed, after: split.after };
    });
    if (done === null) return [];
    // Memory changes only now that the file has.
    windows.clear();
    heard.replace(done.after);
    this.#current = { ...this.#current, identity: done.identity };
    return done.reports;
  }

  /** The bytes that would be sealed at this instant. */
  preview(cut: Instant): BuiltReport[] {
    const { journal, windows, groupCommit } = this.#parts;
    return this.#build(
      {
        counts: windows.all(),
        coverage: [...journal.coverage.covered(), ...groupCommit.uncommittedCoverage()],
        heard: splitHeard(journal.coverage.heard(), cut).before,
        shutdowns: journal.shutdowns.unsealed(shutdownsMax),
        final: false,
      },
      cut,
    );
  }

  /** Inside a transaction: writes the reports and advances the chain; the caller folds the identity in after the commit. */
  addReports(
    contents: Contents,
    cut: Instant,
    current = this.#current,
  ): { reports: SealedReport[]; identity: JournalIdentity } {
    const { journal } = this.#parts;
    let identity = current.identity;
    const reports = this.#build(contents, cut, current).map((built, index, all) => {
      const final = contents.final && index === all.length - 1;
      const day = Math.floor(cut / secondsPerDay);
      const proven = built.sequence === 1 || final || identity.lastProofDay !== day;
      identity = {
        ...identity,
        lastSequence: built.sequence,
        lastDigest: built.digest,
        lastProofDay: proven ? day : identity.lastProofDay,
        final,
      };
      const proof = proven ? this.#prove(built, cut, current) : null;
      return { ...built, journal: identity.journal, sealedAt: cut, proof };
    });
    const isHeld = heldSince(journal) !== null;
    for (const report of reports) journal.reports.add(report, isHeld);
    if (reports.length > 0) journal.journals.advance(identity);
    return { reports, identity };
  }

  /** After a commit that made another journal the current one. */
  reload(): void {
    this.#current = readCurrentJournal(this.#parts.journal);
  }

  #build(contents: Contents, cut: Instant, current = this.#current): BuiltReport[] {
    const parts = this.#parts;
    const { identity, signer, apart } = current;
    return buildReports({
      installation: parts.installation,
      journal: identity.journal,
      publicKey: signer.publicKey,
      replaces: identity.replaces,
      lastSequence: identity.lastSequence,
      lastDigest: identity.lastDigest,
      sealedAt: cut,
      intervalSeconds: parts.intervalSeconds,
      agent: parts.agentFacts(),
      declaredSources: parts.declaredSources,
      meters: metersInReport(parts.declaredMeters, parts.journal.meters.all(), contents.counts),
      apart,
      ...contents,
    });
  }

  #prove(built: BuiltReport, created: Instant, current: CurrentJournal): SignatureMember {
    const digest = contentDigest(built.body);
    return signProof({ digest, tag: "submeter-report", created, signer: current.signer });
  }

  #assertOpen(): void {
    if (!this.#current.identity.final) return;
    throw new SubmeterError(
      "journal_final",
      "this journal has sealed its final report",
      "start the agent again: it begins a new journal",
    );
  }
}
