/** A queue that is fair between owners: they take turns, whatever each of them has waiting; each keeps its own order. */

export type Owned = { readonly owner: string; readonly bytes: number };

export type FairQueue<Item extends Owned> = {
  readonly length: number;
  add(item: Item): void;
  /** At most so many items and bytes, but always one: the first of each owner, then the second of each. */
  take(most: { items: number; bytes: number }): Item[];
};

export function fairQueue<Item extends Owned>(): FairQueue<Item> {
  // A map keeps the order of its insertions: who has had a turn goes to the end.
  const owners = new Map<string, { items: Item[]; next: number }>();
  let length = 0;

  const first = (): [string, { items: Item[]; next: number }, Item] | null => {
    for (const [owner, line] of owners) {
      const item = line.items[line.next];
      if (item !== undefined) return [owner, line, item];
    }
    return null;
  };

  return {
    get length() {
      return length;
    },
    add: (item) => {
      length += 1;
      const line = owners.get(item.owner);
      if (line === undefined) owners.set(item.owner, { items: [item], next: 0 });
      else line.items.push(item);
    },
    take: (most) => {
      const taken: Item[] = [];
      let bytes = 0;
      for (let turn = first(); turn !== null; turn = first()) {
        const [owner, line, item] = turn;
        const full = taken.length >= most.items || bytes + item.bytes > most.bytes;
        if (taken.length > 0 && full) break;
        taken.push(item);
        bytes += item.bytes;
        line.next += 1;
        owners.delete(owner);
        if (line.next < line.items.length) owners.set(owner, line);
      }
      length -= taken.length;
      return taken;
    },
  };
}
