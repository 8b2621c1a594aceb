/** What came of one step of delivery. */

import { type LaterReason, laterReason } from "./later-reason.ts";
import type { HttpAnswer } from "./transport.ts";

export type StepResult =
  | { kind: "progress"; delivered: number }
  | { kind: "later"; reason: LaterReason }
  | { kind: "stopped" };

export function later(answer: HttpAnswer, judged: { code: string; detail: string }): StepResult {
  return { kind: "later", reason: laterReason(answer, judged) };
}
