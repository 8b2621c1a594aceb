/** `submeter today`: the operator's morning on one screen. */

import { apiPath } from "../api-client.ts";
import { defineCommand } from "../command.ts";
import { type TodayAnswer, todayText } from "./today-text.ts";

export const showToday = defineCommand({
  words: "today",
  describe: "Show what waits for you: silence, decisions, what cannot close or does not add up",
  options: (program) => program,
  run: async ({ api }) => {
    const answer = await api.get<TodayAnswer>(apiPath("today"));
    return { json: answer, text: (page) => todayText(page, answer) };
  },
});
