/** `submeter contracts set`: what was agreed, from a file or flags; says what it does before it is done. */

import type { Argv } from "yargs";

import { apiPath } from "../../api-client.ts";
import { ApiProblem } from "../../api-problem.ts";
import { type Desk, defineCommand } from "../../command.ts";
import { CommandLineError } from "../../command-line-error.ts";
import { instantFlag } from "../../input/instant-flag.ts";
import { readDocument } from "../../input/read-document.ts";
import { bullets, paragraphs, section } from "../../text/page.ts";
import { type Contract, contractText } from "./contract.ts";
import { type LooseDocument, overlayFlags } from "./document-from-flags.ts";

type Set = { readonly contract: Contract; readonly effects: readonly string[] };

export const setContract = defineCommand({
  words: "set [file]",
  describe: "Agree on a contract or amend it, by a file, by flags, or by both",
  options: (program) => termOptions(identityOptions(program)),
  run: async (desk, flags) => {
    const document = await overlayFlags(await baseDocument(desk, flags), flags, desk.now);
    const id = String(document["id"]);
    const answer = await desk.api.put<Set>(apiPath("contracts", id), document, {
      dry_run: flags.dryRun ? "true" : undefined,
      effective: flags.effective && (await instantFlag("effective", flags.effective, desk.now)),
      reason: flags.reason,
    });
    const { contract, effects } = answer;
    return {
      json: answer,
      text: (page) =>
        paragraphs(
          flags.dryRun
            ? page.paint.warning("Nothing is changed: this is what the contract would be.")
            : `${page.paint.good("✓")} contract ${contract.id} is agreed, version ${contract.version}.`,
          contractText(page, contract),
          section(page, flags.dryRun ? "What it would do" : "What it does", bullets(page, effects)),
          flags.dryRun ? page.paint.faint("→ the same command without --dry-run agrees on it") : "",
        ),
    };
  },
});

function identityOptions(program: Argv) {
  return program
    .positional("file", {
      type: "string",
      describe: "the contract as JSON; - reads standard input; flags go over it",
    })
    .option("id", {
      type: "string",
      requiresArg: true,
      describe: "the contract; the customer's id when absent",
    })
    .option("customer", { type: "string", requiresArg: true, describe: "who is billed" })
    .option("plan", { type: "string", requiresArg: true, describe: "the prices: ID@VERSION" })
    .option("effective", {
      type: "string",
      requiresArg: true,
      describe: "an amendment rules periods from here on; the open one when absent",
    })
    .option("reason", { type: "string", requiresArg: true, describe: "kept with the version" })
    .option("dry-run", {
      type: "boolean",
      default: false,
      describe: "say what it would do and change nothing",
    });
}

function termOptions<Flags>(program: Argv<Flags>) {
  return program
    .option("from", { type: "string", requiresArg: true, describe: "first instant of the term" })
    .option("to", {
      type: "string",
      requiresArg: true,
      describe: "end of the term; open if absent",
    })
    .option("cycle", {
      type: "string",
      requiresArg: true,
      describe: "month, 30d or anniversary; 30d@2026-01-05 names the first hour",
    })
    .option("minimum", {
      type: "string",
      requiresArg: true,
      describe: "an amount over all lines; needs --fallback",
    })
    .option("minimum-quantity", {
      type: "string",
      requiresArg: true,
      describe: "METER=QUANTITY; needs --shortfall-price and --fallback",
    })
    .option("shortfall-price", {
      type: "string",
      requiresArg: true,
      describe: "the price of one unit that is short of --minimum-quantity",
    })
    .option("no-minimum", {
      type: "boolean",
      describe: "take an agreed minimum and its fallback away",
    })
    .option("fallback", {
      choices: ["floor", "share", "estimate"] as const,
      describe: "what is charged when reports stay away",
    })
    .option("report-due", {
      type: "string",
      requiresArg: true,
      describe: "how old the newest proven hour may be: 72h, 35d",
    })
    .option("uncounted-allowance", {
      type: "string",
      requiresArg: true,
      describe: "hours a meter may be dead per period: 72h",
    })
    .option("grace", {
      type: "string",
      requiresArg: true,
      describe: "from a period's end to its earliest close: 24h",
    });
}

/** The file; without one, what is agreed under this id; without that, a first version. */
async function baseDocument(
  desk: Desk,
  flags: {
    readonly file?: string | undefined;
    readonly id?: string | undefined;
    readonly customer?: string | undefined;
  },
): Promise<LooseDocument> {
  if (flags.file !== undefined) {
    const document = await readDocument(desk, flags.file);
    if (typeof document !== "object" || document === null || Array.isArray(document)) {
      throw new CommandLineError(
        "contract_malformed",
        `${flags.file} holds no contract`,
        "a contract is a JSON object; docs/plans.md shows one",
      );
    }
    return { ...document, id: flags.id ?? (document as LooseDocument)["id"] ?? flags.customer };
  }
  const id = flags.id ?? flags.customer;
  if (id === undefined) {
    throw new CommandLineError(
      "contract_missing",
      "there is neither a file nor a customer",
      "give a contract document, or --customer ID --plan ID@VERSION --from INSTANT",
    );
  }
  const agreed = await agreedDocument(desk, id);
  return agreed === null
    ? { version: 1, id, term: undefined, cycle: { every: "month" } }
    : { ...agreed, version: Number(agreed["version"]) + 1 };
}

async function agreedDocument(desk: Desk, id: string): Promise<LooseDocument | null> {
  try {
    const contract = await desk.api.get<Contract>(apiPath("contracts", id));
    return { ...contract.document };
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 404) return null;
    throw error;
  }
}
