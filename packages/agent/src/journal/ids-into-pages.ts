/** Brings forward the ids of a journal that remembered each in a row of its own. */

import type { Database } from "./database.ts";
import { eventIdsTables } from "./event-ids-tables.ts";
import { type RememberedId, idHash, idKey, idsPerPage, pageOf } from "./remembered-id.ts";

type Row = { source: string; id: string; meter: string; fact: string };

export function idsIntoPages(database: Database): void {
  const tables = eventIdsTables(database);
  for (const { hour, ids } of tables.hours()) {
    database.prepare(`delete from id_hours where hour = ?`).run(hour);
    tables.create(hour);
    let page = 0;
    const put = (remembered: readonly RememberedId[]): void => {
      page += 1;
      tables.put(
        hour,
        page,
        pageOf(
          remembered,
          remembered.map(({ key }) => idHash(key)),
        ),
      );
    };
    let gathered: RememberedId[] = [];
    const rows = database.prepare<[], Row>(`select source, id, meter, fact from ids_${hour}`).all();
    for (const { source, id, meter, fact } of rows) {
      gathered.push({ key: idKey(source === "" ? null : source, id, meter), fact });
      if (gathered.length < idsPerPage) continue;
      put(gathered);
      gathered = [];
    }
    if (gathered.length > 0) put(gathered);
    tables.grow(hour, ids);
    database.exec(`drop table ids_${hour}`);
  }
}
