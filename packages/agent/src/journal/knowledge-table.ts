/** What the agent knows of its collector and of itself, one JSON value a name. */

import type { Database } from "./database.ts";

export function knowledgeTable(database: Database) {
  const get = database
    .prepare<[string], string>(`select value from knowledge where name = ?`)
    .pluck();
  const set = database.prepare<[string, string]>(
    `insert into knowledge (name, value) values (?, ?)
     on conflict (name) do update set value = excluded.value`,
  );
  const remove = database.prepare<[string]>(`delete from knowledge where name = ?`);
  return {
    /** Null when it was never set. The caller wrote it, so the caller knows its shape. */
    get<Value>(name: string): Value | null {
      const text = get.get(name);
      return text === undefined ? null : (JSON.parse(text) as Value);
    },
    set(name: string, value: unknown): void {
      set.run(name, JSON.stringify(value));
    },
    remove(name: string): void {
      remove.run(name);
    },
  };
}
