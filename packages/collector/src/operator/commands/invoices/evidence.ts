/** `submeter invoices evidence`: all that an invoice rests on, as a folder with a verifier that needs nothing of ours. */

import { mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import { digestHex } from "@submeter/shared/wire/digest";

import { type ApiClient, apiPath } from "../../api-client.ts";
import { defineCommand } from "../../command.ts";
import { CommandLineError } from "../../command-line-error.ts";
import { plural } from "../../text/page.ts";

type Pack = {
  readonly manifest: string;
  readonly signature: string;
  readonly files: Readonly<Record<string, string>>;
  readonly reports: readonly {
    readonly path: string;
    readonly installation: string;
    readonly journal: string;
    readonly first: number;
  }[];
};

type Manifest = { readonly files: readonly { readonly path: string; readonly sha256: string }[] };

/** While it is read a decision or a report may come in between: then it is read once more. */
const attemptsMax = 3;

export const gatherEvidence = defineCommand({
  words: "evidence <id>",
  describe: "Gather all that an invoice rests on, with a verifier for the other side",
  options: (program) =>
    program
      .positional("id", { type: "string", demandOption: true, describe: "the invoice" })
      .option("out", {
        type: "string",
        demandOption: true,
        requiresArg: true,
        describe: "the folder to make; it must not be there, or be empty",
      }),
  run: async ({ api }, { id, out }) => {
    await requireEmpty(out);
    const files = await gather(api, id);
    for (const [path, text] of files) await writeInto(out, path, text);
    return {
      json: { invoice: id, folder: out, files: files.size },
      text: ({ paint }) =>
        [
          `${paint.good("✓")} ${out} holds what ${id} rests on: ${plural(files.size, "file")}.`,
          paint.faint(
            `→ node ${join(out, "verify.mjs")}   whoever has Node 20 or newer can verify it`,
          ),
        ].join("\n"),
    };
  },
});

async function gather(api: ApiClient, id: string): Promise<Map<string, string>> {
  for (let attempt = 1; ; attempt += 1) {
    const pack = await api.get<Pack>(apiPath("invoices", id, "evidence"));
    const files = new Map(Object.entries(pack.files));
    for (const { path, installation, journal, first } of pack.reports) {
      const query = new URLSearchParams({ installation, journal, first: String(first) });
      const address = `${apiPath("invoices", id, "evidence", "reports")}?${query.toString()}`;
      files.set(path, await api.text(address));
    }
    const { files: expected } = JSON.parse(pack.manifest) as Manifest;
    const fits = expected.every(({ path, sha256 }) => digestOf(files.get(path)) === sha256);
    files.set("manifest.json", pack.manifest);
    files.set("manifest.sig.json", pack.signature);
    if (fits) return files;
    if (attempt === attemptsMax) throw changing(id);
  }
}

function digestOf(text: string | undefined): string {
  return digestHex(new TextEncoder().encode(text ?? ""));
}

/** Whatever a collector answers, nothing is written beside the folder. */
async function writeInto(out: string, path: string, text: string): Promise<void> {
  const whole = resolve(out, path);
  if (!whole.startsWith(`${resolve(out)}${sep}`)) throw new RangeError(`${path} leads elsewhere`);
  await mkdir(dirname(whole), { recursive: true });
  await writeFile(whole, text, { flag: "wx" });
}

async function requireEmpty(folder: string): Promise<void> {
  const found = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw new CommandLineError(
      "file_unwritable",
      `${folder} cannot be used: ${error.message}`,
      "give a path where you may make a folder",
    );
  });
  if (found.length === 0) return;
  throw new CommandLineError(
    "file_exists",
    `${folder} is there already and not empty`,
    "give another --out: evidence is never mixed with something else",
  );
}

function changing(id: string): SubmeterError {
  return new SubmeterError(
    "evidence_changing",
    `what ${id} rests on changed each time while it was read`,
    "try again when fewer reports come in",
  );
}
