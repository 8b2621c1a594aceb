/** What delivery says of itself: what it does while it works, and how it ended. */

import type { JudgedReceipt } from "./record-receipts.ts";
import type { LaterReason } from "./later-reason.ts";
import type { OfferedAgain } from "./record-state.ts";

export type DeliveryProblem = Pick<LaterReason, "code" | "detail" | "status"> & {
  readonly at: number;
};

/** `rest`: nothing waits. `later`: an answer was no receipt. `stopped`: another collector answers; a person decides. */
export type DeliveryResult = {
  readonly kind: "rest" | "later" | "stopped";
  readonly delivered: number;
  readonly problem: DeliveryProblem | null;
};

export type DeliveryEvent =
  | { readonly kind: "receipt"; readonly judged: JudgedReceipt }
  | { readonly kind: "later"; readonly reason: LaterReason; readonly delayMs: number }
  | { readonly kind: "stranger"; readonly collector: string }
  | { readonly kind: "fork"; readonly journal: string }
  | ({ readonly kind: "offered_again" } & OfferedAgain);
