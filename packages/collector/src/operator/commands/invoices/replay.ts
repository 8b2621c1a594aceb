/** `submeter invoices replay`: proves that an invoice is what its frozen inputs come to. */

import { apiPath } from "../../api-client.ts";
import { type Answer, defineCommand } from "../../command.ts";

type Replay = {
  readonly result: "equal" | "engine_changed" | "broken";
  readonly detail?: string;
};

export const replayInvoice = defineCommand({
  words: "replay <id>",
  describe: "Compute an invoice again from its frozen inputs and compare every byte",
  options: (program) =>
    program.positional("id", { type: "string", demandOption: true, describe: "the invoice" }),
  run: async ({ api }, { id }) =>
    told(id, await api.post<Replay>(apiPath("invoices", id, "replay"), {})),
});

function told(id: string, replay: Replay): Answer {
  const detail = replay.detail === undefined ? "" : `\n  ${replay.detail}`;
  switch (replay.result) {
    case "equal":
      return {
        json: replay,
        text: ({ paint }) =>
          `${paint.good("✓ equal")}  ${id} is, byte for byte, what its frozen inputs come to.${detail}`,
      };
    case "engine_changed":
      return {
        json: replay,
        text: ({ paint }) =>
          `${paint.warning("! engine changed")}  ${id} was rated by another version of the engine: its inputs are whole, its bytes are not comparable.${detail}`,
      };
    case "broken":
      return {
        json: replay,
        exitCode: 1,
        text: ({ paint }) =>
          `${paint.bad("✗ broken")}  ${id} is not what its frozen inputs come to: inputs or statement were altered.${detail}\n  → keep the database as it is, compare with a backup, and find out who wrote to it`,
      };
  }
}
