import fc from "fast-check";
import { expect, test } from "vitest";
import type { FaultMode } from "../dev/stripe-double/faults.ts";
import type { PushOutcome, PushProgress } from "./payments.ts";
import { invoiceOf, lines, openWorld } from "./push.fixture.ts";

const invoice = invoiceOf(lines(1n, 2n, 3n));
const nothingSaved: PushProgress = { stripeCustomerId: null, stripeInvoiceId: null };

/** Accidents that are over at once; silence is tried request by request in `push.test.ts`. */
const modes: readonly FaultMode[] = ["error_before", "error_after"];

const accident = fc.record({
  mode: fc.constantFrom(...modes),
  method: fc.constantFrom("GET", "POST"),
  skip: fc.nat({ max: 12 }),
  count: fc.integer({ min: 1, max: 3 }),
});

/** What befalls our side between two attempts: a crash before the save, a day in which Stripe forgets its keys. */
const between = fc.record({ forgotten: fc.boolean(), pruned: fc.boolean() });

test("any sequence of accidents, crashes and forgotten keys ends in one document", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(accident, { maxLength: 6 }),
      fc.array(between, { minLength: 40, maxLength: 40 }),
      async (accidents, pauses) => {
        const { double, payments, clock } = await openWorld("property");
        try {
          for (const fault of accidents) double.faults.add(fault);
          let progress = nothingSaved;
          let outcome: PushOutcome | null = null;
          for (const { forgotten, pruned } of pauses) {
            outcome = await payments.push(invoice, progress, (next) => {
              progress = next;
              return Promise.resolve();
            });
            if (outcome.kind !== "later") break;
            if (forgotten) progress = nothingSaved;
            if (pruned) {
              clock.move(25 * 3600);
              double.wipeKeys();
            }
          }
          const { invoices, customers } = double.state();
          expect(outcome).toMatchObject({ kind: "finalized", totalMinor: 6n });
          expect(invoices.map(({ status, total }) => [status, total])).toEqual([["open", 6]]);
          expect(customers).toHaveLength(1);
        } finally {
          await double.close();
        }
      },
    ),
    { numRuns: 60 },
  );
}, 60_000);
