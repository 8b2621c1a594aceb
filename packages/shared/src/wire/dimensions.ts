/** One text for one set of labels, used as a key by agent, collector and rating alike. */

export type Dimensions = Readonly<Record<string, string>>;

/** JSON of the members in code-point order of their names; `{}` for none. */
export function dimensionsKey(dimensions: Dimensions): string {
  return JSON.stringify(sortedDimensions(dimensions));
}

/** The same labels with their members in code-point order (names are ASCII, so UTF-16 order is the same). */
export function sortedDimensions(dimensions: Dimensions): Dimensions {
  const names = Object.keys(dimensions);
  // Agents write them in order already.
  if (names.every((name, index) => index === 0 || (names[index - 1] ?? "") < name))
    return dimensions;
  return Object.fromEntries(names.toSorted().map((name) => [name, dimensions[name] ?? ""]));
}
