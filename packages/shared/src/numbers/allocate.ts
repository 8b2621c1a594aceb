/** Splits a whole into parts that sum to it exactly. */

/**
 * Largest remainder: each part gets ⌊whole × weight / sum⌋, and what is left goes one by one to the largest remainders,
 * the earlier first where they are equal. `whole` ≥ 0, weights ≥ 0 with a sum > 0.
 */
export function allocateByLargestRemainder(whole: bigint, weights: readonly bigint[]): bigint[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0n);
  if (whole < 0n || total <= 0n || weights.some((weight) => weight < 0n)) {
    throw new RangeError("an allocation needs a whole ≥ 0 and weights ≥ 0 with a sum above 0");
  }
  const parts = weights.map((weight) => (whole * weight) / total);
  const order = weights
    .map((weight, index) => ({ index, remainder: (whole * weight) % total }))
    .toSorted((a, b) =>
      a.remainder === b.remainder ? a.index - b.index : a.remainder < b.remainder ? 1 : -1,
    );
  let left = whole - parts.reduce((sum, part) => sum + part, 0n);
  for (const { index } of order) {
    if (left === 0n) break;
    parts[index] = (parts[index] ?? 0n) + 1n;
    left -= 1n;
  }
  return parts;
}
