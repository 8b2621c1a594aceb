/**
 * Posts one event: the name is resolved once, every address it has is judged, and the connection goes to the very address
 * that was judged. No redirect is followed; times and the answer's size are bounded.
 */

import { isIP } from "node:net";
import type { Clock } from "@submeter/shared/time/clock";
import { Agent, request } from "undici";
import { type AddressRules, hostOf, isAllowedAddress, judgeUrl } from "./address.ts";

export type Resolve = (host: string) => Promise<readonly { address: string; family: number }[]>;

export type PostOutcome = {
  /** Null when nothing answered. */
  readonly status: number | null;
  readonly detail: string;
  readonly milliseconds: number;
};

export type PostContext = {
  readonly resolve: Resolve;
  readonly rules: AddressRules;
  readonly clock: Clock;
  readonly timeouts?: { readonly connectMs: number; readonly answerMs: number };
};

const timeoutsDefault = { connectMs: 5_000, answerMs: 15_000 };
/** Of an answer so much is kept for whoever looks at the attempt. */
const excerptBytesMax = 512;

/** Never throws: whatever happens is an outcome. */
export async function postEvent(
  context: PostContext,
  message: { url: string; body: string; headers: Record<string, string> },
): Promise<PostOutcome> {
  const started = context.clock.monotonicMs();
  const outcome = await attempt(context, message).catch((error: unknown) => ({
    status: null,
    detail: reasonOf(error),
  }));
  return { ...outcome, milliseconds: Math.round(context.clock.monotonicMs() - started) };
}

async function attempt(
  context: PostContext,
  message: { url: string; body: string; headers: Record<string, string> },
): Promise<{ status: number | null; detail: string }> {
  const judged = judgeUrl(message.url, context.rules);
  if (judged.kind === "refused") return { status: null, detail: `refused: ${judged.why}` };
  const target = await addressOf(context, hostOf(judged.url));
  if (typeof target === "string") return { status: null, detail: target };
  const { connectMs, answerMs } = context.timeouts ?? timeoutsDefault;
  const dispatcher = new Agent({
    connect: {
      timeout: connectMs,
      // Asked once, above: what the name means a moment later is of no account.
      lookup: (_host, options, answer) => {
        if (options.all) answer(null, [target]);
        else answer(null, target.address, target.family);
      },
    },
    headersTimeout: answerMs,
    bodyTimeout: answerMs,
    pipelining: 0,
  });
  try {
    const answer = await request(judged.url, {
      method: "POST",
      dispatcher,
      body: message.body,
      headers: {
        ...message.headers,
        "content-type": "application/json",
        "user-agent": "submeter-collector",
      },
      signal: AbortSignal.timeout(connectMs + answerMs),
    });
    const detail = await excerptOf(answer.body);
    return { status: answer.statusCode, detail };
  } finally {
    await dispatcher.destroy();
  }
}

/** The address that is connected to, or why none is: one that is not public is enough to refuse the name. */
async function addressOf(
  { resolve, rules }: PostContext,
  host: string,
): Promise<{ address: string; family: number } | string> {
  const family = isIP(host);
  const found = family === 0 ? await resolve(host) : [{ address: host, family }];
  if (found.some(({ address }) => !isAllowedAddress(address, rules))) {
    return "refused: the name leads to an address that is not a public one";
  }
  return found[0] ?? "the name has no address";
}

async function excerptOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= excerptBytesMax) break;
  }
  const bytes = Buffer.concat(chunks).subarray(0, excerptBytesMax);
  // What a stranger answers is shown to people: one line, printable.
  return bytes
    .toString("utf8")
    .replaceAll(/\p{Cc}+/gu, " ")
    .trim();
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "it could not be reached";
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  return `it could not be reached: ${code}`;
}
