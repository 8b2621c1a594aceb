/**
 * In which page an id may be: 32 bits of its hash and the page's number for each, in one flat table with open addressing.
 * Eight bytes a slot, outside of the JavaScript heap: 67 MB for six million ids.
 */

const slotsLeast = 4096;
const fillMax = 0.75;
const fillOfNew = 0.6;
const free = 0;
/** Was taken; what lies behind it is still found. */
const left = 0xffffffff;

export class IdIndex {
  #hashes = new Uint32Array(slotsLeast);
  #pages = new Uint32Array(slotsLeast);
  #shift = shiftFor(slotsLeast);
  /** Slots that are not free, also those that were left. */
  #taken = 0;

  /** Asks the pages that may have an id of this hash, until one says more than undefined: what it says. */
  find<Found>(hash: number, ask: (page: number) => Found | undefined): Found | undefined {
    for (let slot = this.#home(hash); ; slot = this.#after(slot)) {
      const page = this.#pages[slot] ?? free;
      if (page === free) return undefined;
      if (page === left || this.#hashes[slot] !== hash) continue;
      const found = ask(page);
      if (found !== undefined) return found;
    }
  }

  /** Only after {@link reserve}. `page` is from 1 to 2³² − 2. */
  add(hash: number, page: number): void {
    let slot = this.#home(hash);
    while (this.#pages[slot] !== free) slot = this.#after(slot);
    this.#hashes[slot] = hash;
    this.#pages[slot] = page;
    this.#taken += 1;
  }

  remove(hash: number, page: number): void {
    for (let slot = this.#home(hash); this.#pages[slot] !== free; slot = this.#after(slot)) {
      if (this.#pages[slot] !== page || this.#hashes[slot] !== hash) continue;
      this.#pages[slot] = left;
      return;
    }
  }

  /** Makes room for so many more; for that it may forget what lies in pages that are no longer kept. */
  reserve(more: number, isKept: (page: number) => boolean): void {
    if (this.#taken + more <= this.#pages.length * fillMax) return;
    const [hashes, pages] = [this.#hashes, this.#pages];
    let kept = 0;
    for (const page of pages) if (page !== free && page !== left && isKept(page)) kept += 1;
    let slots = slotsLeast;
    while (kept + more > slots * fillOfNew) slots *= 2;
    this.#hashes = new Uint32Array(slots);
    this.#pages = new Uint32Array(slots);
    this.#shift = shiftFor(slots);
    this.#taken = 0;
    for (let slot = 0; slot < pages.length; slot += 1) {
      const page = pages[slot] ?? free;
      if (page !== free && page !== left && isKept(page)) this.add(hashes[slot] ?? 0, page);
    }
  }

  /** Multiplied by 2³² / φ, as FNV leaves alike what ends alike (Knuth, The Art of Computer Programming, section 6.4). */
  #home(hash: number): number {
    return Math.imul(hash, 0x9e3779b1) >>> this.#shift;
  }

  #after(slot: number): number {
    return (slot + 1) & (this.#pages.length - 1);
  }
}

function shiftFor(slots: number): number {
  return 32 - Math.log2(slots);
}
