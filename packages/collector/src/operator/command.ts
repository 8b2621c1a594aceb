/** A command of the operator: its words, its flags and one plain function from a desk to an answer. */

import type { Instant } from "@submeter/shared/time/instant";
import type { ArgumentsCamelCase, Argv } from "yargs";

import type { ApiClient } from "./api-client.ts";
import { CommandLineError } from "./command-line-error.ts";
import type { Page } from "./text/page.ts";

/** What a command works with. */
export type Desk = {
  readonly api: ApiClient;
  /** The collector's time, by which it works; asked for when it is needed. */
  readonly now: () => Promise<Instant>;
  readonly version: string;
  /** A long list is cut for people, who say so when they want all of it; programs get all. */
  readonly audience: "people" | "programs";
  /** Standard input, whole: what a FILE of `-` reads. */
  readonly readInput: () => Promise<Uint8Array>;
};

/** The same fact twice: for programs in the API's shape, for people as text. */
export type Answer = {
  readonly json: unknown;
  readonly text: (page: Page) => string;
  /** 0 when absent; 1 tells a script that the answer is a bad one (a replay that does not match). */
  readonly exitCode?: 0 | 1;
};

export type Command = {
  /** In yargs' notation, below its group: `add <id>`. */
  readonly words: string;
  readonly attach: (program: Argv, perform: Perform) => Argv;
};

/** Connects, runs, prints; given by the program. `flags` carries --url, --token-file, --json. */
export type Perform = (flags: unknown, run: (desk: Desk) => Promise<Answer>) => Promise<void>;

export function defineCommand<Flags>(definition: {
  readonly words: string;
  readonly describe: string;
  readonly options: (program: Argv) => Argv<Flags>;
  readonly run: (desk: Desk, flags: ArgumentsCamelCase<Flags>) => Promise<Answer>;
  /** Commands below it; it runs itself where none of them is named. */
  readonly below?: readonly Command[];
}): Command {
  const { words, describe, options, run, below = [] } = definition;
  return {
    words,
    attach: (program, perform) =>
      program.command(
        words,
        describe,
        (own) => {
          for (const command of below) command.attach(own, perform);
          return ownOptionsFirst(options)(own);
        },
        async (flags) => {
          refuseRepeated(flags);
          await perform(flags, (desk) => run(desk, flags));
        },
      ),
  };
}

/** In help the command's own flags stand before those that work everywhere: a named group comes first. */
function ownOptionsFirst<Flags>(options: (program: Argv) => Argv<Flags>) {
  return (program: Argv) => options(program).group([], "Options:");
}

/** A flag given twice arrives as an array: neither value may win in silence. */
function refuseRepeated(flags: object): void {
  for (const [name, value] of Object.entries(flags)) {
    if (name === "_" || !Array.isArray(value)) continue;
    throw new CommandLineError(
      "flag_repeated",
      `--${name} is given ${value.length} times`,
      "give it once",
    );
  }
}
