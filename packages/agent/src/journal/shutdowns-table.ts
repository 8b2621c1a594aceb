/** What the customer attested: when nothing ran here, or will not. One row a beginning; what was said of it last. */

import type { Instant } from "@submeter/shared/time/instant";
import type { Shutdown } from "@submeter/shared/wire/shutdowns";
import type { Database } from "./database.ts";

export type StatedShutdown = Shutdown & { readonly statedAt: Instant; readonly sealed: boolean };

type Row = Shutdown & { statedAt: Instant; sealed: number };

const columns = `from_second as "from", until_second as "until", reason, stated_by as "by", stated_at as statedAt, sealed`;

export function shutdownsTable(database: Database) {
  const put = database.prepare<[number, number, string, string | null, number]>(
    `insert into shutdowns (from_second, until_second, reason, stated_by, stated_at) values (?, ?, ?, ?, ?)
     on conflict (from_second) do update set until_second = excluded.until_second, reason = excluded.reason,
       stated_by = excluded.stated_by, stated_at = excluded.stated_at, sealed = 0`,
  );
  const all = database.prepare<[], Row>(`select ${columns} from shutdowns order by from_second`);
  const unsealed = database.prepare<[number], Row>(
    `select ${columns} from shutdowns where sealed = 0 order by from_second limit ?`,
  );
  const mark = database.prepare<[number, number]>(
    `update shutdowns set sealed = ? where from_second = ?`,
  );
  const dropBefore = database.prepare<[number]>(
    `delete from shutdowns where sealed = 1 and until_second < ?`,
  );
  return {
    put({ from, until, reason, by }: Shutdown, statedAt: Instant): void {
      put.run(from, until, reason, by, statedAt);
    },
    /** Oldest first. */
    all: (): StatedShutdown[] => all.all().map(readRow),
    /** Those that no report carries yet. */
    unsealed: (limit: number): StatedShutdown[] => unsealed.all(limit).map(readRow),
    /** False: what carried it was never delivered, so that another report has to. */
    mark(from: Instant, sealed: boolean): void {
      mark.run(sealed ? 1 : 0, from);
    },
    dropBefore(instant: Instant): void {
      dropBefore.run(instant);
    },
  };
}

function readRow(row: Row): StatedShutdown {
  return { ...row, sealed: row.sealed === 1 };
}
