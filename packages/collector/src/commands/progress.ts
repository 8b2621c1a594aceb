/** A bar for whoever watches; nothing where output goes to a file. */

export type Progress = {
  /** `all` may grow; 0 of 0 is done. */
  readonly show: (done: number, all: number) => void;
  /** Where nobody knows how much there will be. */
  readonly count: (done: number) => void;
  /** Clears the line. */
  readonly end: () => void;
};

export type Screen = { readonly isTTY?: boolean; write(text: string): unknown };

const barColumns = 28;

export function progressOn(screen: Screen, label: string): Progress {
  let drawn = "";
  const draw = (text: string) => {
    if (screen.isTTY !== true || text === drawn) return;
    screen.write(`\r\u001b[2K${text}`);
    drawn = text;
  };
  return {
    show: (done, all) => {
      const hundredths = all === 0 ? 100 : Math.min(100, Math.floor((done * 100) / all));
      const full = Math.floor((hundredths * barColumns) / 100);
      draw(`${label} ${"█".repeat(full)}${"░".repeat(barColumns - full)} ${hundredths} %`);
    },
    count: (done) => draw(`${label} ${done}`),
    end: () => draw(""),
  };
}
