/** How often nobody in particular knocked from an address: beyond a bound the answer is 429, for those without a token alone. */

import { openAttemptsByAddress } from "./attempts-by-address.ts";
import { HttpProblem } from "./http-problem.ts";

const attemptsMax = 60;

/** Answers the error to refuse with: 401, or 429 once an address has tried too often. */
export function openFailedAttempts(nowMs: () => number) {
  const attempts = openAttemptsByAddress(nowMs, attemptsMax);
  return (address: string, refused: HttpProblem): HttpProblem => {
    const seconds = attempts(address);
    if (seconds === null) return refused;
    return new HttpProblem(
      429,
      "too_many_attempts",
      "requests without a valid token came too often from this address",
      "wait as long as `Retry-After` says, and check the token",
      { retry_after_seconds: seconds },
    );
  };
}
