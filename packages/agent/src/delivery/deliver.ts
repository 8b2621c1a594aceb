/** The loop that empties the outbox: asks `next-step.ts` what to do, does it, and waits when the answer was no receipt. */

import type { Clock } from "@submeter/shared/time/clock";
import type { EndpointPaths } from "@submeter/shared/wire/endpoint";
import type { HmacKey } from "@submeter/shared/wire/key";
import { storageFault } from "../journal/database.ts";
import type { SealedReport } from "../journal/reports-table.ts";
import { Attempts } from "./attempts.ts";
import { BundleSize } from "./bundle-size.ts";
import {
  type Expectation,
  type Judgement,
  judgeBundle,
  judgeReceipt,
  judgeState,
  proofKeyUnknown,
} from "./judge-answer.ts";
import type { DeliveryEvent, DeliveryProblem, DeliveryResult } from "./delivery-event.ts";
import { type ImportedAnswers, importAnswers } from "./import-answers.ts";
import { bundleMessage, helloMessage, reportMessage } from "./messages.ts";
import { type DeliveryFacts, nextStep } from "./next-step.ts";
import { Patience } from "./patience.ts";
import { type JudgedReceipt, type RecordingParts, recordReceipts } from "./record-receipts.ts";
import { StateRecorder } from "./record-state.ts";
import { stateAgeSecondsMax } from "./state-age.ts";
import { type StepResult, later } from "./step-result.ts";
import type { Transport } from "./transport.ts";

const failedCommitPauseMs = 30 * 1000;
const staleHelloPauseSeconds = 60 * 60;
/** After a hello that failed, reports go on without it for so long at least. */
const failedHelloPauseSeconds = 60;
/** A state is asked for anew because of an unknown key at most this often. */
const keysHelloPauseSeconds = 60;

export type DeliveryParts = RecordingParts & {
  readonly key: HmacKey;
  readonly endpoint: EndpointPaths;
  readonly transport: Transport;
  readonly airGapped: boolean;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly randomFraction: () => number;
  readonly onEvent: (event: DeliveryEvent) => void;
  /** Whether a product is held back by what the state says. */
  readonly isPressing: () => boolean;
  /** The journal did not take what an answer said: it is offered again. */
  readonly onFault: (error: unknown) => void;
};

