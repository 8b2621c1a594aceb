/**
 * All that one invoice rests on, as files with a manifest that the collector signs:
 *
 *     invoice, statements with their inputs, plans, contracts ─┐
 *     reports with receipts and decisions, availability, audit ─┴─► manifest (digest of each file) ─► signature
 *
 * It is one look at the database. Files of reports are told by their digests and fetched one by one.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { canonicalJson } from "@submeter/shared/rating/canonical";
import { formatInstant, type Instant } from "@submeter/shared/time/instant";
import { digestHex } from "@submeter/shared/wire/digest";
import type { ProofSigner } from "@submeter/shared/wire/ed25519";
import { decompressed, textOf } from "../billing/document-bytes.ts";
import { type InvoiceDetail, viewInvoice } from "../billing/invoice-view.ts";
import { chainHead, entriesAbout } from "../store/audit-log.ts";
import { contractVersions, type StoredContract } from "../store/contracts.ts";
import type { Database, Queryable } from "../store/database.ts";
import {
  type EvidenceFacts,
  evidenceFacts,
  type ReportRange,
  reportRanges,
} from "../store/invoice-evidence.ts";
import { assignmentsOf, findInstallations } from "../store/installations.ts";
import { findPlan, type StoredPlan } from "../store/plans.ts";
import { findStatement, type StoredStatement } from "../store/statements.ts";
import { packedEntry } from "./pack-audit.ts";
import { readme } from "./pack-readme.ts";
import { type FileOfReports, fileOfReports, filesOfRange } from "./pack-reports.ts";
import { type WhoseHours, whoseHours } from "./whose-hours.ts";

export type EvidenceContext = {
  readonly database: Database;
  readonly clock: { now(): Instant };
  readonly identity: { readonly collector: string; readonly signer: ProofSigner };
};

export type InvoicePack = {
  /** The bytes of `manifest.json`. */
  readonly manifest: string;
  /** The bytes of `manifest.sig.json`. */
  readonly signature: string;
  /** Contents by path; of reports only where they are to be had. */
  readonly files: Readonly<Record<string, string>>;
  readonly reports: readonly FileOfReports[];
};

const verifier = readFileSync(join(import.meta.dirname, "verify.mjs"), "utf8");

/**
 * `disclosed`: reports are whole, also where they speak of another customer's hours; whoever asks for that has put it on
 * record. Throws `invoice_unknown`.
 */
export async function invoicePack(
  context: EvidenceContext,
  invoice: string,
  { disclosed }: { disclosed: boolean },
): Promise<InvoicePack> {
  const { database, clock, identity } = context;
  return database.transaction(
    async (db) => {
      await db.query("set local time zone 'UTC'");
      const view = await viewInvoice(db, invoice);
      const statements = await statementsOf(db, view);
      const own = statements.filter(({ id }) => view.versions.some((version) => version.id === id));
      const scope = await scopeOf(db, view, own);
      const whose = await whoseHoursOf(db, scope);
      const facts = await evidenceFacts(db, scope);
      const contracts = await agreedIn(db, statements);
      const plans = await plansOf(db, contracts);
      const files: Record<string, string> = {
        "README.md": readme(view, { disclosed }),
        "verify.mjs": verifier,
        "invoice.json": textOf(view.invoice.document),
        ...statementFiles(statements),
        ...Object.fromEntries(contracts.map((row) => [contractPath(row), row.document])),
        ...Object.fromEntries(plans.map((row) => [planPath(row), row.document])),
        ...Object.fromEntries(
          view.creditNotes.map((note) => [`credit-notes/${note.id}.json`, textOf(note.document)]),
        ),
        "facts.json": canonicalJson({
          ...factsOf({
            view,
            facts,
            statements,
            own,
            contracts,
            plans,
            collector: identity.collector,
          }),
          audit_head: await chainHead(db),
        }),
        "audit.ndjson": (
          await entriesAbout(db, subjectsOf(view, scope, facts), beginningsOf(scope))
        )
          .map((entry) => `${canonicalJson(packedEntry(whose, entry))}\n`)
          .join(""),
      };
      const reports = (await reportRanges(db, scope)).flatMap(filesOfRange);
      const digests = Object.entries(files).map(([path, text]) => entryOf(path, text));
      for (const file of reports) {
        digests.push(entryOf(file.path, await fileOfReports(db, whose, file, disclosed)));
      }
      const manifest = canonicalJson({
        format: "submeter-evidence-1",
        invoice: view.invoice.id,
        collector: identity.collector,
        made_at: formatInstant(clock.now()),
        whole_reports: disclosed,
        files: digests.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
      });
      return { manifest, signature: signatureOf(identity.signer, manifest), files, reports };
    },
    { isolation: "repeatable read" },
  );
}

/** One file of reports, as the manifest has it. Throws `invoice_unknown`. */
export async function reportsOfPack(
  database: Database,
  invoice: string,
  range: ReportRange,
  { disclosed }: { disclosed: boolean },
): Promise<string | null> {
  return database.transaction(
    async (db) => {
      await db.query("set local time zone 'UTC'");
      const view = await viewInvoice(db, invoice);
      const statements = await statementsOf(db, view);
      const own = statements.filter(({ id }) => view.versions.some((version) => version.id === id));
      const scope = await scopeOf(db, view, own);
      const file = (await reportRanges(db, scope))
        .flatMap(filesOfRange)
        .find(
          (one) =>
            one.installation === range.installation &&
            one.journal === range.journal &&
            one.first === range.first,
        );
      return file === undefined
        ? null
        : fileOfReports(db, await whoseHoursOf(db, scope), file, disclosed);
    },
    { isolation: "repeatable read" },
  );
}

