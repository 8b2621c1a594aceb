/** A bar on standard error while the clock runs; silent where nobody looks at a terminal. */

import { Presets, SingleBar } from "cli-progress";

export type Progress = {
  /** `hour` of `hours`; past the end the bar stays full. */
  show(hour: number, note: string): void;
  end(): void;
};

export function progressBar(hours: number, shown: boolean): Progress {
  if (!shown) return { show: () => {}, end: () => {} };
  const bar = new SingleBar(
    {
      format: "  {bar} {percentage} % · {note}",
      stream: process.stderr,
      hideCursor: true,
      clearOnComplete: true,
      barsize: 40,
    },
    Presets.shades_classic,
  );
  bar.start(hours, 0, { note: "starting" });
  return {
    show: (hour, note) => {
      bar.update(Math.min(hour, hours), { note });
    },
    end: () => {
      bar.stop();
    },
  };
}
