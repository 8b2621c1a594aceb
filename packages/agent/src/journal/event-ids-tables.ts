/**
 * Remembered event ids: a table for each hour of arrival, so that an old hour is dropped whole. Its rows are pages of ids as they
 * came, because a row for each, in the order of a key, would change as many pages of the file as there are ids in a commit.
 */

import type { Database } from "./database.ts";
import { type RememberedId, pageText, readPage } from "./remembered-id.ts";

type HourTable = {
  readonly find: (page: number) => string | undefined;
  readonly put: (page: number, ids: readonly RememberedId[], hashes: Uint32Array) => void;
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
           page integer primary key, hashes blob not null, ids text not null
         ) strict`,
      );
      addHour.run(hour);
    },
    /** Pages of an hour are numbered from 1 on. Null: the disk gave back something else than was written. */
    find(hour: number, page: number): RememberedId[] | null {
      const text = tableOf(hour).find(page);
      return text === undefined ? [] : tryReadPage(text);
    },
    /** `hashes`: `idHash` of each. */
    put(hour: number, page: number, ids: readonly RememberedId[], hashes: Uint32Array): void {
      tableOf(hour).put(page, ids, hashes);
    },
    /** `idHash` of each id, of each page in order. */
    *hashes(hour: number): Generator<Uint32Array> {
      const pages = database
        .prepare<[], Buffer>(`select hashes from ${tableName(hour)} order by page`)
        .pluck();
      for (const bytes of pages.iterate()) {
        yield new Uint32Array(
          bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
        );
      }
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
    .prepare<[number], string>(`select ids from ${tableName(hour)} where page = ?`)
    .pluck();
  const put = database.prepare<[number, Uint8Array, string]>(
    `insert into ${tableName(hour)} (page, hashes, ids) values (?, ?, ?)`,
  );
  return {
    find: (page) => find.get(page),
    put(page, ids, hashes) {
      // 32 bits each, as this machine has them.
      put.run(page, new Uint8Array(hashes.buffer), pageText(ids));
    },
  };
}

function tryReadPage(text: string): RememberedId[] | null {
  try {
    return readPage(text);
  } catch {
    return null;
  }
}

function tableName(hour: number): string {
  return `id_pages_${hour}`;
}
