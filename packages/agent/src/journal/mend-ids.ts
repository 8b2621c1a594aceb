/** Remembered ids after a salvage: what is left of an hour is numbered from 1 on without gaps again, and said to be that many. */

import type { Database } from "./database.ts";
import { eventIdsTables } from "./event-ids-tables.ts";

/** Inside a transaction. Without it pages would be looked for where others lie, and a retry would pass for a new event. */
export function mendIds(database: Database): void {
  const tables = eventIdsTables(database);
  database.exec(`delete from id_hours`);
  const addHour = database.prepare<[number, number]>(
    `insert into id_hours (hour, ids) values (?, ?)`,
  );
  for (const { hour, name } of hourTables(database)) {
    closeGaps(database, name);
    let ids = 0;
    for (const hashes of tables.hashes(hour)) ids += hashes.length;
    if (ids === 0) database.exec(`drop table ${name}`);
    else addHour.run(hour, ids);
  }
}

function hourTables(database: Database): { hour: number; name: string }[] {
  return database
    .prepare<[], string>(`select name from sqlite_master where type = 'table'`)
    .pluck()
    .all()
    .flatMap((name) => {
      const hour = /^id_pages_(\d+)$/.exec(name)?.[1];
      return hour === undefined ? [] : [{ hour: Number(hour), name }];
    });
}

/** From the front, so that each place is free. */
function closeGaps(database: Database, table: string): void {
  const move = database.prepare<[number, number]>(`update ${table} set page = ? where page = ?`);
  const pages = database
    .prepare<[], number>(`select page from ${table} order by page`)
    .pluck()
    .all();
  for (const [at, page] of pages.entries()) if (page !== at + 1) move.run(at + 1, page);
}
