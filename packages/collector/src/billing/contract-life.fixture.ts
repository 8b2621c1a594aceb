/** A customer with a contract and installations, whose reports go through ingest. */

import { randomUUID } from "node:crypto";
import type { Clock } from "@submeter/shared/time/clock";
import {
  formatInstant,
  hourFloor,
  type Instant,
  parseInstant,
  secondsPerHour,
} from "@submeter/shared/time/instant";
import { proofSigner } from "@submeter/shared/wire/ed25519";
import { encodeReport, type Report } from "@submeter/shared/wire/report";
import { pino } from "pino";
import type { InvoiceDocument } from "@submeter/shared/rating/invoice";
import type { CollectorIdentity } from "../fleet/collector-identity.ts";
import { readCandidate } from "../ingest/candidate.ts";
import { decideReport } from "../ingest/decide.ts";
import { recordGroup } from "../ingest/record-group.ts";
import { bodyPartitions } from "../store/report-bodies.ts";
import type { Database } from "../store/database.ts";
import { findInvoice } from "../store/invoices.ts";
import { freshDatabase } from "../store/database.fixture.ts";
import { noPayments } from "../stripe/no-payments.ts";
import type { Payments } from "../stripe/payments.ts";
import { type BillingContext, billingLimitsDefault } from "./billing-context.ts";
import { closeNextPeriod } from "./close-period.ts";
import { setContract } from "./contracts.ts";
import { textOf } from "./document-bytes.ts";
import { markFleetChange } from "./mark-changes.ts";
import { addPlan } from "./plans.ts";

export type Life = {
  readonly context: BillingContext;
  readonly database: Database;
  moveTo(instant: string): void;
  close(): Promise<void>;
};

export const owner = { name: "test" };

/** The collector is up from 2025 on; see {@link outage}. */
export async function freshLife(
  start: string,
  options: { payments?: Payments; limits?: Partial<BillingContext["limits"]> } = {},
): Promise<Life> {
  const database = await freshDatabase();
  let now = parseInstant(start);
  const clock: Clock = { now: () => now, nowMs: () => now * 1000, monotonicMs: () => now * 1000 };
  await database.query(
    `insert into availability (instance, started_at, last_tick_at, public_key, signature)
     values ($1, '2024-01-01Z', '2035-01-01Z', 'test', '')`,
    [randomUUID()],
  );
  const context: BillingContext = {
    database,
    clock,
    payments: options.payments ?? noPayments,
    logger: pino({ level: "silent" }),
    limits: { ...billingLimitsDefault, correctionQuietSeconds: 0, ...options.limits },
  };
  return {
    context,
    database,
    moveTo: (instant) => {
      now = parseInstant(instant);
    },
    close: () => database.close(),
  };
}

/** The collector accepted no reports in [from, to). */
export async function outage(life: Life, from: string, to: string): Promise<void> {
  await life.database.query(
    `insert into availability (instance, started_at, last_tick_at, public_key, signature)
     select $1, $3, last_tick_at, 'test', '' from availability where started_at < $2 and last_tick_at > $3`,
    [randomUUID(), from, to],
  );
  await life.database.query(
    "update availability set last_tick_at = $1 where started_at < $1 and last_tick_at > $2",
    [from, to],
  );
}

/** $0.01 a request. */
export const requestsPlan = {
  version: 1,
  id: "requests",
  currency: "USD",
  meters: [{ name: "requests", unit: "request", aggregation: "sum", scale: 0 }],
  lines: [{ id: "requests", kind: "usage", meter: "requests", unit_price: "0.01" }],
};

export function contractOf(customer: string, more: Record<string, unknown> = {}) {
  return {
    version: 1,
    id: customer,
    customer,
    plan: { id: "requests", version: 1 },
    term: { from: "2026-01-01T00:00:00Z", to: null },
    cycle: { every: "month" },
    minimum: { amount: "1000" },
    fallback: "floor",
    ...more,
  };
}

export async function addCustomer(life: Life, id: string): Promise<void> {
  await life.database.query(
    `insert into customers (id, name, email, created_at) values ($1, $2, $3, '2025-12-01Z')`,
    [id, `${id} Inc.`, `billing@${id}.example`],
  );
}

/** The customer, the plan if need be, and the contract. */
export async function agree(
  life: Life,
  contract: ReturnType<typeof contractOf>,
  plan: unknown = requestsPlan,
): Promise<void> {
  await addCustomer(life, contract.customer);
  await addPlan(life.context, owner, plan);
  await setContract(life.context, owner, contract, {
    id: contract.id,
    effective: null,
    dryRun: false,
  });
}

/** What is signed with it is quarantined. */
const leakedKey = "2";

