/**
 * For Node products: counts usage by handing it to the agent, in batches. It never throws into the product and never makes it
 * wait; a batch is sent under one idempotency key until the agent has answered, so that each event counts once.
 */

import { Agent, type IncomingMessage, request } from "node:http";
import { formatInstant } from "@submeter/shared/time/instant";
import { type Entitlement, askEntitlement } from "./client-entitlement.ts";
import { systemClock } from "./system-clock.ts";
import { systemRandomness } from "./system-random.ts";

export type UsageEvent = {
  readonly meter: string;
  /** Decimal text, a safe integer or a bigint; one when left out. */
  readonly quantity?: string | number | bigint;
  readonly dimensions?: Readonly<Record<string, string>>;
  /** RFC 3339; now when left out. */
  readonly time?: string;
  /** Names the event for good, beyond this process; its batch's key does when left out. */
  readonly id?: string;
};

export type UsageProblem = {
  /** How many events it concerns. */
  readonly events: number;
  /** `queue_full`: dropped here; another code is the agent's, or `agent_unreachable`. */
  readonly code: string;
  readonly detail: string;
  /** Whether they are gone: what is not is sent again. */
  readonly lost: boolean;
};

export type UsageClientOptions = {
  /** Where the agent listens; default `http://127.0.0.1:7070`. */
  readonly url?: string;
  /** The agent's Unix socket, in place of the address. */
  readonly socketPath?: string;
  readonly token?: string;
  /** The declared source that these events come from. */
  readonly source?: string;
  /** How long events are gathered; default 50. */
  readonly delayMs?: number;
  /** Events that wait for an agent that is down, before new ones are dropped; default 10,000. */
  readonly waitingMax?: number;
  /** Told what could not be counted; what it throws is swallowed. */
  readonly onProblem?: (problem: UsageProblem) => void;
};

export type UsageClient = {
  readonly count: (event: UsageEvent) => void;
  /** Whether the meter may be used; answered by the agent alone, and within a second. Never rejects. */
  readonly entitlement: (meter: string) => Promise<Entitlement>;
  /** Resolves with whether everything that was counted before is durable; gives up after `patienceMs` (default 5,000). */
  readonly flush: (patienceMs?: number) => Promise<boolean>;
  /** Flushes, and counts nothing more. */
  readonly close: () => Promise<boolean>;
};

type Batch = { readonly key: string; readonly body: Buffer; readonly events: number };

const urlDefault = "http://127.0.0.1:7070";
const batchEventsMax = 500;
const timeoutMs = 10_000;
const againMsFirst = 100;
const againMsMax = 5000;

/** Also flushes when the process runs out of work. */
export function usageClient(options: UsageClientOptions = {}): UsageClient {
  const sender = new Sender(options);
  const { url = urlDefault, socketPath, token } = options;
  const flush = (): void => {
    void sender.flush(againMsMax);
  };
  // Once: an agent that is down must not keep the process alive for ever.
  process.once("beforeExit", flush);
  return {
    count: (event) => sender.count(event),
    entitlement: (meter) => askEntitlement({ url, socketPath, token }, meter),
    flush: (patienceMs) => sender.flush(patienceMs ?? againMsMax),
    close: () => {
      process.off("beforeExit", flush);
      return sender.close(againMsMax);
    },
  };
}

class Sender {
  readonly #options: UsageClientOptions;
  readonly #url: URL;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #name = systemRandomness.uuid();
  #queue: string[] = [];
  #batch: Batch | null = null;
  #batches = 0;
  #timer: NodeJS.Timeout | null = null;
  #isSending = false;
  #againMs = againMsFirst;
  #isClosed = false;
  /** Called whenever a batch is done with. */
  #watchers = new Set<() => void>();

  constructor(options: UsageClientOptions) {
    this.#options = options;
    this.#url = new URL("/v1/usage", options.url ?? urlDefault);
  }

