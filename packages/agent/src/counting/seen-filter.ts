/** A Bloom filter that grows: says of most new ids at once that they are new, so that 72 tables need not be asked. */

const bitsPerKey = 16;
/** At 16 bits a key, four probes leave about one false alarm in 400: those ask the table. */
const probes = 4;
const firstKeys = 1024;

type Layer = {
  readonly bits: Uint32Array;
  readonly mask: number;
  keys: number;
  readonly keysMax: number;
};

export class SeenFilter {
  readonly #layers: Layer[] = [];

  add(hash: KeyHash): void {
    let layer = this.#layers.at(-1);
    if (layer === undefined || layer.keys === layer.keysMax) {
      layer = newLayer(layer === undefined ? firstKeys : layer.keysMax * 2);
      this.#layers.push(layer);
    }
    layer.keys += 1;
    for (let probe = 0; probe < probes; probe += 1) {
      const bit = bitOf(hash, probe, layer.mask);
      layer.bits[bit >>> 5] = (layer.bits[bit >>> 5] ?? 0) | (1 << (bit & 31));
    }
  }

  /** False: it was never added. True: it may have been. */
  mayHave(hash: KeyHash): boolean {
    return this.#layers.some((layer) => inLayer(layer, hash));
  }
}

/** Two independent 32-bit hashes. */
export type KeyHash = { readonly a: number; readonly b: number };

/** FNV-1a with two bases; `b` is odd so that the probes differ. */
export function keyHash(text: string): KeyHash {
  let a = 0x811c9dc5;
  let b = 0x01000193;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x85ebca6b);
  }
  a ^= a >>> 15;
  b ^= b >>> 13;
  return { a: a >>> 0, b: (b | 1) >>> 0 };
}

function inLayer(layer: Layer, hash: KeyHash): boolean {
  for (let probe = 0; probe < probes; probe += 1) {
    const bit = bitOf(hash, probe, layer.mask);
    if (((layer.bits[bit >>> 5] ?? 0) & (1 << (bit & 31))) === 0) return false;
  }
  return true;
}

function bitOf(hash: KeyHash, probe: number, mask: number): number {
  return (hash.a + Math.imul(probe, hash.b)) & mask;
}

function newLayer(keysMax: number): Layer {
  const bits = keysMax * bitsPerKey;
  return { bits: new Uint32Array(bits / 32), mask: bits - 1, keys: 0, keysMax };
}
