/** How long it is tried, and when it is not tried again. */

import { expect, test } from "vitest";
import { afterAttempt } from "./next-attempt.ts";

const now = 1_700_000_000;

test("a delivery is tried ten times over more than three days, each wait longer than the one before", () => {
  const answers = Array.from({ length: 10 }, (_, tries) =>
    afterAttempt(503, { tries, now, jitter: 0 }),
  );
  const waits = answers.flatMap((next) => (next.kind === "later" ? [next.at - now] : []));
  expect(answers.at(-1)?.kind).toBe("given_up");
  expect(waits).toHaveLength(9);
  expect(waits).toEqual(waits.toSorted((a, b) => a - b));
  const total = waits.reduce((a, b) => a + b, 0);
  expect(total).toBeGreaterThan(3 * 86_400);
  expect(total).toBeLessThan(5 * 86_400);
});

test.each([
  { status: 200, kind: "delivered" },
  { status: 204, kind: "delivered" },
  { status: 301, kind: "later" },
  { status: 400, kind: "later" },
  { status: 410, kind: "gone" },
  { status: 500, kind: "later" },
  { status: null, kind: "later" },
])("an answer of $status means: $kind", ({ status, kind }) => {
  expect(afterAttempt(status, { tries: 0, now, jitter: 0.5 }).kind).toBe(kind);
});

test("what failed together is spread by up to a tenth of the wait", () => {
  const at = (jitter: number) => {
    const next = afterAttempt(500, { tries: 3, now, jitter });
    return next.kind === "later" ? next.at - now : 0;
  };
  expect(at(0)).toBe(7200);
  expect(at(0.999)).toBeGreaterThan(7800);
  expect(at(0.999)).toBeLessThan(7920);
});
