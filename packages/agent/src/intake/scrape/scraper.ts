/** Asks one page of metrics at its interval, and hands what it reads to be counted. */

import type { Clock } from "@submeter/shared/time/clock";
import type { GroupCommit } from "../../counting/group-commit.ts";
import type { ScrapeTarget } from "../../ways.ts";
import { type FetchedPage, fetchPage } from "./fetch-page.ts";
import { readClassicText, readOpenMetrics } from "./exposition.ts";
import { type PageRules, readPage } from "./read-page.ts";

export type ScraperParts = {
  readonly target: ScrapeTarget;
  readonly rules: PageRules;
  readonly clock: Clock;
  readonly submit: GroupCommit["submit"];
  readonly onProblem: (problem: string, target: ScrapeTarget) => void;
  /** What should not happen, and must not end the agent: the next page is read all the same. */
  readonly onFault: (error: unknown) => void;
};

export type ScrapeStatus = {
  readonly source: string;
  readonly url: string;
  /** Whole Unix seconds; null: never. */
  readonly read_at: number | null;
  /** Samples of declared meters on the last page. */
  readonly samples: number;
  readonly refused: number;
  readonly problem: string | null;
};

export class Scraper {
  readonly #parts: ScraperParts;
  #nextMs = Number.NEGATIVE_INFINITY;
  #underWay: Promise<void> | null = null;
  #status: Pick<ScrapeStatus, "read_at" | "samples" | "refused" | "problem"> = {
    read_at: null,
    samples: 0,
    refused: 0,
    problem: null,
  };

  constructor(parts: ScraperParts) {
    this.#parts = parts;
  }

  get status(): ScrapeStatus {
    const { source, url } = this.#parts.target;
    return { source, url: `${url.origin}${url.pathname}`, ...this.#status };
  }

  /** Reads the page when it is time, one at a time. */
  poll(): void {
    const { clock, target } = this.#parts;
    if (this.#underWay !== null || clock.monotonicMs() < this.#nextMs) return;
    this.#nextMs = clock.monotonicMs() + target.everySeconds * 1000;
    this.#underWay = this.#read()
      .catch(this.#parts.onFault)
      .finally(() => {
        this.#underWay = null;
      });
  }

  async settled(): Promise<void> {
    await this.#underWay;
  }

  async #read(): Promise<void> {
    const { target, clock } = this.#parts;
    const page = await fetchPage(target.url, target.everySeconds * 1000);
    const problem = page.kind === "page" ? await this.#count(page) : page.problem;
    if (problem === null) {
      this.#status = { ...this.#status, problem, read_at: clock.now() };
      return;
    }
    if (this.#status.problem !== problem) this.#parts.onProblem(problem, target);
    this.#status = { ...this.#status, problem };
  }

  /** Null, or why nothing of the page counts: all of it does, or the next page brings it. */
  async #count(page: Extract<FetchedPage, { kind: "page" }>): Promise<string | null> {
    const { target, rules, clock, submit } = this.#parts;
    const read = page.isOpenMetrics ? readOpenMetrics(page.text) : readClassicText(page.text);
    if (read.kind === "malformed") return `line ${read.line} of the page: ${read.detail}`;
    const nowMs = clock.nowMs();
    const { facts, pages, refused } = readPage(read.families, { target, nowMs }, rules);
    const result = await submit(facts, [target.source], pages);
    if (result.kind === "refused") return `not counted: ${result.reason}`;
    const notRead = result.outcomes.filter((outcome) => outcome !== "counted").length;
    this.#status = { ...this.#status, samples: facts.length, refused: refused + notRead };
    return null;
  }
}
