/** Each command as a person sees it: what is typed, what is printed, what the collector was asked. */

import { describe, expect, test } from "vitest";

import { golden } from "./golden.fixture.ts";
import { runAgainst } from "./operator-session.fixture.ts";
import {
  accepted,
  acme,
  acmeContract,
  acmeEu,
  attested,
  adjustment,
  auditChain,
  auditEntries,
  beta,
  closeItems,
  corrections,
  fleet,
  invoices,
  issued,
  journalOf,
  journals,
  preview,
  quarantined,
  shownCorrection,
  standardPlan,
  usage,
} from "./sample-answers.fixture.ts";
import type { Script } from "./scripted-collector.fixture.ts";

type Case = { name: string; typed: string; script: Script; input?: string; width?: number };

const list = (...items: readonly unknown[]) => ({ json: { items, next: null } });
const ciToken = {
  id: "t1",
  name: "ci",
  role: "read-only",
  created_at: "2026-01-05T09:00:00Z",
  expires_at: "2026-04-08T14:12:00Z",
  revoked_at: null,
};
const memberToken = {
  ...ciToken,
  name: "dashboard",
  role: "member",
  customer: "acme",
  member: "m_42",
  created_by: "owner",
  expires_at: null,
};
const memberRole = {
  name: "member",
  customer: "acme",
  permissions: ["usage:read:own"],
  own_dimension: "agent",
};
const named = `acme-eu ${journalOf("b")} 2`;
const reportPath = `/api/v1/reports/acme-eu/${journalOf("b")}/2`;

