/** The demo on a small folder of real data, held against arithmetic of the test's own. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { Decimal } from "decimal.js";
import { expect, onTestFinished, test } from "vitest";

const demo = resolve(import.meta.dirname, "../../deploy/demo.ts");
const ownData = resolve(import.meta.dirname, "../../deploy/demo/data");
const customers = ["m-large,140,", "m-small,14,", "m-mid,30,"];
const dataSeconds = 48 * 3600;
const cycleSeconds = 86_400;

/** The demo's price list, written down a second time: US dollars a token. */
const prices: Record<string, { input: string; output: string }> = {
  "m-small": { input: "0.00000005", output: "0.0000002" },
  "m-mid": { input: "0.00000022", output: "0.0000006" },
  "m-large": { input: "0.0000016", output: "0.0000064" },
};

type Invoice = {
  customer: string;
  period: string;
  basis: string;
  total: string;
  stripe_total: string;
  corrections: { of: string; amount: string }[];
};
type Result = {
  usage: Record<string, string>;
  reports: Record<string, number>;
  invoices: Invoice[];
};

test(
  "what the demo bills is what its data comes to, corrections included, to the cent",
  { timeout: 120_000 },
  async () => {
    const data = smallFolder();
    const { stdout, code } = await runDemo(["--json", "--data", data.folder]);
    expect(code).toBe(0);
    expect(stdout.trim().split("\n")).toHaveLength(1);
    const result = JSON.parse(stdout) as Result;

    expect(result.usage).toEqual({
      requests: String(sumOf(data.requests, 3)),
      input_tokens: String(sumOf(data.tokens, 4)),
      output_tokens: String(sumOf(data.tokens, 5)),
    });
    expect(result.invoices.every(({ total, stripe_total }) => total === stripe_total)).toBe(true);
    expect(result.reports["duplicate"]).toBeGreaterThan(100);
    expect(result.reports).toMatchObject({ quarantined: 1, conflict: 1 });

    const byCustomer = Map.groupBy(result.invoices, ({ customer }) => customer);
    const silent = result.invoices.find(({ corrections }) => corrections.length > 0)?.customer;
    const [provisional] = byCustomer.get(silent ?? "") ?? [];
    expect(provisional?.basis).toBe("fallback");
    for (const [customer, invoices] of byCustomer) {
      const billed = Decimal.sum(...invoices.map(({ total }) => total));
      // The silent customer's minimum is what its first, provisional invoice came to.
      const minimum = customer === silent ? (provisional?.total ?? "0") : "50";
      const owed = Decimal.sum(
        ...invoices.map((_, cycle) => owedFor(data, customer, cycle, minimum)),
      );
      expect({ customer, billed: billed.toFixed(2) }).toEqual({
        customer,
        billed: owed.toFixed(2),
      });
    }
  },
);

test(
  "the demo says what is wrong with a folder, and with a flag",
  { timeout: 30_000 },
  async () => {
    const empty = mkdtempSync(join(tmpdir(), "submeter-empty-"));
    onTestFinished(() => rmSync(empty, { recursive: true }));
    const noData = await runDemo(["--data", empty]);
    expect({ code: noData.code, stdout: noData.stdout }).toEqual({ code: 1, stdout: "" });
    expect(noData.stderr).toMatch(/requests_10min.* \(dataset_unreadable\)\n {2}→ name a folder/);
    const noFlag = await runDemo(["--jason"]);
    expect(noFlag.code).toBe(2);
    expect(noFlag.stderr).toContain("(demo_usage)");
  },
);

type SmallData = { folder: string; requests: string[][]; tokens: string[][] };

/** Three customers and two days of the project's own data, as plain CSV. */
function smallFolder(): SmallData {
  const folder = mkdtempSync(join(tmpdir(), "submeter-demo-data-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [requests, tokens] = ["requests_10min", "tokens_6h"].map((name) => {
    const lines = gunzipSync(readFileSync(join(ownData, `${name}.csv.gz`)))
      .toString("utf8")
      .split("\n");
    const kept = lines
      .filter((line) => customers.some((customer) => line.startsWith(customer)))
      .filter((line) => Number(line.split(",")[2]) < dataSeconds);
    writeFileSync(join(folder, `${name}.csv`), `${[lines[0], ...kept].join("\n")}\n`);
    return kept.map((line) => line.split(","));
  });
  return { folder, requests: requests ?? [], tokens: tokens ?? [] };
}

function owedFor(data: SmallData, customer: string, cycle: number, minimum: string): Decimal {
  const own = (rows: string[][]) =>
    rows.filter(
      ([model, client, second]) =>
        `${model}-${client}` === customer && Math.floor(Number(second) / cycleSeconds) === cycle,
    );
  const price = prices[customer.replace(/-\d+$/, "")] ?? { input: "NaN", output: "NaN" };
  const overage = Decimal.max(0, new Decimal(sumOf(own(data.requests), 3)).minus(10_000));
  const lines = [
    new Decimal("25"),
    overage.times("0.00002"),
    new Decimal(sumOf(own(data.tokens), 4)).times(price.input),
    new Decimal(sumOf(own(data.tokens), 5)).times(price.output),
  ];
  const rounded = lines.map((line) => line.toDecimalPlaces(2, Decimal.ROUND_HALF_UP));
  return Decimal.max(Decimal.sum(...rounded), minimum);
}

function sumOf(rows: string[][], column: number): number {
  return rows.reduce((sum, row) => sum + Number(row[column]), 0);
}

async function runDemo(args: string[]) {
  const child = spawn(process.execPath, [demo, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => {
    child.kill("SIGTERM");
  });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  return { stdout, stderr, code: code as number | null };
}
