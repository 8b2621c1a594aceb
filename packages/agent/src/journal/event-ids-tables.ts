/** Remembered event ids, a table for each hour of arrival, so that an old hour is dropped whole. */

import type { Database } from "./database.ts";

/** `fact` is what the id stood for; the same id for another fact is refused. */
export type RememberedId = { readonly source: string; readonly id: string; readonly meter: string };

type HourTable = {
  readonly find: (key: RememberedId) => string | undefined;
  readonly put: (key: RememberedId, fact: string) => void;
};

export function eventIdsTables(database: Database) {
  const hours = database.prepare<[], { hour: number; ids: number }>(
    `select hour, ids from id_hours order by hour desc`,
  );
  const addHour = database.prepare<[number]>(`insert into id_hours (hour, ids) values (?, 0)`);
  const addIds = database.prepare<[number, number]>(
    `update id_hours set ids = ids + ? where hour = ?`,
  );
  const dropHour = database.prepare<[number]>(`delete from id_hours where hour = ?`);
  const tables = new Map<number, HourTable>();

  function tableOf(hour: number): HourTable {
    let table = tables.get(hour);
    if (table === undefined) tables.set(hour, (table = hourTable(database, hour)));
    return table;
  }

  return {
    /** Newest first; `hour` counts from 1970. */
    hours: (): { hour: number; ids: number }[] => hours.all(),
    create(hour: number): void {
      database.exec(
        `create table ${tableName(hour)} (
           source text not null, id text not null, meter text not null, fact text not null,
           primary key (source, id, meter)
         ) strict, without rowid`,
      );
      addHour.run(hour);
    },
    find: (hour: number, key: RememberedId): string | undefined => tableOf(hour).find(key),
    put(hour: number, key: RememberedId, fact: string): void {
      tableOf(hour).put(key, fact);
    },
    grow(hour: number, ids: number): void {
      addIds.run(ids, hour);
    },
    drop(hour: number): void {
      tables.delete(hour);
      database.exec(`drop table ${tableName(hour)}`);
      dropHour.run(hour);
    },
    /** After a rollback: statements of a table that was never made must not be used again. */
    forget(): void {
      tables.clear();
    },
  };
}

function hourTable(database: Database, hour: number): HourTable {
  const find = database
    .prepare<[string, string, string], string>(
      `select fact from ${tableName(hour)} where source = ? and id = ? and meter = ?`,
    )
    .pluck();
  const put = database.prepare<[string, string, string, string]>(
    `insert into ${tableName(hour)} (source, id, meter, fact) values (?, ?, ?, ?)`,
  );
  return {
    find: ({ source, id, meter }) => find.get(source, id, meter),
    put({ source, id, meter }, fact) {
      put.run(source, id, meter, fact);
    },
  };
}

function tableName(hour: number): string {
  return `ids_${hour}`;
}
