/** What is remembered of an event's id, and how a page of them is written. */

/** Under one source, id and meter only the same quantity of the same labels may come again. */
export type RememberedId = {
  readonly source: string | null;
  readonly id: string;
  readonly meter: string;
  /** Canonical decimal text. */
  readonly quantity: string;
  /** The text of `dimensionsKey`. */
  readonly dimensions: string;
};

export type IdName = Pick<RememberedId, "source" | "id" | "meter">;

/** A page is read as a whole where an id may be in it. */
export const idsPerPage = 128;

const hashStart = 0x811c9dc5;
const hashFactor = 0x01000193;

/** 32 bits, FNV-1a. Among five million ids one new one in 900 has the hash of another; then the page decides. */
export function idHash({ source, id, meter }: IdName): number {
  return hashed(source ?? "", hashed(meter, hashed(id, hashStart))) >>> 0;
}

function hashed(text: string, start: number): number {
  let hash = start;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), hashFactor);
  }
  return hash;
}

export function isNamed(remembered: IdName, { source, id, meter }: IdName): boolean {
  return remembered.id === id && remembered.meter === meter && remembered.source === source;
}

/** What most ids of a page share is written once. */
type Kind = readonly [meter: string, source: string | null, dimensions: string];
type Page = {
  readonly kinds: readonly Kind[];
  readonly ids: readonly string[];
  readonly quantities: readonly string[];
  /** Of each id its place among the kinds. */
  readonly of: readonly number[];
};

export function pageText(remembered: readonly RememberedId[]): string {
  const kinds: Kind[] = [];
  const page = {
    kinds,
    ids: remembered.map(({ id }) => id),
    quantities: remembered.map(({ quantity }) => quantity),
    of: remembered.map((one) => placeAmong(kinds, one)),
  } satisfies Page;
  return JSON.stringify(page);
}

function placeAmong(kinds: Kind[], { meter, source, dimensions }: RememberedId): number {
  for (let place = 0; place < kinds.length; place += 1) {
    const kind = kinds[place] as Kind;
    if (kind[2] === dimensions && kind[0] === meter && kind[1] === source) return place;
  }
  return kinds.push([meter, source, dimensions]) - 1;
}

export function readPage(text: string): RememberedId[] {
  const { kinds, ids, quantities, of } = JSON.parse(text) as Page;
  return ids.map((id, at) => {
    const [meter, source, dimensions] = kinds[of[at] ?? 0] as Kind;
    return { source, id, meter, quantity: quantities[at] ?? "", dimensions };
  });
}
