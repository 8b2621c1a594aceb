/** A bar on standard error while a person watches; else a line where something has to be waited for. */

import cliProgress from "cli-progress";
import type { CommandIo } from "./io.ts";
import { durationText } from "./wording.ts";

export type Progress = {
  advance(bytes: number, result: { accepted: number; duplicates: number }): void;
  waiting(why: string, secondsLeft: number): void;
  end(): void;
};

/** `bytesTotal` null: the end is not known. */
export function watchedProgress(io: CommandIo, bytesTotal: number | null): Progress {
  return io.isWatched && bytesTotal !== null ? bar(bytesTotal) : lines(io);
}

function bar(bytesTotal: number): Progress {
  const shown = new cliProgress.SingleBar(
    {
      format:
        "counting {bar} {percentage} % · {accepted} counted, {duplicates} duplicate · {state}",
      stream: process.stderr,
      hideCursor: true,
      clearOnComplete: true,
      fps: 10,
    },
    cliProgress.Presets.shades_classic,
  );
  shown.start(bytesTotal, 0, { accepted: 0, duplicates: 0, state: "" });
  return {
    advance(bytes, { accepted, duplicates }) {
      shown.increment(bytes, {
        accepted: accepted.toLocaleString("en"),
        duplicates: duplicates.toLocaleString("en"),
        state: "",
      });
    },
    waiting(why, secondsLeft) {
      shown.update({ state: `${why}, ${durationText(secondsLeft)} left` });
    },
    end() {
      shown.stop();
    },
  };
}

function lines(io: CommandIo): Progress {
  let said = false;
  return {
    advance() {
      said = false;
    },
    waiting(why, secondsLeft) {
      if (said) return;
      said = true;
      io.error(`${why}, for at most ${durationText(secondsLeft)}\n`);
    },
    end() {},
  };
}
