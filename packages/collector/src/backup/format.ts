/**
 * A backup as one gzipped file, made of lines:
 *
 *     header ─► for each table: {"table": …}, its rows as COPY writes them, `\.`, {"rows": …, "sha256": …} ─► {"end": …}
 *
 * Rows are PostgreSQL's text format, in which a row is a line: readable with zcat, and by every version from 15 to 18.
 */

export const backupFormat = "submeter-backup-1";

export type BackupTable = { readonly name: string; readonly columns: readonly string[] };

export type BackupHeader = {
  readonly format: typeof backupFormat;
  readonly made_at: string;
  /** Null when the collector never ran. */
  readonly collector: string | null;
  /** The migrations that the schema had, in order. */
  readonly migrations: readonly string[];
  /** First days of the months that have partitions. */
  readonly months: readonly string[];
  /** In an order in which each row finds what it refers to. */
  readonly tables: readonly BackupTable[];
};

export type TableEnd = { readonly table: string; readonly rows: number; readonly sha256: string };

/** `sha256`: over the header's line and those of all tables' ends. Without this line the file is not whole. */
export type BackupEnd = { readonly end: true; readonly rows: number; readonly sha256: string };

export const endOfRows = Buffer.from("\\.\n");

export function lineOf(value: object): Buffer {
  return Buffer.from(`${JSON.stringify(value)}\n`);
}

/** A name from the catalog, as SQL takes it. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function copyColumns({ columns }: BackupTable): string {
  return columns.map(quoted).join(", ");
}
