/** How often nobody in particular knocked from an address: beyond a bound the answer is 429, for those without a token alone. */

import { HttpProblem } from "./http-problem.ts";

type Count = { startedAtMs: number; attempts: number };

const windowMs = 60_000;
const attemptsMax = 60;
/** So many addresses are remembered; the oldest are forgotten first. */
const addressesMax = 10_000;

/** Answers the error to refuse with: 401, or 429 once an address has tried too often. */
export function openFailedAttempts(nowMs: () => number) {
  const counts = new Map<string, Count>();
  return (address: string, refused: HttpProblem): HttpProblem => {
    const now = nowMs();
    const known = counts.get(address);
    const running = known !== undefined && now - known.startedAtMs < windowMs ? known : null;
    const count = running ?? { startedAtMs: now, attempts: 0 };
    count.attempts += 1;
    counts.delete(address);
    counts.set(address, count);
    if (counts.size > addressesMax) counts.delete(counts.keys().next().value ?? "");
    if (count.attempts <= attemptsMax) return refused;
    const seconds = Math.ceil((count.startedAtMs + windowMs - now) / 1000);
    return new HttpProblem(
      429,
      "too_many_attempts",
      "requests without a valid token came too often from this address",
      "wait as long as `Retry-After` says, and check the token",
      { retry_after_seconds: seconds },
    );
  };
}
