/**
 * For Node products: counts usage by handing it to the agent, in batches. It never throws into the product and never makes it
 * wait; a batch is sent under one idempotency key until the agent has answered, so that each event counts once.
 */

import { Agent, type IncomingMessage, request } from "node:http";
import { formatInstant } from "@submeter/shared/time/instant";
import { type Entitlement, askEntitlement } from "./client-entitlement.ts";
import { type Batch, ClientQueue } from "./client-queue.ts";
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
  /**
   * `queue_full`, `event_too_large` and `event_malformed`: dropped here; `not_durable_at_end`: the product ended first; another
   * code is the agent's, or `agent_unreachable`.
   */
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
  /** Events that wait for an agent that is down, before new ones are dropped; default 10,000, and 16 MiB in any case. */
  readonly waitingMax?: number;
  /** Told what could not be counted; what it throws, or rejects with, is swallowed. */
  readonly onProblem?: (problem: UsageProblem) => unknown;
};

export type UsageClient = {
  readonly count: (event: UsageEvent) => void;
  /** Whether the meter may be used; answered by the agent alone, and within a second. Never rejects. */
  readonly entitlement: (meter: string) => Promise<Entitlement>;
  /** Resolves with whether everything that was counted before is durable; gives up after `patienceMs` (default 5,000). */
  readonly flush: (patienceMs?: number) => Promise<boolean>;
  /** Flushes, and counts nothing more; what is not durable by then is given up and told. */
  readonly close: (patienceMs?: number) => Promise<boolean>;
};

const urlDefault = "http://127.0.0.1:7070";
const timeoutMs = 10_000;
const againMsFirst = 100;
const againMsMax = 5000;

/** Also flushes when the process runs out of work. */
export function usageClient(options: UsageClientOptions = {}): UsageClient {
  const sender = new Sender(options);
  const { url = urlDefault, socketPath, token } = options;
  // What could not be delivered by then is given up: an agent that is down must not keep the process alive for ever.
  const flush = (): void => {
    void sender.flush(againMsMax).then((isDurable) => isDurable || sender.giveUp());
  };
  process.on("beforeExit", flush);
  return {
    count: (event) => sender.count(event),
    entitlement: (meter) => askEntitlement({ url, socketPath, token }, meter),
    flush: (patienceMs) => sender.flush(patienceMs ?? againMsMax),
    close: (patienceMs) => {
      process.off("beforeExit", flush);
      return sender.close(patienceMs ?? againMsMax);
    },
  };
}

class Sender {
  readonly #options: UsageClientOptions;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #queue: ClientQueue;
  #batch: Batch | null = null;
  #timer: NodeJS.Timeout | null = null;
  #isSending = false;
  #againMs = againMsFirst;
  #isClosed = false;
  /** Called whenever a batch is done with. */
  #watchers = new Set<() => void>();

  constructor(options: UsageClientOptions) {
    this.#options = options;
    this.#queue = new ClientQueue(systemRandomness.uuid(), options.waitingMax ?? 10_000);
  }

  count(event: UsageEvent): void {
    try {
      const { source, delayMs = 50 } = this.#options;
      const { quantity = 1, time = formatInstant(systemClock.now()), ...rest } = event;
      // Written at once: what cannot be written is told of its event alone.
      const text = JSON.stringify({
        ...rest,
        quantity: typeof quantity === "bigint" ? quantity.toString() : quantity,
        time,
        source,
      });
      const fault = this.#isClosed ? "queue_full" : this.#queue.add(text);
      if (fault === null) this.#later(delayMs);
      else {
        const detail = this.#isClosed ? "the client is closed" : dropped[fault];
        this.#tell({ events: 1, code: fault, detail, lost: true });
      }
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
    if (!isDurable) this.giveUp();
    this.#agent.destroy();
    return isDurable;
  }

  giveUp(): void {
    const events = this.#queue.abandon() + (this.#batch?.texts.length ?? 0);
    this.#batch = null;
    const detail = "the agent did not answer before the product ended";
    if (events > 0) this.#tell({ events, code: "not_durable_at_end", detail, lost: true });
  }

  #isEmpty(): boolean {
    return this.#queue.isEmpty && this.#batch === null;
  }

  /** A product that has nothing else to do may end meanwhile: `beforeExit` flushes. */
  #later(delayMs: number): void {
    this.#timer ??= setTimeout(() => this.#send(), delayMs).unref();
  }

  #send(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#isSending) return;
    const batch = (this.#batch ??= this.#queue.next());
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

  #settle(batch: Batch, outcome: Outcome): void {
    if (this.#batch !== batch) return; // It was given up meanwhile.
    const events = batch.texts.length;
    if (outcome.kind === "again") {
      this.#tell({ events, code: outcome.code, detail: outcome.detail, lost: false });
      this.#later(this.#againMs);
      this.#againMs = Math.min(this.#againMs * 2, againMsMax);
      return;
    }
    this.#batch = null;
    this.#againMs = againMsFirst;
    if (outcome.kind === "unreadable" && events > 1) this.#queue.split(batch);
    else {
      const refused = outcome.kind === "done" ? outcome.refused : [outcome];
      for (const { code, detail } of refused) this.#tell({ events: 1, code, detail, lost: true });
    }
    if (!this.#queue.isEmpty) this.#send();
    for (const look of this.#watchers) look();
  }

  async #exchange(batch: Batch): Promise<Outcome> {
    const { status, text } = await this.#post(batch);
    const { accepted, rejected, code, detail } = readAnswer(text);
    // Only the agent answers so: whatever else listens there has counted nothing.
    if (status === 200 && Number.isSafeInteger(accepted) && Array.isArray(rejected)) {
      return { kind: "done", refused: rejected };
    }
    const isUnreadable = (status === 400 || status === 413) && code !== undefined;
    return {
      kind: isUnreadable ? "unreadable" : "again",
      code: code ?? `http_${status}`,
      detail: detail ?? "the answer is not an agent's",
    };
  }

  #post({ key, texts }: Batch): Promise<{ status: number; text: string }> {
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
    const { url = urlDefault, socketPath, token } = this.#options;
    const body = Buffer.from(`[${texts.join(",")}]`);
    const sent = request(
      new URL("/v1/usage", url),
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
    const swallow = (): void => {
      // The product's own fault must not stop its counting, nor end it.
    };
    try {
      Promise.resolve(this.#options.onProblem?.(problem)).catch(swallow);
    } catch {
      swallow();
    }
  }
}

type Refused = { readonly code: string; readonly detail: string };
/** `unreadable`: the agent could not read the batch, and counted nothing of it. */
type Outcome =
  | { readonly kind: "done"; readonly refused: readonly Refused[] }
  | ({ readonly kind: "unreadable" } & Refused)
  | ({ readonly kind: "again" } & Refused);

const dropped = {
  queue_full: "the agent was down for too long",
  event_too_large: "an event has more than 64 KiB",
};

function readAnswer(text: string): Partial<Refused> & { rejected?: Refused[]; accepted?: number } {
  try {
    return Object(JSON.parse(text)) as ReturnType<typeof readAnswer>;
  } catch {
    return {};
  }
}

async function readText(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of response) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("utf8");
}

function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  return code ?? message ?? String(error);
}
