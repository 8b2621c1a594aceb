/** What contracts and plans refuse, what they say they do, and how amendments take effect. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseInstant } from "@submeter/shared/time/instant";
import {
  addCustomer,
  agree,
  closes,
  contractOf,
  enrol,
  freshLife,
  type Life,
  newJournal,
  owner,
  report,
  requestsPlan,
} from "./contract-life.fixture.ts";
import { setContract } from "./contracts.ts";
import { endContract } from "./end-contract.ts";
import { FaultsError } from "./faults.ts";
import { addPlan } from "./plans.ts";

let life: Life;

/** `acme` has January closed and February open; `beta` has no contract. */
beforeAll(async () => {
  life = await freshLife("2026-01-01T00:00:00Z");
  await agree(life, contractOf("acme"));
  await addCustomer(life, "beta");
  await enrol(life, "acme-eu", "acme", "2026-01-01T00:00:00Z");
  const journal = newJournal("acme-eu");
  life.moveTo("2026-02-02T00:00:00Z");
  await report(life, journal, {
    from: "2026-01-01T00:00:00Z",
    to: "2026-02-02T00:00:00Z",
    requests: 264_516,
  });
  await closes(life, "acme");
});

afterAll(async () => {
  await life.close();
});

async function faultsOf(work: Promise<unknown>): Promise<string[]> {
  try {
    await work;
  } catch (error) {
    if (error instanceof FaultsError) {
      return error.faults.map(({ path, code }) => `${path} ${code}`);
    }
    throw error;
  }
  return [];
}

function set(contract: unknown, more: { id?: string; effective?: string; dryRun?: boolean } = {}) {
  return setContract(life.context, owner, contract, {
    id: more.id ?? (contract as { id: string }).id,
    effective: more.effective === undefined ? null : parseInstant(more.effective),
    dryRun: more.dryRun ?? true,
  });
}

const amended = (more: Record<string, unknown>) => contractOf("acme", { version: 2, ...more });

describe("a contract is refused", () => {
  const cases: readonly [name: string, given: () => Promise<unknown>, faults: string[]][] = [
    [
      "for a customer that is unknown",
      () => set(contractOf("nobody")),
      ["/customer customer_unknown"],
    ],
    [
      "with a plan that is unknown",
      () => set(contractOf("beta", { plan: { id: "none", version: 1 } })),
      ["/plan plan_unknown"],
    ],
    [
      "with a minimum and no fallback",
      () => set(contractOf("beta", { fallback: undefined })),
      ["/fallback minimum_without_fallback"],
    ],
    [
      "at the address of another",
      () => set(contractOf("beta"), { id: "gamma" }),
      ["/id contract_id_differs"],
    ],
    [
      "when a first version is not 1",
      () => set(contractOf("beta", { version: 2 })),
      ["/version contract_version_gap"],
    ],
    [
      "when the customer has another at the time",
      () => set(contractOf("acme", { id: "acme-2" })),
      ["/term contract_overlaps"],
    ],
    [
      "as an amendment that is version 1 with other words",
      () => set(contractOf("acme", { minimum: { amount: "1" } })),
      ["/version contract_version_exists"],
    ],
    [
      "as an amendment of its cycle",
      () => set(amended({ cycle: { every: "days", days: 7 } })),
      ["/cycle contract_member_fixed"],
    ],
    [
      "as an amendment of its start",
      () => set(amended({ term: { from: "2025-12-01T00:00:00Z", to: null } })),
      ["/term/from contract_member_fixed"],
    ],
    [
      "as an amendment inside a period",
      () => set(amended({}), { effective: "2026-02-15T00:00:00Z" }),
      [" amendment_inside_period"],
    ],
    [
      "when it would end before a closed period",
      () => set(amended({ term: { from: "2026-01-01T00:00:00Z", to: "2026-01-01T00:00:00Z" } })),
      ["/term/to term_empty"],
    ],
  ];
  for (const [name, given, faults] of cases) {
    it(`${name}`, async () => {
      expect(await faultsOf(given())).toEqual(faults);
    });
  }
});

