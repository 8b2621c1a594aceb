/** A refused document as a problem: 422, with every fault and its path. */

import { FaultsError } from "../billing/faults.ts";
import { HttpProblem } from "./http-problem.ts";

/** Awaits what may refuse a document; other errors pass. */
export async function refusingFaults<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof FaultsError)) throw error;
    const { code, message, hint, faults } = error;
    throw new HttpProblem(422, code, message, hint, { faults });
  }
}
