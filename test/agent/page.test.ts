/** The agent's page, in a real browser: what a customer's administrator and a security review see. */

import { cpSync, readdirSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { assetPaths } from "@submeter/agent/page/assets";
import { type AgentWorld, agentWorld, send, temporaryFolder } from "./agent.fixture.ts";
import { type Looked, hasBrowser, look, openBrowser } from "./browser.fixture.ts";
import { recordedRow, terms } from "./terms.fixture.ts";

const isThere = hasBrowser();

let browser: Browser;
let world: AgentWorld;
beforeAll(async () => {
  if (isThere) browser = await openBrowser();
});
afterAll(() => browser?.close());
afterEach(async () => {
  for (const context of browser?.contexts() ?? []) await context.close();
});

const large = (quantity: number) => ({
  meter: "requests",
  quantity,
  dimensions: { model: "large" },
});

/** Three days of work with a night without the agent, prices shown, reports delivered and waiting. */
async function busy(): Promise<AgentWorld> {
  const made = await agentWorld({ start: "2026-01-05T10:00:00Z" });
  made.collector.fallbackAt = "2026-01-10T09:00:00Z";
  made.collector.terms = terms({ showPrices: true });
  for (let hour = 0; hour < 80; hour += 1) {
    if (hour === 30) await made.agent.close();
    if (hour === 36) made.agent = await made.start();
    if (hour >= 30 && hour < 36) {
      made.clock.pass(3600);
      continue;
    }
    const quantity = 300 + Math.round(280 * Math.sin(hour / 3.8));
    await send(made.agent, [
      { meter: "tokens", quantity: `${quantity}.25` },
      { meter: "seats", quantity: 2 + (hour % 3) },
      { meter: "requests", quantity: 20 + (hour % 7), dimensions: { model: "small" } },
    ]);
    made.clock.pass(3600);
    made.agent.sealNow();
    if (hour % 10 === 9 && hour < 75) await made.agent.deliverNow();
  }
  const recorded = [recordedRow("requests", "61"), recordedRow("tokens", "18423.75")];
  made.collector.terms = terms({
    showPrices: true,
    usage: recorded,
    now: "2026-01-08T18:00:00Z",
  });
  made.collector.revision = "r2";
  made.collector.interfere = ({ path }) => (path === "/state" ? undefined : { status: 503 });
  made.clock.pass(1400);
  await send(made.agent, [
    large(12),
    { meter: "requests", quantity: 7, dimensions: { model: "small" } },
    { meter: "tokens", quantity: "212.5" },
    { meter: "seats", quantity: 4 },
  ]);
  made.clock.pass(700);
  made.agent.tick();
  await made.agent.deliverNow();
  return made;
}

async function seen(): Promise<Looked> {
  const looked = await look(browser, world.agent.url);
  await looked.page.getByRole("heading", { name: "acme-prod" }).waitFor();
  return looked;
}

/** For eyes: `PAGE_PICTURES=/some/folder`. */
async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env["PAGE_PICTURES"];
  if (folder !== undefined) {
    await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
  }
}

async function faults(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { violations } = await (globalThis as any).axe.run({ resultTypes: ["violations"] });
    return violations.map((one: any) => `${one.id}: ${one.nodes[0].html}`);
  });
}

describe.skipIf(!isThere)("the page of a busy agent that cannot reach its vendor", () => {
  beforeAll(async () => {
    world = await busy();
  });
  afterAll(() => world.end());

  it("can be read by everybody, wide and narrow, light and dark, and never scrolls sideways", async () => {
    const { page, complaints } = await seen();
    await page.getByText("The exact next report").click();
    await page.locator("pre").waitFor();
    for (const width of [1280, 390]) {
      for (const scheme of ["light", "dark"] as const) {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme: scheme });
        await picture(page, `${width}-${scheme}`);
        expect({ width, scheme, faults: await faults(page) }).toEqual({
          width,
          scheme,
          faults: [],
        });
        const wide = await page.evaluate(() => (globalThis as any).document.body.scrollWidth);
        expect(wide).toBeLessThanOrEqual(width);
      }
    }
    expect(complaints).toEqual([]);
  });

  it("asks nobody but the agent, whose policy forbids everything else", async () => {
    const { page, asked } = await seen();
    await page.getByText("The exact next report").click();
    await page.locator("pre").waitFor();
    const origins = new Set(asked.map((url) => new URL(url).origin));
    expect([...origins]).toEqual([world.agent.url]);
    const { headers } = await fetch(world.agent.url);
    expect(headers.get("content-security-policy")).toContain(
      "default-src 'none'; script-src 'self'",
    );
    expect(headers.get("content-security-policy")).not.toContain("unsafe");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    // And not by its policy alone: nothing in its files names another place.
    const files = await Promise.all(
      assetPaths.map(async (path) => (await fetch(`${world.agent.url}${path}`)).text()),
    );
    const named = files.join("\n").match(/https?:\/\/[^\s"'`)]+/g) ?? [];
    expect(new Set(named)).toEqual(new Set(["http://www.w3.org/2000/svg"]));
  });

  it("says what waits and why, what is missing, and what it has cost", async () => {
    const { page } = await seen();
    const section = (name: string) =>
      page.locator(".card", { has: page.getByRole("heading", { name }) });
    await page.getByText("The vendor cannot be reached.").waitFor();
    expect(await section("What waits, and why").innerText()).toMatch(/No receipt: .*503[\s\S]*65/);
    expect(await section("Gaps").innerText()).toMatch(/6 Jan 16:00 UTC\s+6 Jan 22:00 UTC\s+6 h/);
    expect(await section("Receipts").innerText()).toContain("accepted");
    expect(await section("Cost so far").innerText()).toMatch(/Tokens\s+\d+\.\d\d/);
    expect(await section("May be used").innerText()).toMatch(/requests\s+≈ throttle/);
    expect(await page.locator(".tiles").innerText()).toMatch(/Billing falls back\s+in 1 d 14 h/i);
  });

  it("shows the very bytes that are sealed at that instant", async () => {
    const { page } = await seen();
    await page.getByText("The exact next report").click();
    const shown = await page.locator("pre").innerText();
    const digest = await page.locator(".digest").innerText();
    const [sealed] = world.agent.sealNow();
    expect(shown).toBe(Buffer.from(sealed?.body ?? []).toString("utf8"));
    expect(digest).toContain(sealed?.digest ?? "none");
  });
});