describe("a contract says what it does", () => {
  it("to the open period, its minimum and its fallback", async () => {
    const { effects } = await set(
      contractOf("beta", { term: { from: "2026-01-15T00:00:00Z", to: null }, fallback: "share" }),
    );
    expect(effects).toEqual([
      "The first period under it is 2026-01-15T00:00:00Z to 2026-02-01T00:00:00Z, 408 of 744 hours of its cycle.",
      "It closes at 2026-02-02T00:00:00Z at the earliest, when every hour is accounted for, and by 2026-02-04T00:00:00Z although reports are missing, unless one is held for a decision or the collector itself was down.",
      "At least 548.39 USD is billed for it, prorated for this period.",
      "When an installation has been silent for more than 72 h at the close, or its meter was dead for more than 72 h of the period, the invoice is provisional: what is known plus the minimum's share for the missing hours.",
      "No installation is assigned to the customer: add one with `submeter installations add`, or nothing is ever counted.",
    ]);
  });

  it("to its minimum, less what a trial frees of it", async () => {
    const { effects } = await set(
      contractOf("beta", { trial: { to: "2026-01-16T12:00:00Z" }, fallback: "share" }),
    );
    expect(effects).toContain("At least 500.00 USD is billed for it, prorated for this period.");
  });

  it("not to a period that has ended and waits for its close", async () => {
    life.moveTo("2026-03-01T06:00:00Z");
    const { effects, contract } = await set(amended({ minimum: { amount: "5000" } }));
    life.moveTo("2026-02-02T00:00:00Z");
    expect(contract.effective_from).toBe(parseInstant("2026-03-01T00:00:00Z"));
    expect(effects.slice(0, 2)).toEqual([
      "The period 2026-02-01T00:00:00Z to 2026-03-01T00:00:00Z is not closed yet and keeps what was agreed for it.",
      "The first period under it is 2026-03-01T00:00:00Z to 2026-04-01T00:00:00Z.",
    ]);
  });

  it("to closed periods, when it takes effect in the past", async () => {
    const { effects } = await set(amended({ minimum: { amount: "5000" } }), {
      effective: "2026-01-01T00:00:00Z",
    });
    expect(effects.at(-1)).toBe(
      "The closed period from 2026-01-01T00:00:00Z is computed again; differences become corrections.",
    );
  });

  it("and keeps nothing of a dry run", async () => {
    await set(contractOf("beta"));
    const rows = await life.database.query("select 1 from contracts where id = 'beta'");
    expect(rows).toEqual([]);
  });
});

describe("an end", () => {
  it("outside of the contract is refused", async () => {
    const end = endContract(life.context, owner, {
      id: "acme",
      at: parseInstant("2026-01-01T00:00:00Z"),
      reason: "never began",
    });
    await expect(end).rejects.toMatchObject({ code: "contract_end_outside" });
  });
});

describe("a plan", () => {
  it("is stored once: the same document again is no new version", async () => {
    expect(await addPlan(life.context, owner, requestsPlan)).toMatchObject({ added: false });
  });

  it("never changes: another document under its version is refused", async () => {
    const other = { ...requestsPlan, description: "cheaper" };
    expect(await faultsOf(addPlan(life.context, owner, other))).toEqual([
      "/version plan_version_exists",
    ]);
  });

  it("leaves no version out", async () => {
    const third = { ...requestsPlan, version: 3 };
    expect(await faultsOf(addPlan(life.context, owner, third))).toEqual([
      "/version plan_version_gap",
    ]);
  });

  it("is refused with the path of each fault", async () => {
    const faulty = {
      ...requestsPlan,
      version: 2,
      currency: "XXX",
      lines: [{ id: "requests", kind: "usage", meter: "tokens", unit_price: "0.01" }],
    };
    expect(await faultsOf(addPlan(life.context, owner, faulty))).toEqual([
      "/currency currency_unknown",
      "/meters/0 meter_without_price",
      "/lines/0/meter meter_unknown",
    ]);
  });

  it("cannot be changed behind the program's back either", async () => {
    const update = life.database.query("update plans set digest = 'x'");
    await expect(update).rejects.toThrow("append-only");
  });
});
