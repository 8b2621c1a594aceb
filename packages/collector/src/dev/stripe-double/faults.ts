/** Faults on purpose: which request meets which accident. Each is used up by the requests that it strikes. */

/**
 * - `error_before`: answered 500, without effect. `error_after`: with effect, and yet answered 500.
 * - `silent_before`: lost on the way there, never answered. `silent_after`: took effect, never answered.
 * - `closed_before`, `closed_after`: likewise, but the connection is closed.
 * - `held`: takes effect only when it is released, and is answered then.
 */
export const faultModes = [
  "error_before",
  "error_after",
  "silent_before",
  "silent_after",
  "closed_before",
  "closed_after",
  "held",
] as const;
export type FaultMode = (typeof faultModes)[number];

export type Fault = {
  /** Upper case; any when left out. */
  readonly method?: string;
  /** A path in which `*` stands for one segment and `**` for all that follow; any when left out. */
  readonly path?: string;
  readonly mode: FaultMode;
  /** How many matching requests pass unharmed before. */
  readonly skip?: number;
  /** How many are struck; one when left out. */
  readonly count?: number;
};

export class Faults {
  #waiting: { fault: Fault; skip: number; count: number }[] = [];
  #held: (() => void)[] = [];
  #watching: (() => void)[] = [];

  add(fault: Fault): void {
    this.#waiting.push({ fault, skip: fault.skip ?? 0, count: fault.count ?? 1 });
  }

  clear(): void {
    this.#waiting = [];
  }

  /** Lets every held request take its effect. */
  release(): void {
    for (const go of this.#held.splice(0)) go();
  }

  /** Resolves as soon as a request is being held. */
  held(): Promise<void> {
    if (this.#held.length > 0) return Promise.resolve();
    return new Promise((resolve) => this.#watching.push(resolve));
  }

  /** The fault that strikes this request, if any; only the first one that matches counts. */
  take(method: string, path: string): FaultMode | null {
    const entry = this.#waiting.find(({ fault }) => matches(fault, method, path));
    if (entry === undefined) return null;
    if (entry.skip > 0) {
      entry.skip -= 1;
      return null;
    }
    entry.count -= 1;
    if (entry.count <= 0) this.#waiting = this.#waiting.filter((other) => other !== entry);
    return entry.fault.mode;
  }

  /** Resolves when {@link release} is called. */
  hold(): Promise<void> {
    return new Promise((resolve) => {
      this.#held.push(resolve);
      for (const seen of this.#watching.splice(0)) seen();
    });
  }
}

function matches(fault: Fault, method: string, path: string): boolean {
  if (fault.method !== undefined && fault.method !== method) return false;
  if (fault.path === undefined) return true;
  const wanted = fault.path.split("/");
  const given = path.split("/");
  const open = wanted.at(-1) === "**";
  if (open ? given.length < wanted.length : given.length !== wanted.length) return false;
  return wanted.every((segment, i) => segment === "*" || segment === "**" || segment === given[i]);
}
