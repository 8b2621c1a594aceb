/** Why an answer means "later", in words for the status page. Nothing in an unsigned answer is more than a hint. */

import type { HttpAnswer } from "./transport.ts";

export type LaterReason = {
  readonly code: string;
  readonly detail: string;
  /** Null when no HTTP answer came. */
  readonly status: number | null;
  /** Asking often would not help. */
  readonly slow: boolean;
  /** The bundle was too large for something on the way. */
  readonly tooLarge: boolean;
  readonly retryAfter: string | undefined;
};

/** `judged` is what examining the body as a signed document found. */
export function laterReason(
  answer: HttpAnswer,
  judged: { code: string; detail: string },
): LaterReason {
  if (answer.kind === "unreachable") {
    const { code, detail } = answer;
    return { code, detail, status: null, slow: false, tooLarge: false, retryAfter: undefined };
  }
  const { status } = answer;
  return {
    ...(problemIn(answer) ?? describe(status, judged)),
    status,
    slow: status === 401,
    tooLarge: status === 413,
    retryAfter: answer.headers["retry-after"],
  };
}

function describe(status: number, judged: { code: string; detail: string }) {
  if (status >= 300 && status < 400) {
    const detail = `HTTP ${status}: a redirect, which is never followed`;
    return { code: "redirect_refused", detail };
  }
  return { code: "answer_unsigned", detail: `HTTP ${status} without a receipt: ${judged.detail}` };
}

/** What the collector itself says, when it answers with an RFC 9457 problem. */
function problemIn(
  answer: HttpAnswer & { kind: "answer" },
): { code: string; detail: string } | null {
  if (!(answer.headers["content-type"] ?? "").startsWith("application/problem+json")) return null;
  try {
    const { code, detail } = JSON.parse(Buffer.from(answer.body).toString("utf8")) as {
      code?: unknown;
      detail?: unknown;
    };
    if (typeof code !== "string" || !/^[a-z][a-z0-9_]{0,63}$/.test(code)) return null;
    const shown = typeof detail === "string" ? printable(detail) : "";
    return { code, detail: `HTTP ${answer.status}: ${shown}` };
  } catch {
    return null;
  }
}

function printable(text: string): string {
  return text.slice(0, 200).replaceAll(/[^\x20-\x7e]/g, "?");
}
