/** What each meter was declared as, so that counts of a meter no longer declared can still be reported. */

import type { MeterHead } from "@submeter/shared/wire/report";
import type { Database } from "./database.ts";

export function metersTable(database: Database) {
  const all = database.prepare<[], MeterHead>(
    `select name, unit, aggregation, scale from meters order by name`,
  );
  const put = database.prepare<[string, string, string, number]>(
    `insert into meters (name, unit, aggregation, scale) values (?, ?, ?, ?)
     on conflict (name) do update set scale = excluded.scale`,
  );
  return {
    all: (): MeterHead[] => all.all(),
    /** Unit and aggregation of a known name stay as they were. */
    put(meter: MeterHead): void {
      put.run(meter.name, meter.unit, meter.aggregation, meter.scale);
    },
  };
}
