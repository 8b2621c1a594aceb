/** A real browser for tests of the page: the system's Chromium, which sees no other origin than the agent's. */

import { existsSync } from "node:fs";
import { type Browser, type Page, chromium } from "playwright-core";

const executable = "/usr/bin/chromium";

/** Says loudly what is not proven where there is none. */
export function hasBrowser(): boolean {
  if (existsSync(executable)) return true;
  process.stderr.write(
    `\nSKIPPED, NOT PROVEN HERE: ${executable} is not installed, so nobody looked at the page\n\n`,
  );
  return false;
}

export async function openBrowser(): Promise<Browser> {
  const asRoot = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath: executable, args: asRoot });
}

export type Looked = {
  readonly page: Page;
  /** Every address that was asked for, and what the browser complained of. */
  readonly asked: string[];
  readonly complaints: string[];
};

export async function look(browser: Browser, url: string): Promise<Looked> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    locale: "en-US",
    timezoneId: "Europe/Berlin",
  });
  const page = await context.newPage();
  const asked: string[] = [];
  const complaints: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(url);
  return { page, asked, complaints };
}
