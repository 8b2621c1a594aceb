/** An installation that counts for months without a way to its collector, then finds it again: what it keeps meanwhile, and what arrives. */

import { existsSync, readdirSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { agentWorld, meterFile, send } from "./agent.fixture.ts";

export type Offline = {
  readonly reports: number;
  readonly lines: number;
  /** Of the whole state directory, when the way opens again. */
  readonly stateBytes: number;
  /** Of it, all but the journal's log, which is emptied into the journal. */
  readonly fileBytes: number;
  readonly sealedBytes: number;
  /** Greatest resident size of the process, both sides and the sender included: in the first ninth of the time, and in all. */
  readonly rssBytesEarly: number;
  readonly rssBytesMost: number;
  /** How long a look at what waits takes, with all of it waiting. */
  readonly lookMs: number;
  readonly openLinesMost: number;
  readonly rememberedIdsMost: number;
  readonly counted: bigint;
  readonly received: bigint;
  readonly waiting: number;
  readonly hoursCovered: number;
};

/** Months of fsyncs would measure the disk. */
const memory = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

const meters = {
  ...meterFile,
  meters: [{ name: "calls", unit: "call", aggregation: "sum", dimensions: [{ name: "subject" }] }],
};

/** Each hour every set counts, one request of them under an idempotency key, and one report is sealed. */
export async function offline(o: { days: number; sets: number }): Promise<Offline> {
  const { days, sets } = o;
  const world = await agentWorld({ under: memory });
  try {
    const { clock, collector } = world;
    await world.restart({ meters });
    await world.agent.deliverNow();
    let received = 0n;
    let lines = 0;
    let sealedBytes = 0;
    let coveredSeconds = 0;
    slim(world);
    collector.decide = ({ usage, coverage }) => {
      for (const { quantity } of usage) received += BigInt(quantity);
      lines += usage.length;
      for (const [from, to] of coverage)
        coveredSeconds += (Date.parse(to) - Date.parse(from)) / 1000;
      return null;
    };
    collector.interfere = () => ({ status: 503 });

    let counted = 0n;
    let reports = 0;
    const most = { rss: 0, rssEarly: 0, lines: 0, ids: 0 };
    for (let hour = 0; hour < days * 24; hour += 1) {
      const events = Array.from({ length: sets }, (_, set) => {
        const quantity = 1 + ((set * 7919 + hour) % 10_000);
        counted += BigInt(quantity);
        return { meter: "calls", quantity, dimensions: { subject: `customer-${set}` } };
      });
      const answer = await send(world.agent, events, { "idempotency-key": `hour-${hour}` });
      if (answer.status !== 200) throw new Error(`hour ${hour}: ${JSON.stringify(answer)}`);
      if (hour % 24 === 23) {
        const { open_lines: open, remembered_ids: ids } = world.agent.status().counting;
        most.lines = Math.max(most.lines, open);
        most.ids = Math.max(most.ids, ids);
      }
      most.rss = Math.max(most.rss, process.memoryUsage.rss());
      if (hour * 9 <= days * 24) most.rssEarly = most.rss;
      clock.pass(3600);
      for (const { body } of world.agent.sealNow()) {
        reports += 1;
        sealedBytes += body.length;
      }
      // It tries to deliver now and then, in vain.
      if (hour % 24 === 0) world.agent.beat();
    }
    const bytesOf = (names: readonly string[]): number =>
      names
        .map((name) => statSync(join(world.folder, name)).size)
        .reduce((sum, size) => sum + size, 0);
    const names = readdirSync(world.folder);
    const stateBytes = bytesOf(names);
    const fileBytes = bytesOf(names.filter((name) => !name.endsWith("-wal")));

    const began = performance.now();
    world.agent.status();
    const lookMs = performance.now() - began;

    collector.interfere = () => undefined;
    clock.pass(3600);
    // The first may be the end of an attempt that began while there was no way.
    await world.agent.deliverNow();
    await world.agent.deliverNow();
    return {
      reports,
      lines,
      stateBytes,
      fileBytes,
      sealedBytes,
      rssBytesEarly: most.rssEarly,
      rssBytesMost: most.rss,
      lookMs,
      openLinesMost: most.lines,
      rememberedIdsMost: most.ids,
      counted,
      received,
      waiting: world.agent.status().backlog.reports,
      hoursCovered: coveredSeconds / 3600,
    };
  } finally {
    await world.end();
  }
}

/** The collector keeps what names a report, not its lines: it shares its memory with the agent here. */
function slim({ collector }: Awaited<ReturnType<typeof agentWorld>>): void {
  const { records } = collector;
  const set = records.set.bind(records);
  records.set = (name, record) =>
    set(name, { ...record, body: new Uint8Array(), report: { ...record.report, usage: [] } });
  collector.asked.push = () => 0;
}