describe.skipIf(!isThere)("the page", () => {
  afterEach(() => world.end());

  it("of an agent that has just begun says so, in every place", async () => {
    world = await agentWorld();
    const { page, complaints } = await seen();
    const said = await page.locator("body").innerText();
    for (const words of [
      "Nothing yet",
      "everything has its receipt",
      "the vendor has not answered yet",
      "Nothing waits: each report has its signed receipt.",
      "None yet. The first comes with the first delivered report.",
      "No plan has come with the vendor's word yet.",
      "it is told that nobody knows",
    ]) {
      expect(said).toContain(words);
    }
    await picture(page, "empty");
    expect(await faults(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it("shows what is counted without being loaded again, and keeps what the reader opened", async () => {
    world = await agentWorld();
    world.collector.terms = terms({ showPrices: true });
    await world.agent.deliverNow();
    const { page, asked } = await seen();
    await page.getByText("What the plan allows besides").click();
    const loads = asked.filter((url) => url.endsWith("/page.js")).length;
    await send(world.agent, [large(31), { meter: "tokens", quantity: "1000" }]);
    await page.getByText("31 of 100 request").waitFor();
    await page.locator(".meter", { hasText: "1,000 token" }).waitFor();
    // 49.00 and 1,000 tokens at 0.013.
    await page.locator(".big", { hasText: "62.00" }).waitFor();
    expect(asked.filter((url) => url.endsWith("/page.js")).length).toBe(loads);
    expect(await page.getByText("agents_max").isVisible()).toBe(true);
  });

  it("counts to this hour what a report has carried away within it", async () => {
    world = await agentWorld();
    await send(world.agent, [large(31)]);
    world.agent.sealNow();
    const { page } = await seen();
    await page.locator(".meter", { hasText: "31 request" }).waitFor();
    await send(world.agent, [large(4)]);
    await page.locator(".meter", { hasText: "35 request" }).waitFor();
    const sets = await page.locator(".meter .sets").first().innerText();
    expect(sets.replaceAll("\n", " ")).toContain("not in a report yet");
  });

  it("shows no price that the contract keeps to itself", async () => {
    world = await agentWorld();
    world.collector.terms = terms();
    await world.agent.deliverNow();
    await send(world.agent, { meter: "tokens", quantity: "1000" });
    const { page } = await seen();
    await page.getByText("The contract does not show prices here.").waitFor();
    const answer = await (await fetch(`${world.agent.url}/v1/page`)).text();
    expect(answer).not.toMatch(/0\.013|49\.00|unit_price|62\.00/);
    expect(await page.content()).not.toMatch(/0\.013|49\.00|62\.00/);
  });

  it("says that it is suspended, and links only to where a browser goes", async () => {
    world = await agentWorld();
    world.collector.terms = terms({ suspended: true });
    await world.agent.deliverNow();
    const { page } = await seen();
    const link = page.getByRole("link", { name: "Put it right" });
    expect(await link.getAttribute("href")).toBe("https://pay.example.com/acme");
    expect(await page.locator(".notice.bad").innerText()).toContain("invoice of December unpaid");
    await picture(page, "suspended");
    expect(await faults(page)).toEqual([]);
    const { entitlements } = terms({ suspended: true });
    const suspended = {
      since: "2026-01-04T00:00:00Z",
      reason: "unpaid",
      fix_url: "javascript:alert(1)",
    };
    world.collector.terms = { entitlements: { ...entitlements, suspended } };
    world.collector.revision = "r2";
    world.clock.pass(61);
    await world.agent.deliverNow();
    await link.waitFor({ state: "detached" });
  });

  it("says which source is silent and which page is not read, until they are", async () => {
    world = await agentWorld({
      ways: {
        scrape: [{ source: "product", url: new URL("http://127.0.0.1:9/m"), everySeconds: 30 }],
      },
    });
    world.agent.beat();
    const { page } = await seen();
    await page.getByText("A page of metrics is not read.").waitFor();
    const row = page
      .getByRole("row")
      .filter({ has: page.getByRole("cell", { name: "product", exact: true }) });
    await row.getByText("not heard yet").waitFor();
    world.clock.pass(3700);
    await page.getByText("A source is silent.").waitFor();
    await picture(page, "silent");
    expect(await faults(page)).toEqual([]);
    await send(world.agent, { meter: "tokens", quantity: 1, source: "product" });
    await row.getByText("heard 0 s ago").waitFor();
    await page.getByText("A source is silent.").waitFor({ state: "detached" });
  });

  it("shows what came late for an hour before the journal began", async () => {
    world = await agentWorld();
    await send(world.agent, { meter: "tokens", quantity: "40", time: "2026-01-05T07:00:00Z" });
    const { page } = await seen();
    const bar = page.locator(".meter", { hasText: "tokens" }).locator("g", {
      has: page.locator("title", { hasText: "40 token, sent for a time before this journal" }),
    });
    await bar.first().waitFor({ state: "attached" });
    expect(Number(await bar.first().locator("rect.bar").getAttribute("height"))).toBeGreaterThan(
      40,
    );
  });

  it("says that reports are held, that a copy was found, and that the agent is retired", async () => {
    world = await agentWorld();
    await world.agent.deliverNow();
    await fetch(`${world.agent.url}/v1/hold`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ action: "on" }),
    });
    await send(world.agent, large(1));
    world.agent.sealNow();
    const { page } = await seen();
    await page.getByText("Reports are held back for review").waitFor();
    await page.getByRole("cell", { name: "held back" }).waitFor();
    await world.agent.retire();
    await page.getByText("This agent is retired.").waitFor();
    expect(await page.locator(".tiles").innerText()).toContain("this journal is closed");
  });

  it("says of a copy's fork which reports it has sealed anew", async () => {
    world = await agentWorld();
    await world.agent.deliverNow();
    const { path, remove } = temporaryFolder();
    cpSync(world.folder, path, { recursive: true });
    const twin = await world.start({ folder: path });
    for (const agent of [twin, world.agent]) {
      await send(agent, large(2));
      world.clock.pass(5);
      agent.sealNow();
      await agent.deliverNow();
    }
    const { page } = await seen();
    const notice = page.getByText("Another journal took over from one that was copied");
    await notice.waitFor();
    expect(await page.locator(".notices").innerText()).toContain("nothing counts twice");
    remove();
  });

  it("says when the agent is gone, and keeps what it knew", async () => {
    world = await agentWorld();
    await send(world.agent, { meter: "tokens", quantity: "77" });
    const { page } = await seen();
    await page.locator(".meter", { hasText: "77 token" }).waitFor();
    await world.agent.close();
    await page.getByText("The agent does not answer.").waitFor();
    expect(await page.locator(".meter", { hasText: "77 token" }).count()).toBe(1);
  });

  it("asks for the token where one is set, and its files tell nothing", async () => {
    const token = "a-token-for-this-test";
    world = await agentWorld({ ways: { token } });
    await send(
      world.agent,
      { meter: "tokens", quantity: "55" },
      { authorization: `Bearer ${token}` },
    );
    expect((await fetch(`${world.agent.url}/v1/page`)).status).toBe(401);
    const { page } = await look(browser, world.agent.url);
    const field = page.getByLabel("The value of SUBMETER_AGENT_TOKEN");
    await field.fill("not-this-one");
    await page.getByRole("button").click();
    await page.getByText("That is not this agent's token.").waitFor();
    expect(await page.content()).not.toContain("acme-prod");
    await field.fill(token);
    await field.press("Enter");
    await page.locator(".meter", { hasText: "55 token" }).waitFor();
  });
});

describe("what the page is served by", () => {
  afterEach(() => world.end());

  it("refuses a name that is not this machine's, so that no web page can read it by pointing its own name here", async () => {
    world = await agentWorld();
    const { port } = new URL(world.agent.url);
    for (const path of ["/", "/page/page.js", "/v1/page", "/v1/entitlements"]) {
      const sent = request({
        host: "127.0.0.1",
        port,
        path,
        headers: { host: `evil.example:${port}` },
      });
      sent.end();
      const answer = await new Promise<{ status: number; body: string }>((resolve) => {
        sent.on("response", (response) => {
          void text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }));
        });
      });
      expect(answer).toMatchObject({ status: 403, body: expect.stringContaining("host_refused") });
    }
  });

  it("gives every file that the page has, and no other", async () => {
    world = await agentWorld();
    const folder = new URL("../../packages/agent/src/page/assets/", import.meta.url);
    const served = assetPaths.map((path) => (path === "/" ? "index.html" : path.slice(6)));
    expect(new Set(served)).toEqual(new Set(readdirSync(folder)));
    for (const path of assetPaths) {
      expect((await fetch(`${world.agent.url}${path}`)).status).toBe(200);
    }
    expect((await fetch(`${world.agent.url}/page/..%2f..%2fpackage.json`)).status).toBe(404);
  });
});
