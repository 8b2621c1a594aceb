/** Whoever floods an address with what nobody signed is told to wait; a valid installation behind it is not. */

import { expect, test } from "vitest";
import { bundleMediaType, encodeBundleLine } from "@submeter/shared/wire/bundle";
import { startTestCollector, testStart } from "../../collector.fixture.ts";
import {
  deliver,
  openTestJournal,
  postDocument,
  testJournalId,
} from "../../ingest/agent.fixture.ts";

const refusalsMax = 600;

test("beyond a bound refusals are 429 for a while, and valid reports of the same address are taken all the while", async () => {
  const collector = await startTestCollector({ now: testStart + 7200 });
  const { url, clock } = collector;
  const journalOf = async (id: string, number: number) => {
    const key = await collector.enrol(id);
    return openTestJournal({ key, journal: testJournalId(number), start: testStart });
  };
  const known = await journalOf("known", 1);
  await deliver(url, known, known.seal());
  const unseen = await journalOf("unseen", 2);
  const removed = await journalOf("removed", 3);
  await collector.api("POST", "/installations/removed/keys/1/revoke", {
    mode: "removed",
    reason: "a test",
  });
  const stranger = removed.seal();
  const refused = async () => (await postDocument(`${url}/ingest`, stranger)).status;
  for (let sent = 0; sent < refusalsMax; sent += 50) {
    const statuses = await Promise.all(Array.from({ length: 50 }, refused));
    expect(new Set(statuses)).toEqual(new Set([401]));
  }
  const answer = await postDocument(`${url}/ingest`, stranger);
  expect(answer.status).toBe(429);
  expect(JSON.parse(new TextDecoder().decode(answer.body)).code).toBe("too_many_refusals");
  expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
  const bundle = await fetch(`${url}/ingest`, {
    method: "POST",
    headers: { "content-type": bundleMediaType },
    body: encodeBundleLine(stranger),
  });
  expect(bundle.status).toBe(429);

  expect((await deliver(url, known, known.seal())).status).toBe(200);
  expect((await deliver(url, unseen, unseen.seal())).status).toBe(200);

  clock.moveTo(clock.now() + 60);
  expect(await refused()).toBe(401);
});
