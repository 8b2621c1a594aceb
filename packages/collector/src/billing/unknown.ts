/** What is asked of billing and does not exist. */

import { UnknownError } from "../fleet/unknown.ts";

export function planUnknown(id: string, version?: number): UnknownError {
  return new UnknownError(
    "plan_unknown",
    version === undefined
      ? `there is no plan ${id}`
      : `there is no version ${version} of plan ${id}`,
    "list them with `submeter plans list`",
  );
}

export function contractUnknown(id: string): UnknownError {
  return new UnknownError(
    "contract_unknown",
    `there is no contract ${JSON.stringify(id)}`,
    "list them with `submeter contracts list`",
  );
}

export function invoiceUnknown(id: string): UnknownError {
  return new UnknownError(
    "invoice_unknown",
    `there is no invoice ${JSON.stringify(id)}`,
    "list them with `submeter invoices list`",
  );
}

export function correctionUnknown(id: string): UnknownError {
  return new UnknownError(
    "correction_unknown",
    `there is no correction ${JSON.stringify(id)}`,
    "list them with `submeter corrections list`",
  );
}
