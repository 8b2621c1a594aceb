/** What delivery does, as log lines: an alarm where a person is needed, never a key, never a dimension's value. */

import type { Logger } from "pino";
import type { DeliveryEvent } from "./delivery/delivery-event.ts";

/** `onFork`: another journal counts from now on. */
export function deliveryEventLog(log: Logger, onFork: () => void): (event: DeliveryEvent) => void {
  return (event) => {
    switch (event.kind) {
      case "receipt":
        logReceipt(log, event.judged.receipt);
        return;
      case "later": {
        const { code, detail, status } = event.reason;
        log.warn(
          { code, detail, status, delayMs: event.delayMs },
          "no receipt: trying again later",
        );
        return;
      }
      case "stranger":
        log.error(
          { collector: event.collector },
          "another collector answers: delivery stops until `submeter-agent trust`; counting goes on",
        );
        return;
      case "fork":
        onFork();
        log.error(
          { journal: event.journal },
          "the collector holds another report under our name: counting goes on in a new journal",
        );
        return;
      case "offered_again":
        log.warn(
          { journal: event.journal, reports: event.reports },
          "the collector lost reports that it had confirmed: sending them again",
        );
        return;
    }
  };
}

function logReceipt(
  log: Logger,
  receipt: { journal: string; sequence: number; outcome: string; code: string | null },
): void {
  const { journal, sequence, outcome, code } = receipt;
  const fields = { journal, sequence, outcome, code };
  if (outcome === "accepted") log.info(fields, "report delivered");
  else if (outcome === "quarantined") log.warn(fields, "report delivered, held for a decision");
  else if (outcome === "rejected") log.error(fields, "report rejected: parked, see docs/errors.md");
  else log.error(fields, "report in conflict");
}
