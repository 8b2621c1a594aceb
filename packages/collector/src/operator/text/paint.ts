/** Colour as meaning, and only where a terminal asks for it: text stays complete without it. */

import { styleText } from "node:util";

export type Paint = {
  readonly strong: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly good: (text: string) => string;
  readonly warning: (text: string) => string;
  readonly bad: (text: string) => string;
};

type Format = Parameters<typeof styleText>[0];

/** `color` is decided once, by the program: it knows the stream and NO_COLOR. */
export function paintWith(color: boolean): Paint {
  const style = (format: Format) => (text: string) =>
    color && text !== "" ? styleText(format, text, { validateStream: false }) : text;
  return {
    strong: style("bold"),
    faint: style("dim"),
    good: style("green"),
    warning: style("yellow"),
    bad: style("red"),
  };
}
