import { decimal, format } from "@submeter/shared/numbers/decimal";
import { readMeterFile } from "@submeter/shared/metering/meter-file";
import { beforeEach, describe, expect, it } from "vitest";
import { TestClock, countingWorld } from "../counting/counting.fixture.ts";
import { ProductHeartbeat } from "./product-heartbeat.ts";

const meters = readMeterFile(
  Buffer.from(
    '{"version":1,"meters":[{"name":"gpu.seconds","unit":"second","aggregation":"sum","scale":1}]}',
  ),
).meters;
const url = new URL("http://127.0.0.1:1/health");

let counting: ReturnType<typeof countingWorld>;
let clock: TestClock;
let isUp: boolean;
const faults: unknown[] = [];

beforeEach(() => {
  counting = countingWorld({ meters });
  ({ clock } = counting);
  // 1,000 s before an hour ends
  clock.wallMs = 3600_000 * 300_000 - 1_000_000;
  isUp = true;
});

function heartbeat(o: { quantity?: string; url?: URL | null } = {}): ProductHeartbeat {
  return new ProductHeartbeat({
    way: {
      meter: "gpu.seconds",
      quantity: decimal(o.quantity ?? "1"),
      dimensions: {},
      source: "product",
      url: o.url ?? null,
      everySeconds: 10,
    },
    rules: { meters, pseudonymSecret: new Uint8Array(32) },
    clock,
    submit: counting.groupCommit.submit.bind(counting.groupCommit),
    isUp: () => Promise.resolve(isUp),
    onFault: (error) => faults.push(error),
  });
}

/** Looks every second, for so many. */
async function pass(source: ProductHeartbeat, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    clock.pass(1);
    source.poll();
    await new Promise(setImmediate);
    await new Promise(setImmediate);
  }
}

function totals(): string[] {
  return counting.windows.all().map(({ window, total }) => `${window / 3600}: ${format(total)}`);
}

describe("a heartbeat", () => {
  it("counts every second, each in its hour", async () => {
    const source = heartbeat({ quantity: "0.5" });
    await pass(source, 1101);
    expect(totals()).toEqual(["299999: 499.5", "300000: 50.5"]);
  });

  it("counts the seconds since its last look when it ends", async () => {
    const source = heartbeat();
    await pass(source, 16);
    await source.settled();
    expect(totals()).toEqual(["299999: 15"]);
  });

  it("counts only while the product answers", async () => {
    const source = heartbeat({ url });
    await pass(source, 21);
    isUp = false;
    await pass(source, 30);
    isUp = true;
    await pass(source, 21);
    expect(totals()).toEqual(["299999: 30"]);
  });

  it("counts nothing for a time in which nobody looked", async () => {
    const source = heartbeat();
    await pass(source, 11);
    clock.pass(3000);
    await pass(source, 11);
    expect(totals()).toEqual(["299999: 10", "300000: 10"]);
  });

  it("counts the time that passed, not the clock that was set", async () => {
    const source = heartbeat();
    await pass(source, 11);
    clock.wallMs += 86_400_000;
    await pass(source, 10);
    expect(totals()).toEqual(["299999: 10", "300023: 10"]);
  });

  it.each(["SQLITE_FULL", "SQLITE_BUSY"])(
    "owes what was seen while no commit succeeded, for however long (%s), and not when it was down",
    async (code) => {
      const source = heartbeat({ url });
      await pass(source, 1);
      const heardTo = clock.now() + 1;
      counting.failing.code = code;
      await pass(source, 100);
      isUp = false;
      await pass(source, 50);
      counting.failing.code = null;
      await pass(source, 10);
      expect(totals()).toEqual(["299999: 100"]);
      // The commit that took what was owed came while the product was down.
      expect(counting.journal.coverage.heard()).toMatchObject([{ source: "product", to: heardTo }]);
      isUp = true;
      await pass(source, 1010);
      expect(totals()).toEqual(["299999: 929", "300000: 171"]);
    },
  );

  it("counts what a failed commit left with the next look", async () => {
    const source = heartbeat();
    await pass(source, 1);
    counting.failing.code = "SQLITE_FULL";
    await pass(source, 10);
    counting.failing.code = null;
    await pass(source, 10);
    expect(totals()).toEqual(["299999: 20"]);
  });
});
