/**
 * One transaction around everything that a piece of work asks the database, without each function being handed it:
 * so an effect and the note that it happened commit together. Transactions inside become savepoints of it.
 */

import { AsyncLocalStorage } from "node:async_hooks";
import type { Isolation, Queryable } from "./database.ts";

type Held = { readonly transaction: Queryable; savepoint: boolean };

export type Enclosure = {
  /** What queries go to here: the enclosing transaction, or null outside of one. */
  current(): Queryable | null;
  within<T>(transaction: Queryable, work: () => Promise<T>): Promise<T>;
  /** `body` as a savepoint of the enclosing transaction. */
  nested<T>(isolation: Isolation, body: (transaction: Queryable) => Promise<T>): Promise<T>;
};

export function openEnclosure(): Enclosure {
  const storage = new AsyncLocalStorage<Held>();
  return {
    current: () => storage.getStore()?.transaction ?? null,
    within: (transaction, work) => storage.run({ transaction, savepoint: false }, work),
    nested: async (isolation, body) => {
      const held = storage.getStore();
      if (held === undefined) throw new RangeError("there is no transaction to nest in");
      if (isolation !== "read committed" || held.savepoint) {
        throw new RangeError(
          "this work takes transactions of its own: declare its operation `repeatable`",
        );
      }
      held.savepoint = true;
      const { transaction } = held;
      await transaction.query("savepoint nested");
      try {
        const result = await body(transaction);
        await transaction.query("release savepoint nested");
        return result;
      } catch (error) {
        await transaction.query("rollback to savepoint nested").catch(() => {});
        throw error;
      } finally {
        held.savepoint = false;
      }
    },
  };
}
