/** Turns a schema's complaints about a document into faults that say what to write instead. */

import type { Validator } from "typebox/compile";
import { Settings } from "typebox/system";
import type { Fault } from "./fault.ts";

const complaintsMax = 2000;
const faultsMax = 100;

type Complaint = ReturnType<Validator["Errors"]>[number];
type Params = Readonly<Record<string, unknown>>;

/** The document's faults of form, at most 100, each path once. */
export function schemaFaults(validator: Validator, value: unknown): Fault[] {
  const complaints = complaintsOf(validator, value).filter(({ keyword }) => keyword !== "boolean");
  const faults = new Map<string, Fault>();
  for (const fault of meantBranches(complaints).flatMap(faultsOf)) {
    if (faults.size < faultsMax && !faults.has(fault.path)) faults.set(fault.path, fault);
  }
  return [...faults.values()];
}

/** The library stops at 8 complaints, which one mistyped line can use up; so many more are read here, and only here. */
function complaintsOf(validator: Validator, value: unknown): Complaint[] {
  const { maxErrors } = Settings.Get();
  Settings.Set({ maxErrors: complaintsMax });
  try {
    return validator.Errors(value);
  } finally {
    Settings.Set({ maxErrors });
  }
}

/**
 * Where a value may be one of several things, it is complained about as each of them. Kept is what it is complained about as
 * the thing that it was most likely meant to be; the outer choice is made before the inner ones.
 */
function meantBranches(complaints: readonly Complaint[]): Complaint[] {
  let kept = [...complaints];
  const choices = complaints
    .filter(({ keyword }) => keyword === "anyOf")
    .toSorted((a, b) => a.schemaPath.length - b.schemaPath.length);
  for (const choice of choices) {
    if (kept.includes(choice)) kept = withBranchOf(choice, kept);
  }
  return kept;
}

function withBranchOf(choice: Complaint, complaints: readonly Complaint[]): Complaint[] {
  const prefix = `${choice.schemaPath}/anyOf/`;
  const isInside = ({ schemaPath, instancePath }: Complaint) =>
    schemaPath.startsWith(prefix) && isUnder(instancePath, choice.instancePath);
  const inside = complaints.filter(isInside);
  const branches = Map.groupBy(inside, ({ schemaPath }) =>
    Number.parseInt(schemaPath.slice(prefix.length), 10),
  );
  const meant = [...branches.values()].toSorted((a, b) => strangeness(a) - strangeness(b))[0] ?? [];
  // One of several plain values: say so once, for all of them.
  const plain = inside.every(
    ({ instancePath, keyword }) =>
      instancePath === choice.instancePath && (keyword === "const" || keyword === "pattern"),
  );
  const others = complaints.filter((one) => one !== choice && !isInside(one));
  return plain || meant.length === 0
    ? [...others, withValues(choice, inside)]
    : [...others, ...meant];
}

/** A wrong `kind` or `every` tells that another branch was meant; else the one with the fewest complaints was. */
function strangeness(branch: readonly Complaint[]): number {
  const named = branch.some(
    ({ keyword, instancePath }) => keyword === "const" && /\/(kind|every)$/.test(instancePath),
  );
  return branch.length + (named ? 1000 : 0);
}

function withValues(choice: Complaint, inside: readonly Complaint[]): Complaint {
  const values = inside.flatMap(({ keyword, params }) =>
    keyword === "const" ? [JSON.stringify((params as Params)["allowedValue"])] : [],
  );
  return values.length === 0
    ? choice
    : { ...choice, message: `must be one of ${values.join(", ")}` };
}

function isUnder(path: string, parent: string): boolean {
  return path === parent || path.startsWith(`${parent}/`);
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

function namesIn(params: Params, name: string): string[] {
  const value = params[name];
  return Array.isArray(value) ? value.map(String) : [];
}

/** RFC 6901, section 3. */
function escaped(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}
