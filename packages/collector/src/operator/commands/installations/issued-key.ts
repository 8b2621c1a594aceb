/** A key that is shown once: onto the screen, or into a file that only its owner can read. */

import type { Answer } from "../../command.ts";
import {
  type AgentEnvironment,
  environmentFileText,
  reserveSecretFile,
} from "../../environment-file.ts";
import { type Page, paragraphs } from "../../text/page.ts";
import type { KeyState } from "./installation.ts";

export type IssuedKey = {
  readonly key: { readonly number: string; readonly state: KeyState };
  readonly environment: AgentEnvironment;
};

/**
 * Issues a key and hands it over. With `out` the file is reserved first and the key appears nowhere
 * else; should writing fail all the same, the key is shown rather than lost.
 */
export async function handOver<Issued extends IssuedKey>(deed: {
  readonly out: string | undefined;
  readonly whose: string;
  readonly issue: () => Promise<Issued>;
  readonly told: (page: Page, issued: Issued) => string;
}): Promise<Answer> {
  const file = deed.out === undefined ? undefined : await reserveSecretFile(deed.out);
  const issued = await deed.issue().catch(async (error: unknown) => {
    await file?.discard();
    throw error;
  });
  const text = environmentFileText(issued.environment, deed.whose);
  const written = await file?.write(text).then(
    () => true,
    () => false,
  );
  if (written === true) {
    const { environment: _shownNowhere, ...rest } = issued;
    return {
      json: { ...rest, environment_file: deed.out },
      text: (page) => paragraphs(deed.told(page, issued), writtenText(page, String(deed.out))),
    };
  }
  return {
    json: issued,
    text: (page) => paragraphs(deed.told(page, issued), shownText(page, text, deed.out)),
  };
}

function writtenText(page: Page, path: string): string {
  return [
    `The customer's environment file is ${page.paint.strong(path)}; only you can read it.`,
    "It holds the key, which is shown nowhere again. Hand it over by a safe way, then delete it.",
  ].join("\n");
}

function shownText(page: Page, text: string, failedPath: string | undefined): string {
  const failure =
    failedPath === undefined
      ? ""
      : page.paint.bad(`${failedPath} could not be written; the key is shown here instead.`);
  return paragraphs(
    failure,
    "This is the customer's environment file. Its key is shown this once and never again:",
    text.trimEnd().replaceAll(/^/gm, "    "),
  );
}