  count(event: UsageEvent): void {
    try {
      const { waitingMax = 10_000, source, delayMs = 50 } = this.#options;
      if (this.#isClosed || this.#queue.length >= waitingMax) {
        const detail = this.#isClosed ? "the client is closed" : "the agent was down for too long";
        this.#tell({ events: 1, code: "queue_full", detail, lost: true });
        return;
      }
      const { quantity = 1, time = formatInstant(systemClock.now()), ...rest } = event;
      // Written at once: what cannot be written is told of its event alone.
      this.#queue.push(
        JSON.stringify({
          ...rest,
          quantity: typeof quantity === "bigint" ? quantity.toString() : quantity,
          time,
          source,
        }),
      );
      this.#later(delayMs);
    } catch (error) {
      this.#tell({ events: 1, code: "event_malformed", detail: String(error), lost: true });
    }
  }

  flush(patienceMs: number): Promise<boolean> {
    if (this.#isEmpty()) return Promise.resolve(true);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const done = (isDurable: boolean): void => {
      clearTimeout(patience);
      this.#watchers.delete(look);
      resolve(isDurable);
    };
    const look = (): void => {
      if (this.#isEmpty()) done(true);
      else this.#send();
    };
    const patience = setTimeout(() => done(false), patienceMs);
    this.#watchers.add(look);
    this.#send();
    return promise;
  }

  async close(patienceMs: number): Promise<boolean> {
    this.#isClosed = true;
    const isDurable = await this.flush(patienceMs);
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#agent.destroy();
    return isDurable;
  }

  #isEmpty(): boolean {
    return this.#queue.length === 0 && this.#batch === null;
  }

  /** A product that has nothing else to do may end meanwhile: `beforeExit` flushes. */
  #later(delayMs: number): void {
    this.#timer ??= setTimeout(() => this.#send(), delayMs).unref();
  }

  #send(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#isSending) return;
    const batch = (this.#batch ??= this.#nextBatch());
    if (batch === null) return;
    this.#isSending = true;
    this.#exchange(batch)
      .catch((error: unknown) => ({
        kind: "again" as const,
        code: "agent_unreachable",
        detail: reasonOf(error),
      }))
      .then((outcome) => {
        this.#isSending = false;
        this.#settle(batch, outcome);
      })
      .catch(() => {});
  }

  #nextBatch(): Batch | null {
    const events = this.#queue.splice(0, batchEventsMax);
    if (events.length === 0) return null;
    this.#batches += 1;
    const key = `${this.#name} ${this.#batches}`;
    return { key, body: Buffer.from(`[${events.join(",")}]`), events: events.length };
  }

  #settle(batch: Batch, outcome: Outcome): void {
    const { events } = batch;
    if (outcome.kind === "again") {
      this.#tell({ events, code: outcome.code, detail: outcome.detail, lost: false });
      this.#later(this.#againMs);
      this.#againMs = Math.min(this.#againMs * 2, againMsMax);
      return;
    }
    this.#batch = null;
    this.#againMs = againMsFirst;
    for (const { code, detail } of outcome.refused) {
      this.#tell({ events: 1, code, detail, lost: true });
    }
    if (this.#queue.length > 0) this.#send();
    for (const look of this.#watchers) look();
  }

  async #exchange(batch: Batch): Promise<Outcome> {
    const { status, text } = await this.#post(batch);
    const json = (text === "" ? {} : JSON.parse(text)) as Partial<Refused> & {
      rejected?: Refused[];
    };
    if (status === 200 || status === 204) return { kind: "done", refused: json.rejected ?? [] };
    const said = { code: json.code ?? `http_${status}`, detail: json.detail ?? "" };
    if (status === 503 || status === 401 || status >= 500) return { kind: "again", ...said };
    return { kind: "done", refused: Array.from({ length: batch.events }, () => said) };
  }

  #post({ key, body }: Batch): Promise<{ status: number; text: string }> {
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
    const { socketPath, token } = this.#options;
    const sent = request(
      this.#url,
      {
        method: "POST",
        agent: this.#agent,
        timeout: timeoutMs,
        headers: {
          "content-type": "application/json",
          "content-length": body.length,
          "idempotency-key": key,
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        ...(socketPath === undefined ? {} : { socketPath }),
      },
      (response) => {
        readText(response).then((text) => {
          resolve({ status: response.statusCode ?? 0, text });
        }, reject);
      },
    );
    sent.on("error", reject);
    sent.on("timeout", () => sent.destroy(new Error("no answer in time")));
    sent.end(body);
    return promise;
  }

  #tell(problem: UsageProblem): void {
    try {
      this.#options.onProblem?.(problem);
    } catch {
      // The product's own fault must not stop its counting.
    }
  }
}

type Refused = { readonly code: string; readonly detail: string };
type Outcome =
  | { readonly kind: "done"; readonly refused: readonly Refused[] }
  | ({ readonly kind: "again" } & Refused);

async function readText(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("utf8");
}

function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  return code ?? message ?? String(error);
}
