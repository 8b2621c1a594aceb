/**
 * The hourly sums that rating reads: a row for each window of a journal, which holds a line for each meter and dimension
 * set. The view `usage_hourly` takes them apart for whoever reads.
 */

import type { Instant } from "@submeter/shared/time/instant";
import { textArray } from "./binary-array.ts";
import type { Queryable } from "./database.ts";

export type WindowKey = { installation: string; journal: string; window: Instant };

export type UsageWindow = WindowKey & {
  /** By meter, space, dimensions (canonical JSON, which has no line feed): the quantity, a decimal string. */
  readonly lines: Map<string, string>;
  /** Is there a row of it already? */
  readonly stored: boolean;
};

/** Those of the windows that have a row. The caller holds the lock of their journals. */
export async function findWindows(
  transaction: Queryable,
  keys: readonly WindowKey[],
): Promise<UsageWindow[]> {
  if (keys.length === 0) return [];
  const rows = await transaction.query<WindowKey & { lines: string }>(
    `select w.installation_id as installation, w.journal, w.window_start as window,
            array_to_string(w.lines, chr(10)) as lines
       from unnest($1::text[], $2::uuid[], $3::int8[]) as k (installation_id, journal, window_start)
       join usage_windows w on w.installation_id = k.installation_id and w.journal = k.journal
        and w.window_start = to_timestamp(k.window_start)`,
    columnsOf(keys),
  );
  return rows.map((row) => ({ ...row, lines: parseLines(row.lines), stored: true }));
}

/** Each window at most once, with all of its lines. */
export async function writeWindows(
  transaction: Queryable,
  windows: readonly UsageWindow[],
): Promise<void> {
  const [known, fresh] = [windows.filter((w) => w.stored), windows.filter((w) => !w.stored)];
  await Promise.all([updateWindows(transaction, known), insertWindows(transaction, fresh)]);
}

/** Without `on conflict`: a row that came in spite of the lock must fail the transaction, not lose its lines. */
async function insertWindows(
  transaction: Queryable,
  windows: readonly UsageWindow[],
): Promise<void> {
  if (windows.length === 0) return;
  await transaction.query(
    `insert into usage_windows (installation_id, journal, window_start, lines)
     select installation_id, journal, to_timestamp(window_start), string_to_array(lines, chr(10))
       from unnest($1::text[], $2::uuid[], $3::int8[], $4::text[])
         as t (installation_id, journal, window_start, lines)`,
    [...columnsOf(windows), textArray(windows.map(formatLines))],
  );
}

async function updateWindows(
  transaction: Queryable,
  windows: readonly UsageWindow[],
): Promise<void> {
  if (windows.length === 0) return;
  await transaction.query(
    `update usage_windows w set lines = string_to_array(t.lines, chr(10))
       from unnest($1::text[], $2::uuid[], $3::int8[], $4::text[])
         as t (installation_id, journal, window_start, lines)
      where w.installation_id = t.installation_id and w.journal = t.journal
        and w.window_start = to_timestamp(t.window_start)`,
    [...columnsOf(windows), textArray(windows.map(formatLines))],
  );
}

function columnsOf(keys: readonly WindowKey[]): unknown[] {
  return [
    keys.map((key) => key.installation),
    keys.map((key) => key.journal),
    keys.map((key) => key.window),
  ];
}

function parseLines(text: string): Map<string, string> {
  return new Map(
    text.split("\n").map((line) => {
      const space = line.indexOf(" ");
      return [line.slice(space + 1), line.slice(0, space)];
    }),
  );
}

function formatLines({ lines }: UsageWindow): string {
  return Array.from(lines, ([line, quantity]) => `${quantity} ${line}`).join("\n");
}

/**
 * Those of `windows` that one of the journals has already spoken of: in lines that count, or in a held report
 * whose span takes the window in.
 */
export async function spokenWindows(
  transaction: Queryable,
  installation: string,
  journals: readonly string[],
  windows: readonly Instant[],
): Promise<Set<Instant>> {
  const rows = await transaction.query<{ window: Instant }>(
    `select to_timestamp(w.start) as window from unnest($3::int8[]) as w (start)
      where exists (select from usage_windows u where u.installation_id = $1
               and u.window_start = to_timestamp(w.start) and u.journal = any($2::uuid[]))
         or exists (select from reports r where r.installation_id = $1 and r.journal = any($2::uuid[])
               and r.outcome = 'quarantined' and r.decision is null and r.lines > 0
               and r.touched_from <= to_timestamp(w.start) and r.touched_to > to_timestamp(w.start))`,
    [installation, journals, windows],
  );
  return new Set(rows.map(({ window }) => window));
}
