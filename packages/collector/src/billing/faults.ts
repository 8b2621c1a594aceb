/** A document that a person wrote and that is refused, with every fault that was found in it. */

import type { Fault } from "@submeter/shared/contracts/fault";
import { SubmeterError } from "@submeter/shared/errors/submeter-error";

export class FaultsError extends SubmeterError {
  readonly faults: readonly Fault[];

  constructor(code: string, message: string, hint: string, faults: readonly Fault[]) {
    super(code, message, hint);
    this.faults = faults;
  }
}

export function oneFault(path: string, code: string, detail: string, hint: string): Fault[] {
  return [{ path, code, detail, hint }];
}
