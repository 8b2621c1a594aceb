/** From frozen inputs to a statement: pure, so that any past one can be computed again and compared byte by byte. */

import { settleUpUntil } from "../contracts/contract-terms.ts";
import { SubmeterError } from "../errors/submeter-error.ts";
import { parseInstant } from "../time/instant.ts";
import { hoursText } from "./basis.ts";
import { canonicalBytes, canonicalDigest } from "./canonical.ts";
import { digestOfInputs } from "./encode-inputs.ts";
import { decimalText } from "./fraction-text.ts";
import { rate } from "./rate.ts";
import type { StatementInputs } from "./statement-inputs.ts";
import type { Statement } from "./statement.ts";

/** Grows whenever the same inputs give other bytes: a replay then says "engine changed" instead of "broken". */
export const engineVersion = "1";

/** `inputsDigest`: pass it when the inputs have been encoded already; they are not encoded again. */
export function computeStatement(
  inputs: StatementInputs,
  inputsDigest: string = digestOfInputs(inputs),
): Statement {
  requireConsistent(inputs);
  const { contract, plan, period, hours } = inputs;
  const { basis, fallback, lines, total, unpriced, ...rated } = rate(inputs);
  const settleUntil = settleUpUntil(contract, { to: parseInstant(period.to) });
  return {
    version: 1,
    scope: inputs.scope,
    number: inputs.number,
    as_of: inputs.as_of,
    customer: contract.customer,
    contract: { id: contract.id, version: contract.version },
    plan: { id: plan.id, version: plan.version },
    currency: plan.currency,
    period,
    basis,
    fallback,
    // Final when all its hours are counted or excused, or when nothing can be billed for it any more.
    provisional: basis === "fallback" && parseInstant(inputs.as_of) < settleUntil,
    hours: { ...hours.total, text: hoursText(hours.total) },
    lines,
    total,
    // Members that a statement has only where its plan or contract asks for them.
    ...(rated.shadowTotal === null ? {} : { shadow_total: rated.shadowTotal }),
    ...(rated.creditsUsed === null ? {} : { credits_used: decimalText(rated.creditsUsed) }),
    ...(rated.unbilled.length === 0 ? {} : { unbilled: rated.unbilled }),
    ...(rated.carry === null ? {} : { carry: rated.carry }),
    unpriced,
    needs_decision: unpriced.length > 0 ? ["unpriced_usage"] : [],
    carried_digest: canonicalDigest(inputs.carried),
    inputs_digest: inputsDigest,
    engine: engineVersion,
  };
}

/** The bytes that are stored, digested and compared. */
export function encodeStatement(statement: Statement): Uint8Array {
  return canonicalBytes(statement);
}

/** Reads what {@link encodeStatement} wrote. */
export function decodeStatement(bytes: Uint8Array): Statement {
  return JSON.parse(new TextDecoder().decode(bytes)) as Statement;
}

/** What whoever gathers the inputs owes: usage of this period only, the plan that the contract names. */
function requireConsistent({ contract, plan, period, usage }: StatementInputs): void {
  if (contract.plan.id !== plan.id || contract.plan.version !== plan.version) {
    throw inconsistent(
      `the contract ${contract.id} names the plan ${contract.plan.id} version ${contract.plan.version}, given is ${plan.id} version ${plan.version}`,
    );
  }
  // Instants in RFC 3339 with Z sort as text.
  const stray = usage.find(({ window }) => window < period.from || window >= period.to);
  if (stray === undefined) return;
  throw inconsistent(
    `usage of ${stray.meter} at ${stray.window} lies outside of the period ${period.from} to ${period.to}`,
  );
}

function inconsistent(detail: string): SubmeterError {
  return new SubmeterError(
    "statement_inputs_inconsistent",
    detail,
    "gather the inputs of this period again; if it happens again, report it as a defect",
  );
}
