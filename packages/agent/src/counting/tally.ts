/** What became of events since the program started, for whoever watches it; nothing that is billed is read from here. */

import type { GroupResult } from "./group-commit.ts";

export class Tally {
  accepted = 0;
  duplicates = 0;
  commitFailures = 0;
  /** Counters of others that held something when they were first seen, which may have been counted before. */
  takenUp = 0;
  /** Events by reason. */
  readonly refused = new Map<string, number>();
  /** Requests by the code of the problem that they were answered. */
  readonly refusedRequests = new Map<string, number>();

  /** `events`: how many the request had. */
  note(result: GroupResult, events: number): void {
    if (result.kind === "refused") {
      this.refuse(result.reason, events);
      return;
    }
    for (const outcome of result.outcomes) {
      if (outcome === "counted") this.accepted += 1;
      else if (outcome === "duplicate") this.duplicates += 1;
      else this.refuse(outcome, 1);
    }
  }

  refuse(reason: string, events: number): void {
    if (events > 0) this.refused.set(reason, (this.refused.get(reason) ?? 0) + events);
  }

  refuseRequest(code: string): void {
    this.refusedRequests.set(code, (this.refusedRequests.get(code) ?? 0) + 1);
  }
}
