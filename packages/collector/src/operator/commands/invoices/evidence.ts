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
      })
      .option("whole-reports", {
        type: "boolean",
        default: false,
        describe:
          "reports whole, also where they speak of another customer's hours; needs --reason",
      })
      .option("reason", {
        type: "string",
        requiresArg: true,
        describe: "with --whole-reports: why; kept in the audit log",
      }),
  run: async ({ api }, { id, out, wholeReports, reason }) => {
    await requireEmpty(out);
    const disclosure = wholeReports ? await disclosed(api, id, reason) : null;
    const files = await gather(api, id, disclosure);
    const inPart = shownInPart(files);
    for (const [path, text] of files) await writeInto(out, path, text);
    return {
      json: { invoice: id, folder: out, files: files.size, reports_in_part: inPart },
      text: ({ paint }) =>
        [
          `${paint.good("✓")} ${out} holds what ${id} rests on: ${plural(files.size, "file")}.`,
          ...(inPart === 0
            ? []
            : [
                `${plural(inPart, "report")} that also speak of another customer's hours are shown in part: digest, signatures, receipt, own lines.`,
              ]),
          paint.faint(
            `→ node ${join(out, "verify.mjs")}   whoever has Node 20 or newer can verify it`,
          ),
        ].join("\n"),
    };
  },
});

async function disclosed(api: ApiClient, id: string, reason: string | undefined): Promise<string> {
  if (reason === undefined) {
    throw new CommandLineError(
      "reason_missing",
      "--whole-reports gives one customer's auditor another customer's numbers, and it is not said why",
      "add --reason, or leave --whole-reports out: digests, signatures and receipts are there all the same",
    );
  }
  const path = apiPath("invoices", id, "evidence", "disclosures");
  return (await api.post<{ disclosure: string }>(path, { reason })).disclosure;
}

function shownInPart(files: ReadonlyMap<string, string>): number {
  return [...files]
    .filter(([path]) => path.startsWith("reports/"))
    .flatMap(([, text]) => text.split("\n").filter(Boolean))
    .filter((line) => (JSON.parse(line) as { withheld?: true }).withheld === true).length;
}

async function gather(
  api: ApiClient,
  id: string,
  disclosure: string | null,
): Promise<Map<string, string>> {
  for (let attempt = 1; ; attempt += 1) {
    const asked = disclosure === null ? {} : { disclosure };
    const pack = await api.get<Pack>(apiPath("invoices", id, "evidence"), asked);
    const files = new Map(Object.entries(pack.files));
    for (const { path, installation, journal, first } of pack.reports) {
      const query = new URLSearchParams({
        installation,
        journal,
        first: String(first),
        ...asked,
      });
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
