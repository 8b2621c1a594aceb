/** A database with an enrolled fleet, a collector before it, and a supply of reports that are signed ahead of time. */

import { openDatabase, type Database } from "@submeter/collector/store/database";
import { migrate } from "@submeter/collector/store/migrate";
import { drive, type Driven } from "./drive.ts";
import { enrol } from "./enrolled.ts";
import { type Program, startCollector } from "./programs.ts";
import { openJournal, requestOf } from "./sealed.ts";

const secondsPerHour = 3600;
const connections = 256;

export type Site = {
  readonly database: Database;
  readonly program: Program;
  /** Signs what `take` will send at most, so that no signing is measured. */
  prepare(count: number): void;
  /** New reports, at most `secondsMax` long. */
  sendNew(secondsMax: number): Promise<Driven>;
  /** What was sent before, once more. */
  sendAgain(secondsMax: number): Promise<Driven>;
  stop(): Promise<void>;
};

/** The hour in which the fleet's new journals begin: far enough back that nothing of it is of the future. */
export function firstHour(): number {
  return Math.floor(Date.now() / 1000 / secondsPerHour - 200) * secondsPerHour;
}

export async function newDatabase(server: string, name: string): Promise<Database> {
  const admin = openDatabase(server, { connectionsMax: 1 });
  await admin.query(`create database ${name}`);
  await admin.close();
  const database = openDatabase(Object.assign(new URL(server), { pathname: `/${name}` }).href);
  await migrate(database);
  return database;
}

export async function openSite(
  database: Database,
  installations: number,
  nodeFlags: readonly string[] = [],
): Promise<Site> {
  const enrolledAt = firstHour() - 4000 * secondsPerHour;
  await enrol(database, { first: 0, count: installations, enrolledAt });
  const program = await startCollector(database.url, nodeFlags);
  const journals = Array.from({ length: installations }, (_, index) =>
    openJournal(index, firstHour()),
  );
  const supply: Buffer[] = [];
  const sent: Buffer[] = [];
  let sealed = 0;

  const fresh: Iterator<Buffer> = {
    next: () => {
      const request = supply[sent.length];
      if (request === undefined) return { value: undefined, done: true };
      sent.push(request);
      return { value: request };
    },
  };
  const expectRecorded = (driven: Driven): Driven => {
    const strange = [...driven.statuses.keys()].filter((status) => status !== 200);
    if (strange.length === 0) return driven;
    throw new Error(`answers with status ${strange.join(", ")}`);
  };
  const go = async (requests: Iterator<Buffer>, secondsMax: number) =>
    expectRecorded(await drive({ port: program.port, connections, requests, secondsMax }));

  return {
    database,
    program,
    prepare: (count) => {
      while (supply.length < sent.length + count) {
        // As agents spread their sealing over the hour, neighbours in time are none in the alphabet.
        const journal = journals[(sealed * 7919) % installations];
        if (journal === undefined) throw new RangeError("no journal");
        supply.push(requestOf(journal.seal()));
        sealed += 1;
      }
    },
    sendNew: (secondsMax) => go(fresh, secondsMax),
    sendAgain: (secondsMax) => go(sent.slice(-20_000).values(), secondsMax),
    stop: async () => {
      await program.stop();
      await database.close();
    },
  };
}
