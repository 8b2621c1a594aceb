/** Labels of a meter on one line: `model=a direction=input`. */

export type DimensionsOfRow = Readonly<Record<string, string>>;

export function dimensionsText(dimensions: DimensionsOfRow | null | undefined): string {
  return Object.entries(dimensions ?? {})
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");
}
