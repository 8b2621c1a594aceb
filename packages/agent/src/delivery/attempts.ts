/** One attempt at a time, and for whoever asks one that began after he asked. */

export class Attempts<Result> {
  readonly #begin: () => Promise<Result>;
  #running: Promise<Result> | null = null;

  constructor(begin: () => Promise<Result>) {
    this.#begin = begin;
  }

  get isUnderWay(): boolean {
    return this.#running !== null;
  }

  /** Begins one unless one is under way, and resolves or rejects with it. */
  join(): Promise<Result> {
    this.#running ??= this.#begin().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /** Resolves when the one that is under way now has ended. What is joined then began later. */
  async settled(): Promise<void> {
    await this.#running?.catch(() => {});
  }
}