export async function enrol(
  life: Life,
  installation: string,
  customer: string,
  at: string,
): Promise<void> {
  const { database } = life;
  await database.query(
    `insert into installations (id, enrolled_at, subject_routing, created_at) values ($1, $2, false, $2)`,
    [installation, at],
  );
  await database.query(
    `insert into assignments (installation_id, subject, customer_id, from_at) values ($1, '', $2, $3)`,
    [installation, customer, at],
  );
  await database.query(
    `insert into installation_keys (installation_id, number, sealed, master_key_version, state, created_at, state_changed_at)
     values ($1, '1', '', 1, 'active', '2024-01-01Z', '2024-01-01Z')`,
    [installation],
  );
  await database.query(
    `insert into installation_keys (installation_id, number, sealed, master_key_version, state, created_at,
       state_changed_at, compromised_from)
     values ($1, $2, '', 1, 'compromised', '2024-01-01Z', '2024-01-01Z', '2024-01-01Z')`,
    [installation, leakedKey],
  );
  await database.query(
    `insert into installation_key_events (installation_id, number, state, at) values ($1, '1', 'active', '2024-01-01Z')`,
    [installation],
  );
}

/** As of an hour that may have passed, with the mark that the fleet leaves in the same transaction. */
export async function retire(life: Life, installation: string, at: string): Promise<void> {
  const change = { installation, from: parseInstant(at), reason: "installation retired" };
  await life.database.transaction(async (db) => {
    await db.query(
      `update installations set retired_at = $2, retired_reason = 'switched off' where id = $1`,
      [installation, at],
    );
    await markFleetChange(db, change, life.context.clock.now());
  });
}

export async function retireJournal(life: Life, of: JournalOf, at: string): Promise<void> {
  await life.database.query(
    `update journals set retired_at = $3, retired_reason = 'lost with its host'
     where installation_id = $1 and journal = $2`,
    [of.installation, of.journal, at],
  );
}

export type JournalOf = { readonly installation: string; readonly journal: string };

export function newJournal(installation: string): JournalOf {
  return { installation, journal: randomUUID() };
}

export type ReportOf = {
  /** What it covers: nothing when both are the same. */
  readonly from: string;
  readonly to: string;
  /** Whole requests in the report, in its last hours one unit more where they do not divide. */
  readonly requests: number;
  /** Whose windows they are counted in, when not those of the coverage: late events. */
  readonly windows?: { readonly from: string; readonly to: string };
  readonly outcome?: "accepted" | "quarantined";
  readonly final?: boolean;
  readonly replaces?: string;
  /** Skips so many sequences before it: a hole. */
  readonly skip?: number;
  /** Fills a hole: this sequence. */
  readonly sequence?: number;
  /** Now, unless the host's clock is wrong or the report waited. */
  readonly sealedAt?: string;
  /** How far the host says that it is ahead. */
  readonly skewMs?: number;
  readonly sources?: readonly { name: string; heard: readonly (readonly [string, string])[] }[];
  readonly shutdowns?: readonly { from: string; until: string; reason: string; by?: string }[];
};

/** All that recording needs: a whole collector's database and clock will do. */
export type Reporting = {
  readonly database: Database;
  readonly context: { readonly clock: Pick<Clock, "now"> };
};

const identity: CollectorIdentity = {
  collector: randomUUID(),
  signer: proofSigner(new Uint8Array(32).fill(3)),
  publicKeys: [],
};
const journalKey = proofSigner(new Uint8Array(32).fill(7)).publicKey;
const unsigned = { "content-digest": "", "signature-input": "", signature: "" };

/** A report's name stands for its digest, so that a hole can be filled later. */
const digestOf = (sequence: number): string => String(sequence).padStart(64, "0");

