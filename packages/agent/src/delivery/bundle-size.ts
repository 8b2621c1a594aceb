/** How many reports go into one bundle: as many as the wire allows, until something on the way or the disk finds them too many. */

import { bundleLinesMax } from "@submeter/shared/wire/bundle";

export class BundleSize {
  #most = bundleLinesMax;
  #last = bundleLinesMax;

  get most(): number {
    return this.#most;
  }

  /** What the last bundle held. */
  sent(reports: number): void {
    this.#last = reports;
  }

  /** False when one report is the least that can be sent. */
  halve(): boolean {
    const reports = Math.min(this.#most, this.#last);
    if (reports <= 1) return false;
    this.#most = Math.floor(reports / 2);
    return true;
  }
}