async function whoseHoursOf(
  db: Queryable,
  scope: { customer: string; installations: readonly string[] },
): Promise<WhoseHours> {
  const installations = await findInstallations(db, scope.installations);
  const shared = installations.filter((one) => one.subject_routing).map(({ id }) => id);
  const assignments = await assignmentsOf(db, scope.installations);
  return whoseHours(scope.customer, assignments, new Set(shared));
}

/** The signature is over the manifest's bytes, after a line that says what they are. */
export function signatureOf(signer: ProofSigner, manifest: string): string {
  const text = new TextEncoder().encode(`submeter-evidence\n${manifest}`);
  const signature = Buffer.from(signer.sign(text)).toString("base64");
  return canonicalJson({ public_key: signer.publicKey, signature });
}

function entryOf(path: string, text: string) {
  const bytes = new TextEncoder().encode(text);
  return { path, bytes: bytes.length, sha256: digestHex(bytes) };
}

/** Every version of its own period, and both sides of each correction that stands on it or came of it. */
async function statementsOf(db: Queryable, view: InvoiceDetail): Promise<StoredStatement[]> {
  const ids = new Set([
    ...view.versions.map(({ id }) => id),
    ...[...view.carries, ...view.correctedBy].flatMap((one) => [
      one.from_statement,
      one.to_statement,
    ]),
  ]);
  const found: StoredStatement[] = [];
  for (const id of [...ids].toSorted()) {
    const statement = await findStatement(db, id);
    if (statement !== null) found.push(statement);
  }
  return found;
}

async function scopeOf(
  db: Queryable,
  { invoice, period }: InvoiceDetail,
  own: readonly StoredStatement[],
) {
  const cuts = own.flatMap(({ cut }) => cut);
  return {
    invoice: invoice.id,
    customer: invoice.customer_id,
    contract: invoice.contract_id,
    installations: [...new Set(cuts.map(({ installation }) => installation))].toSorted(),
    from: period?.rests_on_from ?? invoice.period_from,
    to: period?.period_to ?? invoice.period_to,
  };
}

async function agreedIn(
  db: Queryable,
  statements: readonly StoredStatement[],
): Promise<StoredContract[]> {
  const ids = new Set(statements.map(({ contract_id }) => contract_id));
  const found: StoredContract[] = [];
  for (const id of ids) found.push(...(await contractVersions(db, id)));
  return found;
}

async function plansOf(db: Queryable, contracts: readonly StoredContract[]): Promise<StoredPlan[]> {
  const named = new Map(contracts.map((row) => [`${row.plan_id}@${row.plan_version}`, row]));
  const found: StoredPlan[] = [];
  for (const { plan_id, plan_version } of named.values()) {
    const plan = await findPlan(db, plan_id, plan_version);
    if (plan !== null) found.push(plan);
  }
  return found;
}

function statementFiles(statements: readonly StoredStatement[]): Record<string, string> {
  return Object.fromEntries(
    statements.flatMap((one) => [
      [`statements/${one.id}.json`, textOf(one.document)],
      [`statements/${one.id}.inputs.json`, textOf(decompressed(one.inputs))],
    ]),
  );
}

function factsOf(o: {
  view: InvoiceDetail;
  facts: EvidenceFacts;
  statements: readonly StoredStatement[];
  own: readonly StoredStatement[];
  contracts: readonly StoredContract[];
  plans: readonly StoredPlan[];
  collector: string;
}) {
  return {
    ...o.facts,
    collector: o.collector,
    statements: o.statements.map((one) => ({
      id: one.id,
      number: one.number,
      own: o.own.includes(one),
      digest: one.digest,
      inputs_digest: one.inputs_digest,
      contract: { id: one.contract_id, version: one.contract_version },
      cut: one.cut,
      reasons: one.reasons,
      created_at: formatInstant(one.created_at),
    })),
    contracts: o.contracts.map((row) => ({
      path: contractPath(row),
      id: row.id,
      version: row.version,
      digest: row.digest,
      plan: { id: row.plan_id, version: row.plan_version },
      effective_from: formatInstant(row.effective_from),
      reason: row.reason,
      created_at: formatInstant(row.created_at),
      created_by: row.created_by,
    })),
    plans: o.plans.map((row) => ({
      path: planPath(row),
      id: row.id,
      version: row.version,
      digest: row.digest,
      created_at: formatInstant(row.created_at),
      created_by: row.created_by,
    })),
  };
}

/** Whatever a person did to one of these belongs to the evidence. */
function subjectsOf(
  view: InvoiceDetail,
  scope: { installations: readonly string[] },
  facts: EvidenceFacts,
): string[] {
  const { invoice } = view;
  const journals = facts.journals as { installation_id: string; journal: string }[];
  const adjustments = facts.usage_adjustments as { id: string }[];
  return [
    "collector",
    `customer:${invoice.customer_id}`,
    `contract:${invoice.contract_id}`,
    `invoice:${invoice.id}`,
    ...[...view.carries, ...view.correctedBy].map(({ id }) => `correction:${id}`),
    ...scope.installations.map((id) => `installation:${id}`),
    ...journals.map((one) => `journal:${one.installation_id}/${one.journal}`),
    ...adjustments.map(({ id }) => `usage-adjustment:${id}`),
  ];
}

/** Decisions on reports and shutdowns of the installations. */
function beginningsOf({ installations }: { installations: readonly string[] }): string[] {
  return installations.flatMap((id) => [`report:${id}/`, `shutdown:${id}/`]);
}

function contractPath({ id, version }: StoredContract): string {
  return `contracts/${id}@${version}.json`;
}

function planPath({ id, version }: StoredPlan): string {
  return `plans/${id}@${version}.json`;
}
