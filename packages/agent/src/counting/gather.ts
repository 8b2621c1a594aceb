/** When a group is as large as waiting a little makes it. */

/** So many turns of the event loop it goes on growing at most; each lasts as long as what it brings takes to read. */
const turnsMax = 4;

/**
 * Calls `done` after `delayMs`; if that is 0, once a turn of the event loop has brought nothing more. For who is answered last
 * sends the next request while those of the others are already being read; it would wait for their commit, and then for its own.
 */
export function gather(size: () => number, delayMs: number, done: () => void): void {
  if (delayMs > 0) {
    setTimeout(done, delayMs);
    return;
  }
  let [seen, turns] = [size(), 0];
  const look = (): void => {
    if (size() <= seen || turns === turnsMax) {
      done();
      return;
    }
    seen = size();
    turns += 1;
    setImmediate(look);
  };
  setImmediate(look);
}