/** Records one report at the clock's now, by the very steps of ingest after its signature was verified. */
export async function report(life: Reporting, of: JournalOf, given: ReportOf): Promise<number> {
  const { database, context } = life;
  // A test that stands before the hours it tells of is told of them once they have passed.
  const ends = [given.to, given.windows?.to ?? given.to].map(parseInstant);
  const now = Math.max(context.clock.now(), ...ends);
  const rows = await database.query<{ highest: number; replaces: Report["replaces"] }>(
    "select highest, replaces from journals where installation_id = $1 and journal = $2",
    [of.installation, of.journal],
  );
  const [row] = rows;
  const sequence = given.sequence ?? (row?.highest ?? 0) + 1 + (given.skip ?? 0);
  const replaces: Report["replaces"] =
    given.replaces === undefined
      ? (row?.replaces ?? null)
      : { journal: given.replaces, sequence: null, digest: null, reason: "corrupt" };
  const number = given.outcome === "quarantined" ? leakedKey : "1";
  const read = readCandidate({
    body: encodeReport(bodyOf(of, given, { sequence, replaces, now })),
    headers: unsigned,
    signer: {
      installation: of.installation,
      number,
      keyId: `${of.installation}.${number}`,
      secret: new Uint8Array(),
    },
    proofKey: journalKey,
  });
  if (read.kind !== "candidate") throw new Error(JSON.stringify(read));
  const candidate = { ...read.candidate, digest: digestOf(sequence) };
  const clock = { now: () => now, nowMs: () => 0, monotonicMs: () => 0 };
  const partitions = bodyPartitions(database);
  const [recorded] = await recordGroup({ recording: database, clock, identity, partitions }, [
    candidate,
  ]);
  const expected = given.outcome ?? "accepted";
  if (recorded?.kind !== "receipt" || recorded.outcome !== expected) {
    const receipt =
      recorded?.kind === "receipt" ? recorded.receipt.receipt.toString() : "no receipt";
    throw new Error(`not ${expected}: ${receipt}`);
  }
  return sequence;
}

function bodyOf(
  of: JournalOf,
  given: ReportOf,
  at: { sequence: number; replaces: Report["replaces"]; now: Instant },
): Report {
  const windows = given.windows ?? given;
  return {
    version: 1,
    installation: of.installation,
    journal: of.journal,
    sequence: at.sequence,
    previous: at.sequence === 1 ? null : digestOf(at.sequence - 1),
    replaces: at.replaces,
    sealed_at: given.sealedAt ?? formatInstant(at.now),
    interval_seconds: 3600,
    final: given.final ?? false,
    agent: {
      version: "1.0.0",
      clock_skew_ms: given.skewMs ?? 0,
      backlog: 0,
      disk_free_bytes: null,
    },
    coverage: given.from === given.to ? [] : [[given.from, given.to]],
    sources: (given.sources ?? []).map(({ name, heard }) => ({
      name,
      heard: heard.map(([from, to]) => [from, to]),
    })),
    meters: [{ name: "requests", unit: "request", aggregation: "sum", scale: 0 }],
    usage: linesOf(given.requests, parseInstant(windows.from), parseInstant(windows.to)),
    ...(at.sequence === 1 && { public_key: journalKey }),
    ...(given.shutdowns && { x: { shutdowns: given.shutdowns } }),
  };
}

/** Spreads whole requests over the hours, the first ones getting what does not divide. */
function linesOf(requests: number, from: Instant, to: Instant): Report["usage"] {
  const first = hourFloor(from);
  const hours = Math.max(1, Math.ceil((to - first) / secondsPerHour));
  const each = Math.floor(requests / hours);
  return Array.from({ length: hours }, (_, index) => ({
    meter: "requests",
    window: formatInstant(first + index * secondsPerHour),
    dimensions: {},
    quantity: String(each + (index < requests - each * hours ? 1 : 0)),
  })).filter(({ quantity }) => quantity !== "0");
}

/** The operator accepts a quarantined report after all. */
export async function accept(life: Life, of: JournalOf, sequence: number): Promise<void> {
  const decision = { decision: "accepted" as const, reason: "it was in order" };
  await decideReport(life.context, owner, { ...of, sequence }, decision);
}

/** What closing the contract's next period comes to at the clock's now. */
export async function closes(life: Life, contract: string): Promise<ClosedAs> {
  const outcome = await closeNextPeriod(life.context, contract, { acceptUnpriced: false });
  if (outcome.kind !== "closed") return { state: outcome.kind };
  const invoice = await findInvoice(life.database, outcome.invoice);
  if (invoice === null) throw new Error("the invoice is gone");
  const document = JSON.parse(textOf(invoice.document)) as InvoiceDocument;
  return {
    state: "closed",
    invoice: invoice.id,
    basis: document.statement?.basis ?? null,
    provisional: document.statement?.provisional ?? false,
    total: document.total,
    hours: document.statement?.hours.text ?? null,
  };
}

export type ClosedAs =
  | { readonly state: "waiting" | "nothing" }
  | {
      readonly state: "closed";
      readonly invoice: string;
      readonly basis: string | null;
      readonly provisional: boolean;
      readonly total: string;
      readonly hours: string | null;
    };

/** Everything that became of the contract's corrections, oldest first: `[amount, status]`. */
export async function corrections(life: Life, contract: string): Promise<[string, string][]> {
  const rows = await life.database.query<{ amount: string; status: string }>(
    "select amount, status from corrections where contract_id = $1 order by created_at, id",
    [contract],
  );
  return rows.map(({ amount, status }) => [amount, status]);
}
