/** Turns a schema's complaints about a document into faults that say what to write instead. */

import type { Validator } from "typebox/compile";
import type { Fault } from "./fault.ts";

type Complaint = ReturnType<Validator["Errors"]>[number];

/** The document's faults of form, at most 100, each path once. */
export function schemaFaults(validator: Validator, value: unknown): Fault[] {
  const complaints = withoutOtherBranches(validator.Errors(value));
  const faults = new Map<string, Fault>();
  for (const fault of complaints.flatMap(faultsOf)) {
    if (faults.size < 100 && !faults.has(fault.path)) faults.set(fault.path, fault);
  }
  return [...faults.values()];
}

/**
 * A line is checked against every kind of line. Where its `kind` (or `every`) names one of them, only what that one
 * complains about says anything.
 */
function withoutOtherBranches(complaints: readonly Complaint[]): Complaint[] {
  const others = complaints
    .filter(
      ({ keyword, instancePath }) => keyword === "const" && /\/(kind|every)$/.test(instancePath),
    )
    .map(({ schemaPath }) => schemaPath.replace(/\/properties\/(kind|every)$/, "/"));
  const matched = complaints.filter(
    ({ schemaPath }) => !others.some((branch) => schemaPath.startsWith(branch)),
  );
  const specific = matched.filter(({ keyword }) => keyword !== "boolean");
  return specific.filter(
    ({ keyword, instancePath }) =>
      keyword !== "anyOf" ||
      !specific.some(
        (other) => other.keyword !== "anyOf" && other.instancePath.startsWith(instancePath),
      ),
  );
}

function faultsOf(complaint: Complaint): Fault[] {
  const { instancePath: path, params } = complaint;
  if (complaint.keyword === "additionalProperties") {
    return namesIn(params, "additionalProperties").map((name) => ({
      path: `${path}/${escaped(name)}`,
      code: "member_unknown",
      detail: `there is no member ${JSON.stringify(name)} here`,
      hint: "remove it, or correct its name",
    }));
  }
  if (complaint.keyword === "required") {
    return namesIn(params, "requiredProperties").map((name) => ({
      path: `${path}/${escaped(name)}`,
      code: "member_missing",
      detail: `${JSON.stringify(name)} is missing`,
      hint: "add it",
    }));
  }
  return [{ path, code: "value_malformed", detail: complaint.message, hint: hintOf(complaint) }];
}

function hintOf({ keyword, instancePath, params }: Complaint): string {
  const last = instancePath.split("/").at(-1) ?? "";
  if (/^(amount|unit_price|shortfall_price)$/.test(last)) {
    return 'write the amount as a decimal string such as "0.0003", with at most 18 decimals and no sign';
  }
  if (/^(quantity|included)$/.test(last)) {
    return 'write the quantity as a decimal string such as "100000", with at most 12 decimals';
  }
  if (/^(from|to|anchor|first_report_by)$/.test(last)) {
    return "write a whole UTC hour such as 2026-01-01T00:00:00Z";
  }
  if (last === "currency") return "write the ISO 4217 code in capitals, such as USD";
  if (keyword === "type") return `write a value of type ${JSON.stringify(params["type"])}`;
  return "write what docs/plans.md gives for this member";
}

function namesIn(params: Record<string, unknown>, name: string): string[] {
  const value = params[name];
  return Array.isArray(value) ? value.map(String) : [];
}

/** RFC 6901, section 3. */
function escaped(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}
