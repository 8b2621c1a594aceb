/** So many at once; whoever comes later waits for a turn, in the order of coming. */

export type Turns = <T>(work: () => Promise<T>) => Promise<T>;

export function turnsOf(most: number): Turns {
  let underWay = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (underWay < most) underWay += 1;
    // Whoever leaves hands the place over, so that nobody slips in between.
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) underWay -= 1;
      else next();
    }
  };
}
