/** A counter that others keep holds a lifetime: whatever happens to its page or to the agent, none of it is counted again. */

import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDatabase } from "@submeter/agent/journal/database";
import { meterFile } from "./agent.fixture.ts";
import { type Product, productWithPage } from "./product-page.fixture.ts";

const day = 86_400;
/** 2026-01-05T10:00:00Z, when the agent begins. */
const began = 1_767_607_200;

let product: Product;
beforeEach(async () => {
  product = await productWithPage();
  await product.world.agent.deliverNow();
});
afterEach(() => product.end());

const tokens = (value: number) => `# TYPE tokens counter\ntokens ${value}\n`;
const started = (start: number, value: number) =>
  `process_start_time_seconds ${start}\n${tokens(value)}`;

async function reads(...pages: string[]): Promise<void> {
  for (const page of pages) {
    product.says(page);
    await product.scraped();
  }
}

/** All that was ever counted, by meter. */
async function totals(): Promise<Record<string, bigint>> {
  const { agent, clock, collector } = product.world;
  clock.pass(1);
  agent.sealNow();
  expect(await agent.deliverNow()).toMatchObject({ kind: "rest" });
  return collector.totals();
}

/** The page cannot be read for so long; the agent hears of its collector meanwhile, and tidies up. */
async function down(days: number): Promise<void> {
  product.says(503);
  await product.scraped(days * day);
  await product.world.agent.deliverNow();
  for (const _ of [1, 2]) {
    product.world.clock.pass(2 * day);
    product.world.agent.beat();
    await product.world.agent.deliverNow();
  }
}

async function takenUp(): Promise<string | undefined> {
  const response = await fetch(`${product.world.agent.url}/metrics`);
  return /^submeter_agent_counters_taken_up_total (\d+)$/m.exec(await response.text())?.[1];
}

describe("a page that was down", () => {
  it.each([
    { given: "says nothing of its process", page: tokens },
    { given: "says when its process began", page: (value: number) => started(began + 1, value) },
  ])(
    "for 60 days counts what was used meanwhile, and no more, when it $given",
    async ({ page }) => {
      await reads(page(100), page(110));
      const { tokens: before = 0n } = await totals();
      await down(60);
      await reads(page(150), page(151));
      expect(await totals()).toEqual({ tokens: before + 41n });
    },
  );

  it.each([
    { given: "says nothing of its process", page: tokens, before: 10n },
    {
      given: "says when its process began",
      page: (value: number) => started(began + 1, value),
      before: 110n,
    },
  ])("for 13 months is taken up where it stands when it $given", async ({ page, before }) => {
    await reads(page(100), page(110));
    expect(await totals()).toEqual({ tokens: before });
    const takenUpBefore = Number(await takenUp());
    await down(400);
    await reads(page(1_000_000), page(1_000_003));
    expect(await totals()).toEqual({ tokens: before + 3n });
    expect(Number(await takenUp()) - takenUpBefore).toBe(1);
    // What begins after that is in sight again.
    await reads(`${page(1_000_003)}# TYPE requests counter\nrequests{model="large"} 7\n`);
    expect(await totals()).toEqual({ requests: 7n, tokens: before + 3n });
  });
});

it("a meter that is declared later counts from then on, not what its counter ever held", async () => {
  const page = (value: number) =>
    `${started(began + 60, value)}# TYPE calls counter\ncalls ${value}\n`;
  await reads(page(1000), page(1001));
  expect(await totals()).toEqual({ tokens: 1001n });
  const calls = { name: "calls", unit: "call", aggregation: "sum" };
  product.world.clock.pass(600);
  await product.world.restart({
    meters: { ...meterFile, meters: [...meterFile.meters, calls] },
  });
  await reads(page(1002), page(1005));
  expect(await totals()).toEqual({ calls: 3n, tokens: 1005n });
  await product.world.restart({
    meters: { ...meterFile, meters: [...meterFile.meters, calls] },
  });
  await reads(page(1006));
  expect(await totals()).toEqual({ calls: 4n, tokens: 1006n });
});

