/** What the client library has yet to deliver: events as texts, gathered into batches that the agent can take, within bounds. */

export type Batch = {
  /** The agent counts what it brings under one key once. */
  readonly key: string;
  readonly texts: readonly string[];
};

/** Why an event cannot wait here; null when it does. */
export type QueueFault = "event_too_large" | "queue_full" | null;

const batchEventsMax = 500;
/** The agent reads a request of up to 1 MiB. */
const batchBytesMax = 512 * 1024;
const eventBytesMax = 64 * 1024;
/** The product's memory is its own. */
const waitingBytesMax = 16 * 1024 * 1024;

export class ClientQueue {
  readonly #name: string;
  readonly #waitingMax: number;
  #texts: string[] = [];
  #bytes = 0;
  /** Cut from a batch that was refused as a whole: they go first, in the order of their events. */
  #halves: (readonly string[])[] = [];
  #batches = 0;

  /** `name`: of this queue and no other, in all of time. */
  constructor(name: string, waitingMax: number) {
    this.#name = name;
    this.#waitingMax = waitingMax;
  }

  get isEmpty(): boolean {
    return this.#texts.length === 0 && this.#halves.length === 0;
  }

  add(text: string): QueueFault {
    const bytes = Buffer.byteLength(text) + 1;
    if (bytes > eventBytesMax) return "event_too_large";
    if (this.#texts.length >= this.#waitingMax || this.#bytes + bytes > waitingBytesMax) {
      return "queue_full";
    }
    this.#texts.push(text);
    this.#bytes += bytes;
    return null;
  }

  /** Null when nothing waits. */
  next(): Batch | null {
    const texts = this.#halves.shift() ?? this.#take();
    if (texts.length === 0) return null;
    this.#batches += 1;
    return { key: `${this.#name} ${this.#batches}`, texts };
  }

  /** Nothing of the batch was counted: one event that cannot be read must not take the others with it. */
  split({ texts }: Batch): void {
    const middle = Math.ceil(texts.length / 2);
    this.#halves.unshift(texts.slice(0, middle), texts.slice(middle));
  }

  /** Forgets what waits; how many events that was. */
  abandon(): number {
    const events = this.#halves.reduce((sum, half) => sum + half.length, this.#texts.length);
    this.#texts = [];
    this.#bytes = 0;
    this.#halves = [];
    return events;
  }

  #take(): string[] {
    let events = 0;
    let bytes = 0;
    for (const text of this.#texts) {
      const more = Buffer.byteLength(text) + 1;
      if (events === batchEventsMax || bytes + more > batchBytesMax) break;
      events += 1;
      bytes += more;
    }
    this.#bytes -= bytes;
    return this.#texts.splice(0, events);
  }
}
