import { describe, expect, onTestFinished, test } from "vitest";
import { formatInstant, parseInstant, type Interval } from "@submeter/shared/time/instant";
import { proofSigner, verifyProof } from "@submeter/shared/wire/ed25519";
import { startTestCollector, testStart } from "../collector.fixture.ts";
import { movableClock } from "../dev/movable-clock.ts";
import { freshDatabase } from "../store/database.fixture.ts";
import { openAvailabilityLog, outages, unaccountable } from "./availability.ts";

const instance = "00000000-0000-4000-8000-000000000001";
const signer = proofSigner(new Uint8Array(32).fill(3));

async function opened(instances = [instance]) {
  const database = await freshDatabase();
  onTestFinished(() => database.close());
  const clock = movableClock(testStart);
  const logs = instances.map((id) =>
    openAvailabilityLog({ database, clock, identity: { collector: "test", signer }, instance: id }),
  );
  const tickAt = async (...seconds: number[]) => {
    for (const second of seconds) {
      clock.moveTo(testStart + second);
      await logs[0]?.tick();
    }
  };
  const down = async (from: number, to: number) =>
    (await outages(database, testStart + from, testStart + to)).map((gap: Interval) => [
      gap.from - testStart,
      gap.to - testStart,
    ]);
  return { database, clock, logs, tickAt, down };
}

describe("the collector's own availability", () => {
  test.each<{ given: string; ticks: number[]; down: number[][] }>([
    { given: "ticks every 30 seconds", ticks: [0, 30, 60, 90, 120], down: [] },
    { given: "two ticks a minute apart", ticks: [0, 30, 90, 120], down: [] },
    { given: "a pause of more than a minute", ticks: [0, 30, 91, 120], down: [[30, 91]] },
    { given: "nothing before the first tick", ticks: [100, 120], down: [[0, 100]] },
    { given: "nothing after the last", ticks: [0, 30], down: [[30, 120]] },
    { given: "a tick a minute ago", ticks: [0, 30, 60], down: [] },
    { given: "no tick at all", ticks: [], down: [[0, 120]] },
  ])("$given", async ({ ticks, down }) => {
    const log = await opened();
    await log.tickAt(...ticks);
    expect(await log.down(0, 120)).toEqual(down);
  });

  test("is that of any of its replicas", async () => {
    const log = await opened([instance, instance.replace(/1$/, "2")]);
    for (let second = 0; second <= 600; second += 30) {
      log.clock.moveTo(testStart + second);
      // The first goes at 200 s, the second comes at 180 s.
      if (second <= 200) await log.logs[0]?.tick();
      if (second >= 180) await log.logs[1]?.tick();
    }
    expect(await log.down(0, 600)).toEqual([]);
  });

  test("lasts over a clock that is moved by hand, unless it is told that it was down", async () => {
    const log = await opened();
    await log.tickAt(0);
    log.clock.moveTo(testStart + 5000);
    await log.logs[0]?.bridge();
    expect(await log.down(0, 5000)).toEqual([]);
    log.logs[0]?.interrupt();
    await log.tickAt(9000);
    expect(await log.down(0, 9000)).toEqual([[5000, 9000]]);
  });

  test("is signed, so that it can be shown to the other side", async () => {
    const log = await opened();
    await log.tickAt(0, 30);
    const [row] = await log.database.query<{ public_key: string; signature: Buffer }>(
      "select public_key, signature from availability",
    );
    const words = ["test", instance, formatInstant(testStart), formatInstant(testStart + 30)];
    const text = new TextEncoder().encode(["submeter-availability", ...words].join("\n"));
    expect(row?.public_key).toBe(signer.publicKey);
    expect(verifyProof(signer.publicKey, text, row?.signature ?? new Uint8Array())).toBe(true);
  });
});

describe("time for which an installation cannot be held to account", () => {
  test("is that of outages, and that in which no key of its could report", async () => {
    const collector = await startTestCollector({ now: parseInstant("2026-01-05T00:00:00Z") });
    const moveTo = (now: string, available = true) =>
      fetch(`${collector.url}/dev/clock`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${collector.token}`,
          "content-type": "application/json",
        },
        body: JSON.stringify({ now, available }),
      });
    await collector.enrol("acme");
    await moveTo("2026-01-05T10:00:00Z");
    await moveTo("2026-01-05T12:00:00Z", false);
    await moveTo("2026-01-06T00:00:00Z");
    const order = { mode: "removed", reason: "by mistake" };
    await collector.api("POST", "/installations/acme/keys/1/revoke", order);
    await moveTo("2026-01-06T05:00:00Z");
    await collector.api("POST", "/installations/acme/keys", {});
    await moveTo("2026-01-07T00:00:00Z");
    const lost = await unaccountable(
      collector.database,
      "acme",
      parseInstant("2026-01-05T00:00:00Z"),
      parseInstant("2026-01-07T00:00:00Z"),
    );
    expect(lost.map(({ from, to }) => [formatInstant(from), formatInstant(to)])).toEqual([
      ["2026-01-05T10:00:00Z", "2026-01-05T12:00:00Z"],
      ["2026-01-06T00:00:00Z", "2026-01-06T05:00:00Z"],
    ]);
  });
});