const cases: readonly Case[] = [
  {
    name: "customers/add",
    typed: "customers add acme --name Acme --email billing@acme.example",
    script: { "POST /api/v1/customers": { status: 201, json: acme } },
  },
  {
    name: "customers/list",
    typed: "customers list",
    script: { "GET /api/v1/customers": list(acme, beta) },
  },
  {
    name: "customers/list-empty",
    typed: "customers list",
    script: { "GET /api/v1/customers": list() },
  },
  {
    name: "customers/show",
    typed: "customers show acme",
    script: {
      "GET /api/v1/customers/acme": { json: acme },
      "GET /api/v1/contracts?customer=acme": list(acmeContract),
      "GET /api/v1/installations?customer=acme": list(acmeEu),
    },
  },
  {
    name: "customers/show-new",
    typed: "customers show beta",
    script: {
      "GET /api/v1/customers/beta": { json: beta },
      "GET /api/v1/contracts": list(),
      "GET /api/v1/installations": list(),
    },
  },
  {
    name: "tokens/add",
    typed: "tokens add ci --role read-only",
    script: {
      "POST /api/v1/tokens": { status: 201, json: { ...ciToken, token: "sop_shown-once" } },
    },
  },
  {
    name: "tokens/add-for-a-customer",
    typed: "tokens add dashboard --role member --customer acme --member m_42 --expires never",
    script: {
      "POST /api/v1/customers/acme/tokens": {
        status: 201,
        json: { ...memberToken, token: "sct_shown-once" },
      },
    },
  },
  {
    name: "tokens/list",
    typed: "tokens list",
    script: {
      "GET /api/v1/tokens": list(
        ciToken,
        { ...ciToken, id: "t2", name: "old", expires_at: "2026-01-01T00:00:00Z" },
        { ...ciToken, id: "t3", name: "gone", revoked_at: "2026-01-06T00:00:00Z" },
      ),
    },
  },
  {
    name: "tokens/list-of-a-customer",
    typed: "tokens list --customer acme",
    script: { "GET /api/v1/customers/acme/tokens": list(memberToken) },
  },
  {
    name: "tokens/list-empty",
    typed: "tokens list --customer acme",
    script: { "GET /api/v1/customers/acme/tokens": list() },
  },
  {
    name: "tokens/revoke",
    typed: "tokens revoke t1 --reason left",
    script: {
      "POST /api/v1/tokens/t1/revoke": {
        json: { ...ciToken, revoked_at: "2026-01-08T14:12:00Z" },
      },
    },
  },
  {
    name: "roles/list",
    typed: "roles list",
    script: {
      "GET /api/v1/roles": list(memberRole, { ...memberRole, name: "none", permissions: [] }),
    },
  },
  {
    name: "roles/set",
    typed: "roles set member --permissions usage:read:own --customer acme --own-dimension agent",
    script: { "PUT /api/v1/roles/member": { json: memberRole } },
  },
  {
    name: "roles/remove",
    typed: "roles remove member --customer acme",
    script: { "DELETE /api/v1/roles/member?customer=acme": { json: memberRole } },
  },
  {
    name: "plans/offer",
    typed: "plans offer standard",
    script: { "POST /api/v1/plans/standard/offer": { json: standardPlan } },
  },
  {
    name: "plans/withdraw",
    typed: "plans withdraw standard",
    script: { "POST /api/v1/plans/standard/offer": { json: standardPlan } },
  },
  {
    name: "installations/add",
    typed: "installations add acme-eu --customer acme --enrolled 2026-01-05",
    script: { "POST /api/v1/installations": { status: 201, json: issued } },
  },
  {
    name: "installations/list",
    typed: "installations list",
    script: {
      "GET /api/v1/installations": list(acmeEu, {
        ...acmeEu,
        id: "acme-us",
        retired_at: "2026-01-07T00:00:00Z",
      }),
    },
  },
  {
    name: "installations/list-empty",
    typed: "installations list",
    script: { "GET /api/v1/installations": list() },
  },
  {
    name: "installations/show",
    typed: "installations show acme-eu",
    script: { "GET /api/v1/installations/acme-eu": { json: acmeEu } },
  },
  {
    name: "installations/assign",
    typed: "installations assign acme-eu --customer beta --from 2026-01-15T00:40:00Z",
    script: {
      "POST /api/v1/installations/acme-eu/assignments": {
        status: 201,
        json: {
          ...acmeEu,
          assignments: [{ customer: "beta", subject: "", from: "2026-01-15T00:00:00Z", to: null }],
        },
      },
    },
  },
  {
    name: "installations/retire",
    typed: "installations retire acme-eu --at 2026-01-08T10 --reason decommissioned",
    script: {
      "POST /api/v1/installations/acme-eu/retire": {
        json: { ...acmeEu, retired_at: "2026-01-08T10:00:00Z", retired_reason: "decommissioned" },
      },
    },
  },
  {
    name: "installations/suspend",
    typed: "installations suspend acme-eu --reason unpaid",
    script: {
      "POST /api/v1/installations/acme-eu/suspend": {
        json: { ...acmeEu, suspended: { from: "2026-01-08T14:12:00Z", reason: "unpaid" } },
      },
    },
  },
  {
    name: "installations/resume",
    typed: "installations resume acme-eu --reason paid",
    script: {
      "POST /api/v1/installations/acme-eu/resume": { json: { ...acmeEu, suspended: null } },
    },
  },
  {
    name: "installations/show-suspended",
    typed: "installations show acme-eu",
    script: {
      "GET /api/v1/installations/acme-eu": {
        json: { ...acmeEu, suspended: { from: "2026-01-08T14:12:00Z", reason: "unpaid" } },
      },
    },
  },
  {
    name: "usage/adjust",
    typed:
      "usage adjust --customer acme --meter requests --from 2026-01-06 --to 2026-01-07 --quantity=-500 --dimensions model=a --reason loadtest",
    script: { "POST /api/v1/usage-adjustments": { status: 201, json: adjustment } },
  },
  {
    name: "usage/adjust-one-hour",
    typed:
      "usage adjust --customer acme --meter requests --from 2026-01-06T09 --quantity 12.5 --reason lost",
    script: {
      "POST /api/v1/usage-adjustments": { status: 201, json: { ...adjustment, quantity: "12.5" } },
    },
  },
  {
    name: "usage/adjust-dimensions-malformed",
    typed:
      "usage adjust --customer acme --meter requests --from 2026-01-06T09 --quantity 1 --dimensions model --reason lost",
    script: {},
  },
  {
    name: "adjustments/list",
    typed: "adjustments list",
    script: {
      "GET /api/v1/usage-adjustments": list(adjustment, {
        ...adjustment,
        id: "adj_acme_1",
        dimensions: {},
        quantity: "12.5",
        status: "approved",
        decided_by: "Bea",
        decision_reason: "seen",
      }),
    },
  },
  {
    name: "adjustments/list-none",
    typed: "adjustments list",
    script: { "GET /api/v1/usage-adjustments": list() },
  },
  {
    name: "adjustments/approve",
    typed: "adjustments approve adj_acme_2 --reason seen",
    script: { "POST /api/v1/usage-adjustments/adj_acme_2/approve": { json: adjustment } },
  },
  {
    name: "adjustments/reject",
    typed: "adjustments reject adj_acme_2 --reason mistaken",
    script: { "POST /api/v1/usage-adjustments/adj_acme_2/reject": { json: adjustment } },
  },
  {
    name: "subjects/list",
    typed: "subjects list",
    script: {
      "GET /api/v1/subjects": list({
        installation: "saas",
        subject: "tenant-7",
        customer: null,
        first_window: "2026-01-06T09:00:00Z",
        last_window: "2026-01-08T13:00:00Z",
        unassigned_lines: 52,
        unassigned_from: "2026-01-06T09:00:00Z",
      }),
    },
  },
  {
    name: "subjects/list-none",
    typed: "subjects list",
    script: { "GET /api/v1/subjects": list() },
  },
  {
    name: "subjects/assign",
    typed: "subjects assign tenant-7 --installation saas --customer acme --from 2026-01-06T09",
    script: {
      "POST /api/v1/installations/saas/assignments": {
        status: 201,
        json: {
          ...acmeEu,
          id: "saas",
          assignments: [
            { customer: "acme", subject: "tenant-7", from: "2026-01-06T09:00:00Z", to: null },
          ],
        },
      },
    },
  },
  {
    name: "journals/list",
    typed: "journals list acme-eu",
    script: { "GET /api/v1/installations/acme-eu/journals": list(...journals) },
  },
  {
    name: "journals/list-empty",
    typed: "journals list acme-eu",
    script: { "GET /api/v1/installations/acme-eu/journals": list() },
  },
  {
    name: "journals/retire",
    typed: `journals retire acme-eu ${journalOf("b")} --at now --reason disk`,
    script: {
      [`POST /api/v1/installations/acme-eu/journals/${journalOf("b")}/retire`]: { json: {} },
    },
  },
  {
    name: "keys/rotate",
    typed: "keys rotate acme-eu",
    script: {
      "POST /api/v1/installations/acme-eu/keys": {
        status: 201,
        json: { key: { number: "2", state: "active" }, environment: issued.environment },
      },
    },
  },
  {
    name: "keys/revoke",
    typed: "keys revoke acme-eu 1 --mode compromised --reason leaked",
    script: { "POST /api/v1/installations/acme-eu/keys/1/revoke": { json: {} } },
  },
  {
    name: "plans/add",
    typed: "plans add -",
    input: JSON.stringify(standardPlan.document),
    script: { "POST /api/v1/plans": { status: 201, json: standardPlan } },
  },
  {
    name: "plans/add-refused",
    typed: "plans add -",
    input: "{}",
    script: {
      "POST /api/v1/plans": {
        status: 422,
        json: {
          code: "plan_refused",
          detail: "the plan has 2 faults",
          hint: "correct what is named and add it again",
          faults: [
            {
              path: "/lines/0/unit_price",
              code: "price_too_long",
              detail: "0.000000000000000000001 has more than 18 decimals",
              hint: "round it",
            },
            { path: "", code: "member_missing", detail: "currency is missing", hint: "add it" },
          ],
        },
      },
    },
  },
  {
    name: "plans/list",
    typed: "plans list",
    script: { "GET /api/v1/plans": list(standardPlan) },
  },
  { name: "plans/list-empty", typed: "plans list", script: { "GET /api/v1/plans": list() } },
  {
    name: "plans/show",
    typed: "plans show standard@1",
    script: { "GET /api/v1/plans/standard/1": { json: standardPlan } },
  },
  {
    name: "contracts/set-dry-run",
    typed:
      "contracts set --customer acme --plan standard@1 --from 2026-01-05 --cycle 7d --minimum 1000.00 --fallback share --report-due 72h --dry-run",
    script: {
      "GET /api/v1/contracts/acme": { status: 404, json: { code: "contract_unknown" } },
      "PUT /api/v1/contracts/acme?dry_run=true": {
        json: {
          contract: acmeContract,
          effects: [
            "the open period is 2026-01-05 to 2026-01-12 UTC",
            "it closes on 2026-01-13 at the earliest",
          ],
        },
      },
    },
  },
  {
    name: "contracts/set-amended",
    typed: "contracts set --id acme --minimum 2000.00",
    script: {
      "GET /api/v1/contracts/acme": { json: acmeContract },
      "PUT /api/v1/contracts/acme": {
        json: {
          contract: {
            ...acmeContract,
            version: 2,
            document: { ...acmeContract.document, version: 2, minimum: { amount: "2000.00" } },
          },
          effects: ["from the period that starts on 2026-01-12 the minimum is 2,000.00 USD"],
        },
      },
    },
  },
  {
    name: "contracts/set-refused",
    typed: "contracts set --customer acme --plan standard@1 --from 2026-01-05 --minimum 1000.00",
    script: {
      "GET /api/v1/contracts/acme": { status: 404, json: { code: "contract_unknown" } },
      "PUT /api/v1/contracts/acme": {
        status: 422,
        json: {
          code: "contract_refused",
          detail: "the contract contradicts itself",
          hint: "",
          faults: [
            {
              path: "/fallback",
              code: "fallback_missing",
              detail: "a minimum without a fallback says nothing about silence",
              hint: "add --fallback floor, share or estimate",
            },
          ],
        },
      },
    },
  },
  {
    name: "contracts/list",
    typed: "contracts list",
    script: { "GET /api/v1/contracts": list(acmeContract) },
  },
  {
    name: "contracts/list-empty",
    typed: "contracts list",
    script: { "GET /api/v1/contracts": list() },
  },
  {
    name: "contracts/show",
    typed: "contracts show acme",
    script: { "GET /api/v1/contracts/acme": { json: acmeContract } },
  },
  {
    name: "contracts/show-amended",
    typed: "contracts show acme",
    script: {
      "GET /api/v1/contracts/acme": {
        json: {
          ...acmeContract,
          version: 2,
          versions: [1, 2].map((version) => ({
            version,
            plan: { id: "standard", version },
            effective_from: `2026-01-${version === 1 ? "05" : "12"}T00:00:00Z`,
            created_at: "2026-01-04T09:00:00Z",
            created_by: "owner",
            reason: version === 1 ? null : "prices of 2026",
          })),
        },
      },
    },
  },
  {
    name: "contracts/end",
    typed: "contracts end acme --at 2026-02-01 --reason cancelled",
    script: {
      "POST /api/v1/contracts/acme/end": {
        json: { effects: ["the last period is 2026-01-26 to 2026-02-01 UTC"] },
      },
    },
  },
  { name: "fleet/all", typed: "fleet", script: { "GET /api/v1/fleet": list(...fleet) } },
  {
    name: "fleet/narrow",
    typed: "fleet",
    width: 80,
    script: { "GET /api/v1/fleet": list(...fleet) },
  },
  { name: "fleet/empty", typed: "fleet", script: { "GET /api/v1/fleet": list() } },
  {
    name: "usage/by-day",
    typed: "usage --from 2026-01-05 --to 2026-01-09 --customer acme",
    script: { "GET /api/v1/usage": { json: usage } },
  },
  {
    name: "usage/cut-short",
    typed: "usage --from 2026-01-05 --to 2026-01-09 --by hour",
    script: {
      "GET /api/v1/usage": { json: { ...usage, next: "WzFd" } },
    },
  },
  {
    name: "usage/unknown-is-not-zero",
    typed: "usage --from 2026-01-05 --to 2026-01-09 --customer beta --by total",
    script: {
      "GET /api/v1/usage": {
        json: {
          rows: [],
          totals: {},
          quarantined: [],
          unbilled: [],
          unknown: [
            { installation: "beta-1", from: "2026-01-05T10:00:00Z", never_reported: false },
            { installation: "beta-2", from: "2026-01-05T00:00:00Z", never_reported: true },
          ],
        },
      },
    },
  },
  {
    name: "close/status",
    typed: "close status",
    script: { "GET /api/v1/close": list(...closeItems) },
  },
  { name: "close/status-empty", typed: "close status", script: { "GET /api/v1/close": list() } },
  {
    name: "invoices/list",
    typed: "invoices list",
    script: { "GET /api/v1/invoices": list(...invoices) },
  },
  {
    name: "invoices/list-cut-short",
    typed: "invoices list --limit 1",
    script: {
      "GET /api/v1/invoices?limit=1": { json: { items: [invoices[0]], next: "after inv_0001" } },
    },
  },
  {
    name: "invoices/list-empty",
    typed: "invoices list",
    script: { "GET /api/v1/invoices": list() },
  },
  {
    name: "invoices/preview",
    typed: "invoices preview acme --period 2026-01",
    script: { "POST /api/v1/invoices/preview": { json: preview } },
  },
  {
    name: "invoices/close",
    typed: "invoices close",
    script: {
      "POST /api/v1/invoices/close": {
        json: { closed: [invoices[0]], waiting: [closeItems[0]] },
      },
    },
  },
  {
    name: "invoices/close-unpriced",
    typed: "invoices close --customer acme --accept-unpriced",
    script: { "POST /api/v1/invoices/close": { json: { closed: [invoices[1]], waiting: [] } } },
  },
  {
    name: "invoices/close-nothing",
    typed: "invoices close",
    script: { "POST /api/v1/invoices/close": { json: { closed: [], waiting: [] } } },
  },
  {
    name: "invoices/show",
    typed: "invoices show inv_0001",
    script: {
      "GET /api/v1/invoices/inv_0001": {
        json: {
          ...invoices[0],
          corrected_by: [
            {
              id: "cor_0002",
              amount: "-0.01",
              status: "carried",
              status_reason: "under the least amount that can be credited",
              invoice: null,
            },
          ],
          credit_notes: [],
        },
      },
      "GET /api/v1/invoices/inv_0001/text": { text: "Invoice SUB-0001, explained.\n" },
    },
  },
  ...(["equal", "engine_changed", "broken"] as const).map((result) => ({
    name: `invoices/replay-${result.replace("_", "-")}`,
    typed: "invoices replay inv_0001",
    script: { "POST /api/v1/invoices/inv_0001/replay": { json: { result } } },
  })),
  {
    name: "invoices/push",
    typed: "invoices push inv_0003 --reason compared",
    script: {
      "POST /api/v1/invoices/inv_0003/push": {
        json: { ...invoices[2], status: "finalized", stripe: { number: "SUB-0003" } },
      },
    },
  },
  {
    name: "invoices/push-refused-again",
    typed: "invoices push inv_0003 --reason compared",
    script: { "POST /api/v1/invoices/inv_0003/push": { json: invoices[2] } },
  },
  {
    name: "corrections/list",
    typed: "corrections list",
    script: { "GET /api/v1/corrections": list(...corrections) },
  },
  {
    name: "corrections/list-empty",
    typed: "corrections list",
    script: { "GET /api/v1/corrections": list() },
  },
  {
    name: "corrections/show",
    typed: "corrections show cor_0001",
    script: { "GET /api/v1/corrections/cor_0001": { json: shownCorrection } },
  },
  {
    name: "corrections/approve",
    typed: "corrections approve cor_0001 --reason agreed",
    script: { "POST /api/v1/corrections/cor_0001/approve": { json: corrections[0] } },
  },
  {
    name: "corrections/drop",
    typed: "corrections drop cor_0001 --reason goodwill",
    script: { "POST /api/v1/corrections/cor_0001/drop": { json: corrections[0] } },
  },
  {
    name: "reports/list",
    typed: "reports list --installation acme-eu",
    script: { "GET /api/v1/reports": list(quarantined, accepted) },
  },
  {
    name: "reports/list-empty",
    typed: "reports list --undecided",
    script: { "GET /api/v1/reports?undecided=true&limit=50": list() },
  },
  {
    name: "reports/show",
    typed: `reports show ${named}`,
    script: {
      [`GET ${reportPath}`]: {
        json: {
          ...quarantined,
          document: {
            coverage: [["2026-01-08T11:00:00Z", "2026-01-08T12:00:00Z"]],
            usage: [
              {
                meter: "requests",
                window: "2026-01-08T11:00:00Z",
                dimensions: { model: "small" },
                quantity: "1240",
              },
            ],
          },
        },
      },
    },
  },
  {
    name: "reports/accept",
    typed: `reports accept ${named} --reason verified`,
    script: { [`POST ${reportPath}/accept`]: { json: quarantined } },
  },
  {
    name: "reports/reject",
    typed: `reports reject ${named} --reason clone`,
    script: { [`POST ${reportPath}/reject`]: { json: quarantined } },
  },
  {
    name: "shutdowns/list",
    typed: "shutdowns list",
    width: 160,
    script: {
      "GET /api/v1/shutdowns": list(
        attested,
        {
          ...attested,
          id: 2,
          until: attested.from,
          stated_by: null,
          stated_late: true,
          status: "rejected",
        },
        { ...attested, id: 1, status: "accepted" },
      ),
    },
  },
  {
    name: "shutdowns/list-empty",
    typed: "shutdowns list --status waiting",
    script: { "GET /api/v1/shutdowns?status=waiting&limit=50": list() },
  },
  {
    name: "shutdowns/accept",
    typed: "shutdowns accept acme-eu 3 --reason agreed",
    script: { "POST /api/v1/shutdowns/acme-eu/3/accept": { json: attested } },
  },
  {
    name: "shutdowns/reject",
    typed: "shutdowns reject acme-eu 3 --reason unlikely",
    script: { "POST /api/v1/shutdowns/acme-eu/3/reject": { json: attested } },
  },
  {
    name: "audit/list",
    typed: "audit list --action key --from 2026-01-08",
    script: {
      "GET /api/v1/audit?action=key&from=2026-01-08T00:00:00Z&limit=50": list(...auditEntries),
    },
  },
  {
    name: "audit/list-empty",
    typed: "audit list --who nobody",
    script: { "GET /api/v1/audit": list() },
  },
  {
    name: "audit/verify",
    typed: "audit verify",
    script: {
      "GET /api/v1/audit/chain": {
        json: { items: auditChain, next: null, head: { number: 2, hash: auditChain[1]?.hash } },
      },
    },
  },
  {
    name: "audit/verify-broken",
    typed: "audit verify",
    script: {
      "GET /api/v1/audit/chain": {
        json: {
          items: auditChain.map((entry) => ({ ...entry, who: "x" })),
          next: null,
          head: null,
        },
      },
    },
  },
  {
    name: "audit/verify-cut-off",
    typed: "audit verify",
    script: {
      "GET /api/v1/audit/chain": {
        json: { items: auditChain.slice(0, 1), next: null, head: { number: 2, hash: "a" } },
      },
    },
  },
  {
    name: "invoices/evidence-refused",
    typed: "invoices evidence inv_0001 --out /dev/null/evidence",
    script: {},
  },
  { name: "version", typed: "version", script: {} },
];

