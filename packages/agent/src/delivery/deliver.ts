/** The loop that empties the outbox: asks `next-step.ts` what to do, does it, and waits when the answer was no receipt. */

import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Clock } from "@submeter/shared/time/clock";
import { formatInstant } from "@submeter/shared/time/instant";
import { bundleMediaType, encodeBundleLine, parseAnswerLine } from "@submeter/shared/wire/bundle";
import { contentDigest } from "@submeter/shared/wire/digest";
import {
  type SignatureHeaders,
  joinSignatures,
  signDocument,
  signSub,
} from "@submeter/shared/wire/document";
import type { EndpointPaths } from "@submeter/shared/wire/endpoint";
import { encodeHello } from "@submeter/shared/wire/hello";
import type { HmacKey } from "@submeter/shared/wire/key";
import type { SealedReport } from "../journal/reports-table.ts";
import { backOffMs, retryAfterSeconds } from "./back-off.ts";
import {
  type Expectation,
  type Judgement,
  type SignedAnswer,
  judgeReceipt,
  judgeState,
} from "./judge-answer.ts";
import { type LaterReason, laterReason } from "./later-reason.ts";
import { type DeliveryFacts, nextStep } from "./next-step.ts";
import { type JudgedReceipt, type RecordingParts, recordReceipts } from "./record-receipts.ts";
import { type HttpAnswer, type Transport } from "./transport.ts";

const compress = promisify(gzip);

export const bundleReportsMax = 1000;
/** Half of what a bundle may weigh inflated. */
const bundleTextBytesMax = 4 * 1024 * 1024;
/** The same word of the collector does not make the same reports go out again and again. */
const offerAgainPauseMs = 60 * 60 * 1000;
const staleHelloPauseSeconds = 60 * 60;
/** After a hello that failed, reports go on without it for so long at least. */
const failedHelloPauseSeconds = 60;

export type DeliveryProblem = Pick<LaterReason, "code" | "detail" | "status"> & {
  readonly at: number;
};

/** `rest`: nothing waits. `later`: an answer was no receipt. `stopped`: another collector answers; a person decides. */
export type DeliveryResult = {
  readonly kind: "rest" | "later" | "stopped";
  readonly delivered: number;
  readonly problem: DeliveryProblem | null;
};

export type DeliveryEvent =
  | { readonly kind: "receipt"; readonly judged: JudgedReceipt }
  | { readonly kind: "later"; readonly reason: LaterReason; readonly delayMs: number }
  | { readonly kind: "stranger"; readonly collector: string }
  | { readonly kind: "fork"; readonly journal: string }
  | { readonly kind: "offered_again"; readonly journal: string; readonly reports: number };

export type DeliveryParts = RecordingParts & {
  readonly key: HmacKey;
  readonly endpoint: EndpointPaths;
  readonly transport: Transport;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly randomFraction: () => number;
  readonly onEvent: (event: DeliveryEvent) => void;
};

type StepResult =
  | { kind: "progress"; delivered: number }
  | { kind: "later"; reason: LaterReason }
  | { kind: "stopped" };

export class Delivery {
  readonly #parts: DeliveryParts;
  #running: Promise<DeliveryResult> | null = null;
  #attempt = 0;
  /** By the clock that never steps. */
  #notBeforeMs = 0;
  #problem: DeliveryProblem | null = null;
  #greeted = false;
  #revisionHint: string | null = null;
  #noHelloBefore: number | null = null;
  #bundleReportsMax = bundleReportsMax;
  readonly #offeredAgain = new Map<string, { through: number; atMs: number }>();

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  get problem(): DeliveryProblem | null {
    return this.#problem;
  }

