/** `submeter-agent init`: a commented configuration to begin with, and what to do next. */

import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import { environmentText, fileNames, metersText, quoted, waysText } from "./first-configuration.ts";
import { type CommandIo, type ExitCode, styleOf } from "./io.ts";

type InitOptions = {
  readonly directory: string;
  /** Also a file of further ways in. */
  readonly ways: boolean;
  /** Write over what is there. */
  readonly force: boolean;
  readonly json: boolean;
};

/** It will hold the installation's key. */
const ownerOnly = 0o600;

/** Writes all of its files or none. Throws `file_exists`, `file_unwritable`. */
export function init(options: InitOptions, io: CommandIo): ExitCode {
  const directory = resolve(options.directory);
  const files = [
    { name: fileNames.environment, text: environmentText({ directory, ways: options.ways }) },
    { name: fileNames.meters, text: metersText() },
    ...(options.ways ? [{ name: fileNames.ways, text: waysText() }] : []),
  ].map(({ name, text }) => ({ path: join(directory, name), text }));
  const present = files.find(({ path }) => existsSync(path));
  if (present !== undefined && !options.force) {
    throw new SubmeterError(
      "file_exists",
      `${present.path} is there already`,
      "keep it and write elsewhere (--dir), or write over it (--force)",
    );
  }
  write(directory, files);
  const paths = files.map(({ path }) => path);
  if (options.json) io.out(`${JSON.stringify({ written: paths })}\n`);
  else io.out(nextSteps(directory, paths, io));
  return 0;
}

function write(directory: string, files: readonly { path: string; text: string }[]): void {
  try {
    mkdirSync(directory, { recursive: true });
    for (const { path, text } of files) {
      const mode = path.endsWith(".env") ? ownerOnly : 0o644;
      writeFileSync(path, text, { mode });
      // One that was there keeps its mode otherwise.
      chmodSync(path, mode);
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new SubmeterError(
      "file_unwritable",
      `the configuration cannot be written into ${directory} (${code ?? String(error)})`,
      "name a folder that you may write (--dir)",
      { cause: error },
    );
  }
}

function nextSteps(directory: string, paths: readonly string[], io: CommandIo): string {
  const style = styleOf(io);
  const environment = join(directory, fileNames.environment);
  return `${[
    style("green", "Written:"),
    ...paths.map((path) => `  ${path}`),
    "",
    "Next:",
    `  1. Put the vendor's URL and key into ${environment}.`,
    `  2. Declare in ${join(directory, fileNames.meters)} what your product counts.`,
    `  3. set -a; . ${quoted(environment)}; set +a`,
    "  4. submeter-agent validate    # can it be used?",
    "     submeter-agent describe    # everything that may leave",
    "     submeter-agent doctor      # is the vendor reached, the clock right, the disk roomy?",
    "  5. submeter-agent run",
  ].join("\n")}\n`;
}
