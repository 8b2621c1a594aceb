/** `submeter audit verify`: is the log what was written? The first entry that does not fit is named. */

import {
  type ChainedEntry,
  type ChainHead,
  chainVerifier,
  type ChainVerdict,
} from "@submeter/shared/evidence/audit-chain";

import { apiPath } from "../../api-client.ts";
import { type Answer, defineCommand } from "../../command.ts";
import { CommandLineError } from "../../command-line-error.ts";
import { type Page, plural } from "../../text/page.ts";
import { readChainFile } from "./chain-file.ts";

export const verifyAudit = defineCommand({
  words: "verify",
  describe: "Verify the chain of the log, here: at the collector or of an exported file",
  options: (program) =>
    program
      .option("file", {
        type: "string",
        requiresArg: true,
        describe: "verify this file; no collector is asked",
      })
      .option("known", {
        type: "string",
        requiresArg: true,
        describe: "NUMBER:HASH that was noted down: nothing up to it may have changed",
      }),
  run: async ({ api }, { file, known }) => {
    const verifier = chainVerifier(known === undefined ? [] : [knownHead(known)]);
    if (file !== undefined) {
      for await (const entry of readChainFile(file)) {
        if (verifier.take(entry) !== null) break;
      }
      return told(verifier.verdict());
    }
    const { items, head } = (await api.list<ChainedEntry>(apiPath("audit", "chain"))) as {
      items: readonly ChainedEntry[];
      head?: ChainHead | null;
    };
    for (const entry of items) if (verifier.take(entry) !== null) break;
    return told(againstHead(verifier.verdict(), head ?? null));
  },
});

/** The collector's own note of its newest entry: what was cut off at the end is missed by it. */
function againstHead(verdict: ChainVerdict, head: ChainHead | null): ChainVerdict {
  if (verdict.kind === "broken" || head === null || verdict.entries >= head.number) return verdict;
  return {
    kind: "broken",
    number: verdict.entries + 1,
    code: "entry_missing",
    detail: `the log ends at entry ${verdict.entries}, and its newest was entry ${head.number}`,
  };
}

function told(verdict: ChainVerdict): Answer {
  if (verdict.kind === "broken") {
    return { json: verdict, exitCode: 1, text: (page) => brokenText(page, verdict) };
  }
  const { entries, head } = verdict;
  return {
    json: verdict,
    text: ({ paint }) =>
      [
        `${paint.good("✓ intact")}  ${plural(entries, "entry", "entries")}, each as it was written, none missing between them.`,
        ...(head === null
          ? []
          : [
              paint.faint(
                `→ note it down away from the database: --known ${head.number}:${head.hash}`,
              ),
            ]),
      ].join("\n"),
  };
}

function brokenText({ paint }: Page, verdict: Extract<ChainVerdict, { kind: "broken" }>): string {
  return [
    `${paint.bad("✗ broken")}  at entry ${verdict.number}: ${verdict.detail} (${verdict.code})`,
    "  → keep the database as it is, compare with a backup or an exported log, and find out who wrote to it",
  ].join("\n");
}

/** Throws `known_malformed`. */
function knownHead(text: string): ChainHead {
  const match = /^([1-9][0-9]{0,14}):([0-9a-f]{64})$/.exec(text);
  if (match !== null) return { number: Number(match[1]), hash: match[2] ?? "" };
  throw new CommandLineError(
    "known_malformed",
    `--known ${JSON.stringify(text)} is no number with a hash`,
    "write it as `submeter audit verify` printed it: NUMBER:HASH",
  );
}
