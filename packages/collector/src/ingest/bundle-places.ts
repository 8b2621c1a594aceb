/**
 * Who may have a bundle read, when only so many are at once. Until a line of it is verified a bundle is an address's,
 * afterwards an installation's: neither, however slowly it sends or however often it comes, takes the places of others.
 */

export const bundlesAtOnceMax = 32;
export const unprovenOfAddressMax = 8;
export const bundlesOfInstallationMax = 4;

export type Place = {
  /** Whose it is, known by its first verified line. False when that one has as many places as it may. */
  prove(installation: string): boolean;
  leave(): void;
};

export type Places = {
  readonly open: number;
  take(address: string): Place | "all_taken" | "share_taken";
};

export function bundlePlaces(): Places {
  const held = new Map<string, number>();
  let open = 0;
  const add = (owner: string, change: 1 | -1): void => {
    const count = (held.get(owner) ?? 0) + change;
    if (count === 0) held.delete(owner);
    else held.set(owner, count);
  };
  return {
    get open() {
      return open;
    },
    take: (address) => {
      if (open >= bundlesAtOnceMax) return "all_taken";
      let owner = `address ${address}`;
      if ((held.get(owner) ?? 0) >= unprovenOfAddressMax) return "share_taken";
      open += 1;
      add(owner, 1);
      return {
        prove: (installation) => {
          const proven = `installation ${installation}`;
          if (owner === proven) return true;
          if ((held.get(proven) ?? 0) >= bundlesOfInstallationMax) return false;
          add(owner, -1);
          owner = proven;
          add(owner, 1);
          return true;
        },
        leave: () => {
          open -= 1;
          add(owner, -1);
        },
      };
    },
  };
}