describe("a page of several processes", () => {
  const page = (...processes: [pod: string, start: number, value: number][]) =>
    [
      ...processes.map(([pod, start]) => `process_start_time_seconds{pod="${pod}"} ${start}`),
      "# TYPE tokens counter",
      ...processes.map(([pod, , value]) => `tokens{pod="${pod}"} ${value}`),
      "",
    ].join("\n");

  it("counts the others on when one of them begins again", async () => {
    const old = began - day;
    await reads(page(["a", old, 500], ["b", old, 9000]), page(["a", old, 501], ["b", old, 9002]));
    expect(await totals()).toEqual({ tokens: 3n });
    await reads(page(["a", began + 90, 4], ["b", old, 9003]));
    expect(await totals()).toEqual({ tokens: 8n });
  });

  it("counts a process that was there before and is seen for the first time from where it stands", async () => {
    const [one, other] = [began - day, began - 2 * day];
    // Behind one address answers now the one, now the other.
    await reads(started(one, 500), started(other, 9000), started(one, 501), started(other, 9002));
    expect(await totals()).toEqual({ tokens: 3n });
  });
});

describe("a process that reckons its start from the clock of its machine", () => {
  it("is the same one where that clock is set: forth, back, and forth again", async () => {
    const start = began + 10.25;
    await reads(started(start, 100), started(start + 1, 110), started(start, 120));
    expect(await totals()).toEqual({ tokens: 120n });
    await reads(started(start - 5, 121), started(start + 1, 125));
    expect(await totals()).toEqual({ tokens: 125n });
  });

  it("is taken up where it stands when the clock is set by much: its lifetime is never counted again", async () => {
    const start = began + 3600.25;
    product.world.clock.pass(7200);
    await reads(started(start, 1000), started(start - 3600, 1010), started(start - 3600, 1013));
    expect(await totals()).toEqual({ tokens: 1003n });
    expect(await takenUp()).toBe("1");
  });

  it("is another one where it began after the last reading, or says less", async () => {
    const start = began + 10.25;
    await reads(started(start, 100), started(began + 45.25, 130));
    expect(await totals()).toEqual({ tokens: 230n });
    await reads(started(began + 50.25, 7));
    expect(await totals()).toEqual({ tokens: 237n });
  });
});

it("a page that leaves out for once when its process began counts nothing twice", async () => {
  const start = began - day;
  await reads(started(start, 500), started(start, 501), tokens(502), started(start, 503));
  expect(await totals()).toEqual({ tokens: 3n });
});

it("a series that stands on a page twice is read once", async () => {
  const twice = (a: number, b: number) => `# TYPE tokens counter\ntokens ${a}\ntokens ${b}\n`;
  await reads(twice(100, 50), twice(101, 51), twice(102, 52));
  expect(await totals()).toEqual({ tokens: 2n });
  expect(product.world.agent.status().ways.scrape[0]).toMatchObject({ samples: 1, refused: 1 });
});

it("readings of one series at several times count by the last of them", async () => {
  const times = (...values: number[]) =>
    `# TYPE tokens counter\n${values.map((value) => `tokens ${value} ${value}000\n`).join("")}`;
  await reads(times(100, 105), times(100, 105, 109), times(105, 109));
  expect(await totals()).toEqual({ tokens: 4n });
});

it("what the journal does not take of a page comes with the next one, and its source was not heard", async () => {
  const { world } = product;
  await reads(tokens(100));
  const at = join(world.folder, "journal.sqlite");
  const refuse = async (statement: string) => {
    await world.agent.close();
    const database = openDatabase(at);
    database.exec(statement);
    database.close();
    world.agent = await world.start();
  };
  world.agent.sealNow();
  await refuse(
    "create trigger refused before insert on streams when new.stream like 'page %' begin select raise(abort, 'no'); end",
  );
  await reads(tokens(107));
  expect(world.agent.status().ways.scrape[0]?.problem).toBe("not counted: commit_failed");
  expect(await totals()).toEqual({});
  await refuse("drop trigger refused");
  await reads(tokens(109));
  expect(await totals()).toEqual({ tokens: 9n });
  world.agent.sealNow();
  await world.agent.deliverNow();
  const heard = world.collector.reports().flatMap(({ sources }) => sources[0]?.heard ?? []);
  expect(heard.map(([from]) => from)).toEqual(["2026-01-05T10:00:30Z", "2026-01-05T10:01:31Z"]);
});
