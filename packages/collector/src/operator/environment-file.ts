/** The customer's environment file: written for its owner's eyes only, and never over another. */

import { open, rm } from "node:fs/promises";

import { SubmeterError } from "@submeter/shared/errors/submeter-error";

/** What the customer's agent is configured by. */
export type AgentEnvironment = Readonly<Record<string, string>>;

export type ReservedFile = {
  write(text: string): Promise<void>;
  /** Takes the reservation back: the deed it was for failed. */
  discard(): Promise<void>;
};

export function environmentFileText(environment: AgentEnvironment, whose: string): string {
  return [
    `# Submeter agent: ${whose}`,
    "# Keep this file secret: its key signs the usage that is billed.",
    ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    "",
  ].join("\n");
}

/**
 * Creates `path` with mode 0600 before the key exists: a key is shown once, so a path that cannot be
 * written must be known first. Throws `file_exists` or `file_unwritable`.
 */
export async function reserveSecretFile(path: string): Promise<ReservedFile> {
  const handle = await open(path, "wx", 0o600).catch((cause: NodeJS.ErrnoException) => {
    throw cause.code === "EEXIST" ? exists(path, cause) : unwritable(path, cause);
  });
  return {
    write: async (text) => {
      await handle.writeFile(text);
      await handle.sync();
      await handle.close();
    },
    discard: async () => {
      await handle.close();
      await rm(path, { force: true });
    },
  };
}

function exists(path: string, cause: unknown): SubmeterError {
  return new SubmeterError(
    "file_exists",
    `${path} is there already`,
    "give another --out: a file with a key is never overwritten",
    { cause },
  );
}

function unwritable(path: string, cause: Error): SubmeterError {
  return new SubmeterError(
    "file_unwritable",
    `${path} cannot be created: ${cause.message}`,
    "give a path where you may write",
    { cause },
  );
}
