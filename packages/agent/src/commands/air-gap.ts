/** `submeter-agent export` and `import-receipts`: reports leave on a stick, and their receipts come back on one. */

import { writeFileSync } from "node:fs";
import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import { bundleMediaType } from "@submeter/shared/wire/bundle";
import type { ImportedAnswers } from "../delivery/import-answers.ts";
import type { Exported } from "../intake/air-gap-routes.ts";
import type { AgentStatus } from "../status.ts";
import { readAnswerFile } from "./answer-file.ts";
import { type CommandIo, type ExitCode, styleOf } from "./io.ts";
import { type LocalAgent, resultOf } from "./local-agent.ts";
import { countText, sizeText } from "./wording.ts";

/** Ends with 1 when nothing waits, so that nobody carries an empty stick. Throws `file_unwritable`. */
export async function exportBundle(
  agent: LocalAgent,
  options: { out: string; json: boolean },
  io: CommandIo,
): Promise<ExitCode> {
  const { reports, bundle } = resultOf<Exported>(await agent.get("/v1/export"));
  const bytes = Buffer.from(bundle, "base64");
  if (reports.length > 0) write(options.out, bytes);
  const status = resultOf<AgentStatus>(await agent.get("/v1/status"));
  const left = Math.max(0, status.backlog.reports - reports.length);
  if (options.json) {
    io.out(`${JSON.stringify({ file: options.out, reports, bytes: bytes.length, left })}\n`);
  } else if (reports.length === 0) {
    io.out(
      "Nothing waits: no file was written. Seal what was counted with `submeter-agent flush`.\n",
    );
  } else {
    const more =
      left === 0 ? "" : ` ${countText(left, "report")} more wait for the next, after its receipts.`;
    io.out(
      `${styleOf(io)("green", countText(reports.length, "report"))} in ${options.out} (${sizeText(bytes.length)}).${more}\n` +
        "Give it to the vendor, and read the answer with `submeter-agent import-receipts`.\n",
    );
  }
  return reports.length > 0 ? 0 : 1;
}

/** Ends with 1 when a line is no receipt of a report that waits, or the file was cut. Throws `file_unreadable`, `answer_damaged`. */
export async function importReceipts(
  agent: LocalAgent,
  options: { file: string; json: boolean },
  io: CommandIo,
): Promise<ExitCode> {
  const { bytes, isCut } = readAnswerFile(options.file);
  const answer = await agent.send("/v1/receipts", bundleMediaType, bytes);
  const result = resultOf<ImportedAnswers>(answer);
  const status = resultOf<AgentStatus>(await agent.get("/v1/status"));
  const waiting = status.backlog.reports;
  if (options.json) io.out(`${JSON.stringify({ ...result, cut: isCut, waiting })}\n`);
  else io.out(importedText(result, { waiting, isCut }, io));
  return !isCut && result.ignored.length === 0 && result.other_collector === null ? 0 : 1;
}

function importedText(
  result: ImportedAnswers,
  { waiting, isCut }: { waiting: number; isCut: boolean },
  io: CommandIo,
): string {
  const style = styleOf(io);
  const known = result.known === 0 ? "" : `, ${result.known} known already`;
  const lines = [
    `${style("green", countText(result.receipts, "receipt"))} taken${known}; ${
      waiting === 0
        ? "nothing waits."
        : `${countText(waiting, "report")} ${waiting === 1 ? "waits" : "wait"}.`
    }`,
  ];
  if (result.other_collector !== null) {
    lines.push(
      style(
        "red",
        `The answer is of "${result.other_collector}", not of the collector known before.`,
      ),
    );
  }
  if (isCut) {
    lines.push(
      style(
        "yellow",
        "The file ends early: what is whole in it was taken. Copy it again and import it once more.",
      ),
    );
  }
  for (const { line, code, detail } of result.ignored.slice(0, 10)) {
    lines.push(style("yellow", `line ${line}: ${detail} (${code})`));
  }
  return `${lines.join("\n")}\n`;
}

function write(path: string, bytes: Uint8Array): void {
  try {
    // A bundle that is already under way must not be written over.
    writeFileSync(path, bytes, { flag: "wx", flush: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new SubmeterError(
      "file_unwritable",
      `${path} cannot be written (${code ?? String(error)})`,
      "name a file that is not there yet, in a folder that you may write",
      { cause: error },
    );
  }
}
