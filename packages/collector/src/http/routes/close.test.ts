import { expect, onTestFinished, test } from "vitest";
import { bothCustomers, inhabit } from "../api/two-customers.fixture.ts";

test("what can close is read in pages of contracts", async () => {
  const { collector, ids } = await inhabit(onTestFinished);
  const seen: string[][] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const { body } = await collector.api("GET", `/close?limit=1${cursor && `&cursor=${cursor}`}`);
    seen.push(body.items.map(({ contract }: { contract: string }) => contract));
    cursor = body.next;
  }
  expect(seen).toEqual(bothCustomers.map((customer) => [ids[customer]?.["contract"]]));
});
