/** `submeter-agent verify`: chain, digests, signatures and receipts of everything that was ever sealed here. Changes nothing. */

import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import { formatInstant } from "@submeter/shared/time/instant";
import type { MacKey } from "@submeter/shared/wire/document";
import type { Archive } from "../archive/archive.ts";
import { fileArchive } from "../archive/file-archive.ts";
import { type JournalVerdict, verifyJournal } from "../archive/verify-journal.ts";
import { type CommandIo, type ExitCode, type Style, styleOf } from "./io.ts";
import { countText, instantText } from "./wording.ts";

type FileVerdict = {
  readonly name: string;
  readonly journals: readonly JournalVerdict[];
  /** Keys of a collector that proved receipts and is not, or no longer, the one that is trusted. */
  readonly otherKeys: readonly string[];
  /** What is wrong with the file itself, beside what it holds. */
  readonly damage: string | null;
  /** Why it could not be read, or not to its end. */
  readonly unreadable: string | null;
};

export type VerifySources = {
  readonly archive: Archive;
  /** Files that lie beside: journals that were set aside. */
  readonly others: readonly string[];
  /** The installation's, for the receipts' shared signature; null when it is not at hand. */
  readonly key: MacKey | null;
};

/** Ends with 1 when anything is wrong: the report is named. */
export async function verify(
  { archive, others, key }: VerifySources,
  options: { json: boolean },
  io: CommandIo,
): Promise<ExitCode> {
  const files = [await verifyArchive(archive, key)];
  for (const path of others) files.push(await verifyOther(path, key));
  const ok = files.every(isSound);
  if (options.json) io.out(`${JSON.stringify({ ok, files: files.map(fileJson) })}\n`);
  else io.out(verdictText(files, ok, styleOf(io)));
  return ok ? 0 : 1;
}

/** As all that is printed for programs: names with underscores, instants in RFC 3339. */
function fileJson({ name, journals, otherKeys: keys, unreadable, damage }: FileVerdict) {
  return { name, unreadable, damage, other_keys: keys, journals: journals.map(journalJson) };
}

function journalJson(verdict: JournalVerdict) {
  const { firstSealedAt: first, lastSealedAt: last, receiptsByKey, collectorKeys } = verdict;
  const { journal, replaces, pruned, reports, proofs, proven, receipts, waiting } = verdict;
  return {
    journal,
    replaces,
    pruned,
    reports,
    first_sealed_at: first === null ? null : formatInstant(first),
    last_sealed_at: last === null ? null : formatInstant(last),
    proofs,
    proven,
    receipts,
    receipts_by_key: receiptsByKey,
    collector_keys: collectorKeys,
    waiting,
    faults: verdict.faults,
  };
}

async function verifyArchive(archive: Archive, key: MacKey | null): Promise<FileVerdict> {
  const journals: JournalVerdict[] = [];
  try {
    for (const journal of archive.journals) {
      const reports = archive.reports(journal.journal, 0);
      journals.push(
        await verifyJournal({ journal, installation: archive.installation, key }, reports),
      );
    }
    return {
      name: archive.name,
      journals,
      otherKeys: otherKeys(archive, journals),
      damage: archive.damage(),
      unreadable: null,
    };
  } catch (error) {
    return unread(archive.name, journals, error);
  } finally {
    archive.close();
  }
}

async function verifyOther(path: string, key: MacKey | null): Promise<FileVerdict> {
  try {
    return await verifyArchive(fileArchive(path), key);
  } catch (error) {
    return unread(path, [], error);
  }
}

function unread(name: string, journals: readonly JournalVerdict[], error: unknown): FileVerdict {
  return { name, journals, otherKeys: [], damage: null, unreadable: reasonOf(error) };
}

function otherKeys({ pinnedKeys }: Archive, journals: readonly JournalVerdict[]): string[] {
  const found = new Set(journals.flatMap(({ collectorKeys }) => collectorKeys));
  return [...found].filter((key) => !pinnedKeys.includes(key));
}

function reasonOf(error: unknown): string {
  if (error instanceof SubmeterError) return `${error.message} (${error.code})`;
  return error instanceof Error ? error.message : String(error);
}

function isSound({ journals, unreadable, damage }: FileVerdict): boolean {
  return (
    unreadable === null && damage === null && journals.every(({ faults }) => faults.length === 0)
  );
}

function verdictText(files: readonly FileVerdict[], ok: boolean, style: Style): string {
  const lines = files.flatMap((file) => [
    style("bold", file.name),
    ...file.journals.flatMap((journal) => journalLines(journal, style)),
    ...file.otherKeys.map((key) =>
      style(
        "yellow",
        `  Some receipts are proven by ${key}, which is not a key of the vendor that is trusted now.`,
      ),
    ),
    ...(file.unreadable === null
      ? []
      : [`  ${style("red", `cannot be read: ${file.unreadable}`)}`]),
    ...(file.damage === null
      ? []
      : [
          `  ${style("red", `the file is damaged: ${file.damage}. Start the agent, which keeps what can be read; restore nothing over it`)}`,
        ]),
    ...(file.journals.length === 0 && file.unreadable === null ? ["  nothing was sealed yet"] : []),
  ]);
  const faults = files.flatMap(({ journals }) => journals).flatMap((journal) => journal.faults);
  const unsound = files.filter((file) => file.damage !== null || file.unreadable !== null);
  const verdict = ok
    ? style("green", "Sound: every report is as it was sealed, and every receipt is genuine.")
    : style(
        "red",
        `Not sound: ${countText(faults.length + unsound.length, "fault")}. Keep the files as they are, and tell the vendor.`,
      );
  return `${[...lines, "", verdict].join("\n")}\n`;
}

function journalLines(verdict: JournalVerdict, style: Style): string[] {
  const { journal, reports, pruned, proven, proofs, receipts, receiptsByKey, waiting } = verdict;
  const span =
    verdict.firstSealedAt === null || verdict.lastSealedAt === null
      ? ""
      : `, sealed ${instantText(formatInstant(verdict.firstSealedAt))} to ${instantText(formatInstant(verdict.lastSealedAt))}`;
  const facts = [
    `${countText(reports, "report")}${span}${pruned === 0 ? "" : `; ${countText(pruned, "older one")} let go of after 13 months`}`,
    `${proven.toLocaleString("en")} proven by ${countText(proofs, "signature")} of the journal's own key`,
    `${countText(receipts, "receipt")} proven by the vendor's key, ${receiptsByKey.toLocaleString("en")} also by ours; ${countText(waiting, "report")} ${waiting === 1 ? "waits" : "wait"} for one`,
  ];
  return [
    `  ${style("cyan", journal)}${verdict.replaces === null ? "" : ` (replaces ${verdict.replaces})`}`,
    ...facts.map((fact) => `    ${fact}`),
    ...verdict.faults.map(({ sequence, code, detail }) =>
      style("red", `    report ${sequence ?? "?"}: ${detail} (${code})`),
    ),
  ];
}
