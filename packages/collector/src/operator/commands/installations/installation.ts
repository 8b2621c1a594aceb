/** An installation as the API shows it, and as an operator reads it. */

import { nothing, type Page, pairs, paragraphs, plural, section } from "../../text/page.ts";
import { table } from "../../text/table.ts";
import { cellInstant, proseInstant } from "../../text/time-text.ts";

export type KeyState = "active" | "verify-only" | "compromised" | "removed";

export type InstallationKey = {
  readonly number: string;
  readonly state: KeyState;
  readonly created_at?: string | null;
  readonly compromised_from?: string | null;
};

export type Assignment = {
  readonly customer: string;
  /** "" is the installation's own usage; else the subject that it serves. */
  readonly subject?: string | null;
  readonly from: string;
  readonly to: string | null;
};

export type Installation = {
  readonly id: string;
  readonly customer: string | null;
  readonly enrolled_at: string;
  readonly retired_at: string | null;
  readonly retired_reason?: string | null;
  readonly suspended?: { readonly from: string; readonly reason: string } | null;
  readonly keys?: readonly InstallationKey[];
  readonly assignments?: readonly Assignment[];
  readonly journals?: number;
};

export function installationsText(
  page: Page,
  installations: readonly Installation[],
  customer?: string,
): string {
  if (installations.length === 0) {
    const whose = customer ?? "acme";
    return nothing(
      page,
      customer === undefined ? "There are no installations yet." : "None yet.",
      `submeter installations add ${whose}-1 --customer ${whose} --enrolled now`,
    );
  }
  const columns = [
    { head: "installation" },
    { head: "customer" },
    { head: "enrolled (UTC)" },
    { head: "retired (UTC)" },
    { head: "keys" },
    { head: "journals", align: "right" as const },
  ];
  const rows = installations.map((installation) => [
    page.paint.strong(installation.id),
    installation.customer ?? "–",
    cellInstant(installation.enrolled_at),
    installation.retired_at === null ? "" : cellInstant(installation.retired_at),
    (installation.keys ?? []).map((key) => keyText(page, key)).join(", "),
    installation.journals === undefined ? "" : String(installation.journals),
  ]);
  return `${table(page, columns, rows)}\n\n${plural(installations.length, "installation")}`;
}

export function installationText(page: Page, installation: Installation): string {
  return paragraphs(
    pairs(page, [
      ["Installation", page.paint.strong(installation.id)],
      ["Customer", installation.customer ?? "–"],
      ["Enrolled", proseInstant(installation.enrolled_at)],
      ["Retired", installation.retired_at === null ? null : retiredText(installation)],
      ["Suspended", suspendedText(page, installation)],
      ["Journals", installation.journals === undefined ? null : String(installation.journals)],
    ]),
    section(page, "Keys", keysText(page, installation.keys ?? [])),
    section(page, "Belongs to", assignmentsText(page, installation.assignments ?? [])),
  );
}

function retiredText(installation: Installation): string {
  const reason = installation.retired_reason ?? "";
  return `${proseInstant(installation.retired_at)}${reason === "" ? "" : `: ${reason}`}`;
}

function suspendedText(page: Page, { suspended }: Installation): string | null {
  if (!suspended) return null;
  return `${page.paint.warning(`since ${proseInstant(suspended.from)}`)}: ${suspended.reason}`;
}

function keysText(page: Page, keys: readonly InstallationKey[]): string {
  if (keys.length === 0) return "";
  const rows = keys.map((key) => [
    key.number,
    stateText(page, key.state),
    cellInstant(key.created_at),
    key.compromised_from ? `from ${proseInstant(key.compromised_from)}` : "",
  ]);
  return table(
    page,
    [{ head: "key" }, { head: "state" }, { head: "made (UTC)" }, { head: "" }],
    rows,
  );
}

function assignmentsText(page: Page, assignments: readonly Assignment[]): string {
  if (assignments.length === 0) return "";
  const rows = assignments.map((assignment) => [
    assignment.customer,
    assignment.subject ?? "",
    cellInstant(assignment.from),
    assignment.to === null ? "open end" : cellInstant(assignment.to),
  ]);
  const columns = [
    { head: "customer" },
    { head: "subject" },
    { head: "from (UTC)" },
    { head: "to (UTC)" },
  ];
  return table(page, columns, rows);
}

function keyText(page: Page, key: InstallationKey): string {
  return key.state === "active" ? key.number : `${key.number} ${stateText(page, key.state)}`;
}

function stateText(page: Page, state: KeyState): string {
  switch (state) {
    case "active":
      return page.paint.good(state);
    case "verify-only":
      return page.paint.warning(state);
    case "compromised":
      return page.paint.bad(state);
    case "removed":
      return page.paint.faint(state);
  }
}
