import { describe, expect, it } from "vitest";
import { IdIndex } from "./id-index.ts";

const pagesOf = (index: IdIndex, hash: number): number[] => {
  const pages: number[] = [];
  index.find(hash, (page) => {
    pages.push(page);
    return undefined;
  });
  return pages;
};
const all = () => true;

/** Hashes without chance, far more than the first table holds, among them neighbours and both ends. */
const hashes = Array.from({ length: 20_000 }, (_, at) => Math.imul(at, 0x01000193) >>> 0);

describe("the index of ids", () => {
  it("leads each hash to its pages while it grows, and no other anywhere", () => {
    const index = new IdIndex();
    for (const [at, hash] of hashes.entries()) {
      index.reserve(1, all);
      index.add(hash, at + 1);
    }
    for (const [at, hash] of hashes.entries()) expect(pagesOf(index, hash)).toEqual([at + 1]);
    expect(pagesOf(index, 0xdeadbeef)).toEqual([]);
  });

  it("asks every page of one hash until one knows it", () => {
    const index = new IdIndex();
    for (const page of [1, 2, 3]) index.add(7, page);
    expect(pagesOf(index, 7)).toEqual([1, 2, 3]);
    expect(index.find(7, (page) => (page === 2 ? "here" : undefined))).toBe("here");
  });

  it("finds what lies behind something that was removed", () => {
    const index = new IdIndex();
    for (const page of [1, 2, 3]) index.add(7, page);
    index.remove(7, 2);
    expect(pagesOf(index, 7)).toEqual([1, 3]);
    index.remove(8, 1);
    expect(pagesOf(index, 7)).toEqual([1, 3]);
  });

  it("takes the room of pages that are no longer kept", () => {
    const index = new IdIndex();
    for (const [at, hash] of hashes.entries()) {
      index.reserve(1, (page) => page > at - 100);
      index.add(hash, at + 1);
    }
    expect(pagesOf(index, hashes[0] ?? 0)).toEqual([]);
    expect(pagesOf(index, hashes.at(-1) ?? 0)).toEqual([hashes.length]);
  });
});