  /** Milliseconds until the next attempt; 0 when none is held back. */
  get waitMs(): number {
    return Math.max(0, this.#notBeforeMs - this.#parts.clock.monotonicMs());
  }

  /** Goes on when it is due; called every second. */
  poll(): void {
    if (this.#running !== null || this.waitMs > 0) return;
    if (nextStep(this.#facts()).kind === "rest") return;
    void this.run();
  }

  /** Delivers until nothing waits or a step fails, whatever waiting was imposed. */
  now(): Promise<DeliveryResult> {
    this.#noHelloBefore = null;
    return this.run();
  }

  /** Resolves when no step is under way. */
  async settled(): Promise<void> {
    await this.#running;
  }

  run(): Promise<DeliveryResult> {
    this.#running ??= this.#loop().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #loop(): Promise<DeliveryResult> {
    let delivered = 0;
    for (;;) {
      const step = nextStep(this.#facts());
      if (step.kind === "rest") return { kind: "rest", delivered, problem: this.#problem };
      const result = step.kind === "stopped" ? step : await this.#act(step);
      switch (result.kind) {
        case "progress":
          delivered += result.delivered;
          this.#attempt = 0;
          this.#notBeforeMs = 0;
          break;
        case "stopped":
          return { kind: "stopped", delivered, problem: this.#problem };
        case "later": {
          const delayMs = this.#wait(result.reason);
          // With pins held, reports can be delivered without a newer state.
          if (step.kind === "hello" && this.#parts.knowledge.pins !== null) {
            const pauseSeconds = Math.max(failedHelloPauseSeconds, Math.ceil(delayMs / 1000));
            this.#noHelloBefore = this.#parts.clock.now() + pauseSeconds;
            break;
          }
          if (result.reason.tooLarge && this.#halve()) break;
          return { kind: "later", delivered, problem: this.#problem };
        }
      }
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
    const { key, clock, sealer, endpoint } = this.#parts;
    const body = encodeHello({
      version: 1,
      installation: key.installation,
      journal: sealer.identity.journal,
      sent_at: formatInstant(clock.now()),
    });
    const headers = signDocument({ body, tag: "submeter-hello", created: clock.now(), key });
    const answer = await this.#post(endpoint.state, headers, "application/json", body);
    if (answer.kind === "unreachable") return later(answer, answer);
    const judged = judgeState(answer, this.#expectation([]));
    if (judged.kind === "unsigned") return later(answer, judged);
    return this.#take(judged);
  }

  async #sendReport(): Promise<StepResult> {
    const [report] = this.#parts.journal.reports.waiting(1);
    if (report === undefined) return { kind: "progress", delivered: 0 };
    const { endpoint } = this.#parts;
    const headers = this.#sign(report);
    const answer = await this.#post(endpoint.ingest, headers, "application/json", report.body);
    if (answer.kind === "unreachable") return later(answer, answer);
    const judged = judgeReceipt(answer, this.#expectation([report]));
    if (judged.kind === "unsigned") return later(answer, judged);
    this.#revisionHint = answer.headers["submeter-state-revision"] ?? this.#revisionHint;
    if (judged.kind !== "receipt") return this.#take(judged);
    this.#record([report], [judged]);
    return { kind: "progress", delivered: 1 };
  }

  async #sendBundle(reportsMax: number): Promise<StepResult> {
    const { sent, text } = this.#bundle(reportsMax);
    const { endpoint } = this.#parts;
    const encoding = { "content-encoding": "gzip" };
    const body = await compress(text);
    const answer = await this.#post(endpoint.ingest, encoding, bundleMediaType, body);
    if (answer.kind === "unreachable") return later(answer, answer);
    const expectation = this.#expectation(sent);
    const receipts: JudgedReceipt[] = [];
    const others: Judgement[] = [];
    for (const line of answerLines(answer.body)) {
      const judged = judgeLine(line, expectation);
      if (judged.kind === "receipt") receipts.push(judged);
      else others.push(judged);
    }
    if (receipts.length > 0) this.#record(sent, receipts);
    const stranger = others.find(({ kind }) => kind === "other_collector");
    if (stranger !== undefined) return this.#take(stranger);
    const state = others.find(({ kind }) => kind === "state");
    if (state !== undefined) this.#take(state);
    if (receipts.length > 0) return { kind: "progress", delivered: receipts.length };
    const first = others.find((judged) => judged.kind === "unsigned");
    return later(answer, first ?? { code: "answer_unsigned", detail: "no line is a receipt" });
  }

  /** The next reports, a line each, as far as they fit. */
  #bundle(reportsMax: number): { sent: SealedReport[]; text: Buffer } {
    const sent: SealedReport[] = [];
    const lines: Buffer[] = [];
    let bytes = 0;
    for (const report of this.#parts.journal.reports.waiting(reportsMax)) {
      const line = Buffer.from(
        encodeBundleLine({ headers: this.#sign(report), body: report.body }),
      );
      if (sent.length > 0 && bytes + line.length > bundleTextBytesMax) break;
      sent.push(report);
      lines.push(line);
      bytes += line.length;
    }
    return { sent, text: Buffer.concat(lines) };
  }

  /** The envelope is made anew each time: after a rotation what waits goes out under the new key. */
  #sign(report: SealedReport): SignatureHeaders {
    const { key, clock } = this.#parts;
    const digest = contentDigest(report.body);
    const sub = signSub({ digest, tag: "submeter-report", created: clock.now(), key });
    return joinSignatures(digest, report.proof === null ? [sub] : [sub, report.proof]);
  }

  #post(
    url: URL,
    headers: Record<string, string>,
    type: string,
    body: Uint8Array,
  ): Promise<HttpAnswer> {
    return this.#parts.transport.post(url, { ...headers, "content-type": type }, body);
  }

  #record(sent: readonly SealedReport[], receipts: readonly JudgedReceipt[]): void {
    const { onEvent, sealer } = this.#parts;
    const forks = recordReceipts(this.#parts, sent, receipts);
    this.#problem = null;
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
    if (judged.kind === "state") this.#takeState(judged);
    else {
      // A restored collector whose clock is behind: asking again at once would bring the same.
      this.#revisionHint = null;
      this.#noHelloBefore = clock.now() + staleHelloPauseSeconds;
    }
    return { kind: "progress", delivered: 0 };
  }

  #takeState({ state, issuedAt }: Extract<Judgement, { kind: "state" }>): void {
    const { journal, knowledge, clock, onEvent } = this.#parts;
    const skewMs = clock.nowMs() - issuedAt * 1000;
    const throughs = new Map(state.journals.map(({ journal: name, through }) => [name, through]));
    const offered = journal.write(() => {
      knowledge.takeState({ state, issuedAt, receivedAt: clock.now(), skewMs });
      return journal.journals
        .names()
        .map((name) => ({
          journal: name,
          reports: this.#offerAgain(name, throughs.get(name) ?? 0),
        }))
        .filter(({ reports }) => reports > 0);
    });
    this.#problem = null;
    this.#revisionHint = state.revision;
    for (const again of offered) onEvent({ kind: "offered_again", ...again });
  }

  /** The collector holds less than it gave receipts for: it was restored from a backup, and gets the bytes again. */
  #offerAgain(journal: string, through: number): number {
    const { reports } = this.#parts.journal;
    if (through >= reports.receiptedThrough(journal)) return 0;
    const nowMs = this.#parts.clock.monotonicMs();
    const before = this.#offeredAgain.get(journal);
    if (before?.through === through && nowMs - before.atMs < offerAgainPauseMs) return 0;
    this.#offeredAgain.set(journal, { through, atMs: nowMs });
    return reports.offerAgain(journal, through);
  }

  #facts(): DeliveryFacts {
    const { knowledge, clock, journal } = this.#parts;
    const { held } = knowledge;
    return {
      now: clock.now(),
      stopped: knowledge.stranger !== null,
      pinned: knowledge.pins !== null,
      stateReceivedAt: held?.receivedAt ?? null,
      greeted: this.#greeted,
      stateChanged: this.#revisionHint !== null && this.#revisionHint !== held?.state.revision,
      noHelloBefore: this.#noHelloBefore,
      waitingReports: journal.reports.backlog().reports,
      bundleReportsMax: this.#bundleReportsMax,
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

  #wait(reason: LaterReason): number {
    const { clock, randomFraction, onEvent } = this.#parts;
    this.#attempt += 1;
    const asked = retryAfterSeconds(reason.retryAfter, clock.now());
    const delayMs =
      asked === null ? backOffMs(this.#attempt, reason.slow, randomFraction()) : asked * 1000;
    this.#notBeforeMs = clock.monotonicMs() + delayMs;
    const { code, detail, status } = reason;
    this.#problem = { code, detail, status, at: clock.now() };
    onEvent({ kind: "later", reason, delayMs });
    return delayMs;
  }

  #halve(): boolean {
    if (this.#bundleReportsMax === 1) return false;
    this.#bundleReportsMax = Math.floor(this.#bundleReportsMax / 2);
    return true;
  }
}

function later(answer: HttpAnswer, judged: { code: string; detail: string }): StepResult {
  return { kind: "later", reason: laterReason(answer, judged) };
}

function judgeLine(line: Uint8Array, expectation: Expectation): Judgement {
  const read = parseAnswerLine(line);
  if (read.kind === "malformed") return { ...read, kind: "unsigned" };
  const answer: SignedAnswer = read.answer;
  const judged = judgeReceipt(answer, expectation);
  return judged.kind === "unsigned" && judged.code === "tag_mismatch"
    ? judgeState(answer, expectation)
    : judged;
}

function* answerLines(body: Uint8Array): Generator<Uint8Array> {
  const lineFeed = 0x0a;
  let start = 0;
  while (start < body.length) {
    const found = body.indexOf(lineFeed, start);
    const end = found === -1 ? body.length : found;
    if (end > start) yield body.subarray(start, end);
    start = end + 1;
  }
}
