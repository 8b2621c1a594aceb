/** Brings forward the ids of a journal that remembered each in a row of its own. */

import type { Database } from "./database.ts";
import { eventIdsTables } from "./event-ids-tables.ts";
import { type RememberedId, idHash, idsPerPage } from "./remembered-id.ts";

type Row = { source: string; id: string; meter: string; fact: string };

export function idsIntoPages(database: Database): void {
  const tables = eventIdsTables(database);
  for (const { hour, ids } of tables.hours()) {
    const rows = database.prepare<[], Row>(`select source, id, meter, fact from ids_${hour}`).all();
    database.prepare(`delete from id_hours where hour = ?`).run(hour);
    tables.create(hour);
    for (let at = 0, page = 1; at < rows.length; at += idsPerPage, page += 1) {
      const ids = rows.slice(at, at + idsPerPage).map(remembered);
      tables.put(hour, page, ids, Uint32Array.from(ids, idHash));
    }
    tables.grow(hour, ids);
    database.exec(`drop table ids_${hour}`);
  }
}

/** Its fact was quantity and labels with a blank between, its source empty where there was none. */
function remembered({ source, id, meter, fact }: Row): RememberedId {
  const blank = fact.indexOf(" ");
  return {
    source: source === "" ? null : source,
    id,
    meter,
    quantity: fact.slice(0, blank),
    dimensions: fact.slice(blank + 1),
  };
}
