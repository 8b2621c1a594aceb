/** The frozen form of a statement's inputs: the same facts give the same bytes, in whatever order they were gathered. */

import { digestHex } from "../wire/digest.ts";
import { dimensionsKey } from "../wire/dimensions.ts";
import { canonicalBytes } from "./canonical.ts";
import type { CutOfJournal, HistoryRow, StatementInputs, UsageRow } from "./statement-inputs.ts";

export function encodeInputs(inputs: StatementInputs): Uint8Array {
  return canonicalBytes({
    ...inputs,
    cut: sorted(inputs.cut, keyOfCut),
    usage: sorted(inputs.usage, keyOfUsage),
    history: sorted(inputs.history, keyOfHistory),
    ...(inputs.adjustments === undefined
      ? {}
      : { adjustments: sorted(inputs.adjustments, ({ id }) => id) }),
  });
}

export function digestOfInputs(inputs: StatementInputs): string {
  return digestHex(encodeInputs(inputs));
}

/** Reads what {@link encodeInputs} wrote; the bytes are our own, held against their digest by the replay. */
export function decodeInputs(bytes: Uint8Array): StatementInputs {
  return JSON.parse(new TextDecoder().decode(bytes)) as StatementInputs;
}

function keyOfCut({ installation, journal }: CutOfJournal): string {
  return [installation, journal].join("\n");
}

// The quantity is part of the key, so that rows that are otherwise alike have one order too.
function keyOfUsage(row: UsageRow): string {
  const { installation, journal, window, meter, dimensions, quantity } = row;
  return [installation, journal, window, meter, dimensionsKey(dimensions), quantity].join("\n");
}

function keyOfHistory(row: HistoryRow): string {
  const { installation, journal, meter, dimensions, quantity } = row;
  return [installation, journal, meter, dimensionsKey(dimensions), quantity].join("\n");
}

function sorted<Row>(rows: readonly Row[], keyOf: (row: Row) => string): Row[] {
  return rows
    .map((row) => ({ row, key: keyOf(row) }))
    .toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ row }) => row);
}
