/** What was typed and cannot be a command: said in words, with the help that fits. */

import { commandTree } from "./command-tree.ts";
import type { Command } from "./command.ts";
import { CommandLineError } from "./command-line-error.ts";

const nameMissing = "a name is missing";

/**
 * yargs speaks of arguments and options; people typed words. Keys are yargs' own texts, values take
 * its singular and plural, which its types do not know.
 */
export const plainWords = {
  "Missing required argument: %s": { one: "--%s is missing", other: "these are missing: --%s" },
  "Not enough non-option arguments: got %s, need at least %s": {
    one: nameMissing,
    other: nameMissing,
  },
  "Unknown argument: %s": { one: "%s is not known here", other: "these are not known here: %s" },
  "Unknown command: %s": { one: "%s is no command", other: "these are no commands: %s" },
  "Not enough arguments following: %s": "--%s needs a value",
  "Did you mean %s?": "did you mean %s?",
  "Invalid values:": "",
  "Argument: %s, Given: %s, Choices: %s": "--%s is %s, but takes one of %s",
} as unknown as Record<string, string>;

/** `message` is yargs' (see {@link plainWords}), `words` what was typed. */
export function misunderstood(message: string, words: readonly string[]): CommandLineError {
  const { path, command } = commandOf(words);
  const text = message
    .replaceAll(/\s*\n\s*/g, " ")
    .replace("Invalid values:", "")
    .trim();
  const detail = text.startsWith(nameMissing)
    ? `${nameMissing}: ${[...path.slice(0, -1), command?.words].join(" ")}`
    : flagWithDashes(text, words);
  return new CommandLineError(
    "command_line_misunderstood",
    detail,
    `\`${[...path, "--help"].join(" ")}\` shows what it takes`,
  );
}

function flagWithDashes(text: string, words: readonly string[]): string {
  const [first = ""] = text.split(" ");
  const typed = words.some((word) => word === `--${first}` || word.startsWith(`--${first}=`));
  return typed ? `--${text}` : text;
}

/** As much of what was typed as names a command: `submeter customers add`. */
function commandOf(words: readonly string[]): { path: string[]; command?: Command } {
  const [noun, verb] = words;
  for (const entry of commandTree) {
    if ("attach" in entry) {
      if (firstWord(entry) === noun) return { path: ["submeter", noun], command: entry };
    } else if (entry.noun === noun) {
      const command = entry.commands.find((candidate) => firstWord(candidate) === verb);
      return command === undefined
        ? { path: ["submeter", noun] }
        : { path: ["submeter", noun, firstWord(command)], command };
    }
  }
  return { path: ["submeter"] };
}

function firstWord(command: Command): string {
  return command.words.split(" ")[0] ?? "";
}