describe("a command prints what is approved and asks the collector for no more than it needs", () => {
  test.each(cases)("$name", async ({ name, typed, script, input, width }) => {
    const session = await runAgainst(script, typed.split(" "), {
      ...(input === undefined ? {} : { input }),
      ...(width === undefined ? {} : { width }),
    });
    const shown = transcript(typed, session);
    expect(shown).not.toContain("(unexpected)");
    expect(shown).toBe(golden(name, shown));
  });

  test.each(cases)("$name, as JSON", async ({ typed, script, input }) => {
    const session = await runAgainst(
      script,
      [...typed.split(" "), "--json"],
      input === undefined ? {} : { input },
    );
    const printed = session.exitCode === 0 || session.errors === "" ? session.out : session.errors;
    expect(() => JSON.parse(printed) as unknown).not.toThrow();
  });
});

function transcript(typed: string, session: Awaited<ReturnType<typeof runAgainst>>): string {
  const asked = session.asked
    .map(({ line, body }) => (body === undefined ? line : `${line} ${JSON.stringify(body)}`))
    .toSorted();
  return [
    `$ submeter ${typed}`,
    session.out + session.errors,
    `exit ${session.exitCode}`,
    ...asked.map((line) => `asked: ${line}`),
    "",
  ].join("\n");
}
