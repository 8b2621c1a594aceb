/**
 * How many reports go into one bundle: as many as the wire allows, until something on the way or the disk finds them too many;
 * and more again after successes, as what was in the way may be gone.
 */

import { bundleLinesMax } from "@submeter/shared/wire/bundle";

const successesLeast = 8;
/** A way that stays narrow wastes one bundle of so many. */
const successesMost = 1024;

export class BundleSize {
  #most = bundleLinesMax;
  #last = bundleLinesMax;
  #successes = 0;
  #successesWanted = successesLeast;
  /** It was doubled, and no bundle of that size has passed yet. */
  #isTrial = false;

  get most(): number {
    return this.#most;
  }

  /** What the last bundle held. */
  sent(reports: number): void {
    this.#last = reports;
  }

  /** What was sent last brought receipts. A bundle that could have held more proves nothing. */
  passed(): void {
    if (this.#last < this.#most) return;
    this.#isTrial = false;
    if (this.#most === bundleLinesMax) return;
    this.#successes += 1;
    if (this.#successes < this.#successesWanted) return;
    this.#most = Math.min(this.#most * 2, bundleLinesMax);
    this.#successes = 0;
    this.#isTrial = true;
  }

  /** False when one report is the least that can be sent. */
  halve(): boolean {
    const reports = Math.min(this.#most, this.#last);
    if (reports <= 1) return false;
    this.#most = Math.floor(reports / 2);
    this.#successes = 0;
    this.#successesWanted = this.#isTrial
      ? Math.min(this.#successesWanted * 2, successesMost)
      : successesLeast;
    this.#isTrial = false;
    return true;
  }
}