export class Delivery {
  readonly #parts: DeliveryParts;
  readonly #attempts = new Attempts(() => this.#loop());
  #isOver = false;
  /** Reports, since the program started. */
  #delivered = 0;
  readonly #patience: Patience;
  #greeted = false;
  #revisionHint: string | null = null;
  /** By the clock that never steps: set in 2099, the other would keep it for good. */
  #noHelloBeforeMs = 0;
  #refreshWanted = false;
  readonly #bundleSize = new BundleSize();
  readonly #states: StateRecorder;

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
    this.#states = new StateRecorder(parts);
    this.#patience = new Patience(parts);
  }

  get problem(): DeliveryProblem | null {
    return this.#patience.problem;
  }

  /** Milliseconds until the next attempt; 0 when none is held back. */
  get waitMs(): number {
    return this.#patience.waitMs;
  }

  /** Goes on when it is due; called every second. */
  poll(): void {
    if (this.#attempts.isUnderWay || this.waitMs > 0) return;
    if (nextStep(this.#facts()).kind === "rest") return;
    // What failed was told by then.
    this.#attempts.join().catch(() => {});
  }

  /**
   * Delivers until nothing waits or a step fails, whatever waiting was imposed, in an attempt that begins after this call;
   * `refresh`: asks for the state afterwards.
   */
  async now(options: { refresh: boolean } = { refresh: false }): Promise<DeliveryResult> {
    // What is under way may have failed already with the answer to come.
    const before = this.#delivered;
    await this.#attempts.settled();
    this.#noHelloBeforeMs = 0;
    this.#refreshWanted ||= options.refresh;
    try {
      const result = await this.#attempts.join();
      // What came of the one before, since it was asked for, is delivered as well.
      return { ...result, delivered: this.#delivered - before };
    } finally {
      this.#refreshWanted = false;
    }
  }

  /** Begins nothing more, and resolves when no step is under way. */
  async end(): Promise<void> {
    this.#isOver = true;
    await this.#attempts.settled();
  }

  async #loop(): Promise<DeliveryResult> {
    try {
      return await this.#steps();
    } catch (error) {
      this.#failed(error);
      throw error;
    }
  }

  async #steps(): Promise<DeliveryResult> {
    let delivered = 0;
    for (;;) {
      if (this.#isOver) return { kind: "later", delivered, problem: this.problem };
      const step = nextStep(this.#facts());
      if (step.kind === "rest") return { kind: "rest", delivered, problem: this.problem };
      const result = step.kind === "stopped" ? step : await this.#act(step);
      switch (result.kind) {
        case "progress":
          delivered += result.delivered;
          this.#delivered += result.delivered;
          this.#patience.progressed();
          break;
        case "stopped":
          return { kind: "stopped", delivered, problem: this.problem };
        case "later": {
          const delayMs = this.#patience.wait(result.reason);
          // With pins held, reports can be delivered without a newer state.
          if (step.kind === "hello" && this.#parts.knowledge.pins !== null) {
            const pauseSeconds = Math.max(failedHelloPauseSeconds, Math.ceil(delayMs / 1000));
            this.#noHelloBeforeMs = this.#parts.clock.monotonicMs() + pauseSeconds * 1000;
            break;
          }
          if (result.reason.tooLarge && this.#bundleSize.halve()) break;
          return { kind: "later", delivered, problem: this.problem };
        }
      }
    }
  }

  /** What the answer to a bundle says that came back as a file. Again and again it changes nothing more. */
  importAnswers(body: Uint8Array): ImportedAnswers {
    try {
      return importAnswers(body, {
        reports: this.#parts.journal.reports,
        knowledge: this.#parts.knowledge,
        expectation: () => this.#expectation([]),
        take: (word) => this.#take(word),
        record: (sent, receipts) => {
          this.#record(sent, receipts);
        },
      });
    } catch (error) {
      this.#notKept(error);
      throw error;
    }
  }

  #act(step: { kind: "hello" } | { kind: "report" } | { kind: "bundle"; reportsMax: number }) {
    switch (step.kind) {
      case "hello":
        return this.#hello();
      case "report":
        return this.#sendReport();
      case "bundle":
        return this.#sendBundle(step.reportsMax);
    }
  }

  async #hello(): Promise<StepResult> {
    const { key, clock, sealer, endpoint, transport } = this.#parts;
    this.#refreshWanted = false;
    const { headers, body } = helloMessage(key, sealer.identity.journal, clock.now());
    const answer = await transport.post(endpoint.state, headers, body);
    if (answer.kind === "unreachable") return later(answer, answer);
    const judged = judgeState(answer, this.#expectation([]));
    return judged.kind === "unsigned" ? later(answer, judged) : this.#take(judged);
  }

  async #sendReport(): Promise<StepResult> {
    const { key, clock, endpoint, transport, journal } = this.#parts;
    const [report] = journal.reports.waiting(1);
    if (report === undefined) return { kind: "progress", delivered: 0 };
    this.#bundleSize.sent(1);
    const { headers, body } = reportMessage(key, report, clock.now());
    const answer = await transport.post(endpoint.ingest, headers, body);
    if (answer.kind === "unreachable") return later(answer, answer);
    const judged = judgeReceipt(answer, this.#expectation([report]));
    this.#askForKeys([judged]);
    if (judged.kind === "unsigned") return later(answer, judged);
    this.#revisionHint = answer.headers["submeter-state-revision"] ?? this.#revisionHint;
    if (judged.kind !== "receipt") return this.#take(judged);
    this.#record([report], [judged]);
    this.#bundleSize.passed();
    return { kind: "progress", delivered: 1 };
  }

  async #sendBundle(reportsMax: number): Promise<StepResult> {
    const { key, clock, endpoint, transport, journal } = this.#parts;
    const waiting = journal.reports.waiting(reportsMax);
    const { sent, headers, body } = await bundleMessage(key, waiting, clock.now());
    this.#bundleSize.sent(sent.length);
    const answer = await transport.post(endpoint.ingest, headers, body);
    if (answer.kind === "unreachable") return later(answer, answer);
    const judged = judgeBundle(answer.body, this.#expectation(sent));
    this.#askForKeys(judged);
    const receipts = judged.filter((one) => one.kind === "receipt");
    if (receipts.length > 0) {
      this.#record(sent, receipts);
      this.#bundleSize.passed();
    }
    const word =
      judged.find(({ kind }) => kind === "other_collector") ??
      judged.find(({ kind }) => kind === "state");
    if (word !== undefined && this.#take(word).kind === "stopped") return { kind: "stopped" };
    if (receipts.length > 0) return { kind: "progress", delivered: receipts.length };
    const first = judged.find((one) => one.kind === "unsigned");
    return later(answer, first ?? { code: "answer_unsigned", detail: "no line is a receipt" });
  }

  /** A state that has just come knew no other keys: asking again at once would keep the waits from growing. */
  #askForKeys(judged: readonly Judgement[]): void {
    if (!judged.some((one) => one.kind === "unsigned" && one.code === proofKeyUnknown)) return;
    const { knowledge, clock } = this.#parts;
    const ageSeconds = Math.abs(clock.now() - (knowledge.held?.receivedAt ?? 0));
    if (ageSeconds >= keysHelloPauseSeconds) this.#greeted = false;
  }

  #record(sent: readonly SealedReport[], receipts: readonly JudgedReceipt[]): void {
    const { onEvent, sealer } = this.#parts;
    const forks = recordReceipts(this.#parts, sent, receipts);
    this.#patience.problem = null;
    for (const judged of receipts) onEvent({ kind: "receipt", judged });
    if (forks > 0) onEvent({ kind: "fork", journal: sealer.identity.journal });
  }

  #take(judged: Judgement): StepResult {
    const { journal, knowledge, clock, onEvent } = this.#parts;
    if (judged.kind === "other_collector") {
      const { collector } = judged;
      journal.write(() => {
        knowledge.takeStranger({ collector, seenAt: clock.now() });
      });
      onEvent({ kind: "stranger", collector });
      return { kind: "stopped" };
    }
    this.#greeted = true;
    if (judged.kind === "state") {
      const offered = this.#states.record(judged);
      this.#patience.problem = null;
      this.#revisionHint = judged.state.revision;
      for (const again of offered) onEvent({ kind: "offered_again", ...again });
    } else {
      // A restored collector whose clock is behind: asking again at once would bring the same.
      this.#revisionHint = null;
      this.#noHelloBeforeMs = clock.monotonicMs() + staleHelloPauseSeconds * 1000;
    }
    return { kind: "progress", delivered: 0 };
  }

  #facts(): DeliveryFacts {
    const { knowledge, clock, journal } = this.#parts;
    const { held } = knowledge;
    return {
      now: clock.now(),
      airGapped: this.#parts.airGapped,
      stopped: knowledge.stranger !== null,
      pinned: knowledge.pins !== null,
      stateReceivedAt: held?.receivedAt ?? null,
      stateAgeSecondsMax: stateAgeSecondsMax(held, this.#parts.isPressing()),
      greeted: this.#greeted,
      stateChanged: this.#revisionHint !== null && this.#revisionHint !== held?.state.revision,
      helloPaused: clock.monotonicMs() < this.#noHelloBeforeMs,
      waitingReports: journal.reports.sendable(),
      refreshWanted: this.#refreshWanted,
      bundleReportsMax: this.#bundleSize.most,
    };
  }

  #expectation(sent: readonly SealedReport[]): Expectation {
    const { key, knowledge } = this.#parts;
    const digests = new Map(sent.map((r) => [`${r.journal} ${r.sequence}`, r.digest]));
    return {
      key,
      pins: knowledge.pins,
      newestIssuedAt: knowledge.held?.issuedAt ?? null,
      waitingDigest: (journal, sequence) => digests.get(`${journal} ${sequence}`) ?? null,
    };
  }

  #failed(error: unknown): void {
    this.#patience.pause(failedCommitPauseMs);
    // What does not fit a disk that is nearly full may fit in smaller parts.
    if (storageFault(error) === "full") this.#bundleSize.halve();
    this.#notKept(error);
  }

  /** The file says what holds: memory may be ahead of it. */
  #notKept(error: unknown): void {
    this.#parts.onFault(error);
    if (storageFault(error) !== "broken") this.#parts.knowledge.reload();
  }
}
