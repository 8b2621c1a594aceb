/** The last 72 hours of one meter as bars: a zero is a line on the ground, an hour without the agent is hatched, not zero. */

import { h } from "./elements.js";
import { day, grouped } from "./words.js";

const [barWidth, gap, height] = [7, 2, 56];
const wholeHour = 3300;

export function hoursChart(meter, unit, hours) {
  const totals = hours.map(({ totals: all }) => Number(all[meter] ?? "0"));
  const most = Math.max(...totals, 0);
  const width = hours.length * (barWidth + gap);
  const pattern = `hatch-${meter.replaceAll(/[^a-z0-9]/g, "-")}`;
  return h(
    "svg",
    {
      class: "chart",
      viewBox: `0 0 ${width} ${height}`,
      role: "img",
      "aria-label": summary(meter, unit, hours),
      preserveAspectRatio: "none",
    },
    h(
      "defs",
      null,
      h(
        "pattern",
        {
          id: pattern,
          width: 5,
          height: 5,
          patternUnits: "userSpaceOnUse",
          patternTransform: "rotate(45)",
        },
        h("rect", { width: 2, height: 5, class: "hatch" }),
      ),
    ),
    hours.map((hour, index) => bar(hour, totals[index], { index, most, pattern, meter, unit })),
    days(hours),
  );
}

function bar(hour, total, { index, most, pattern, meter, unit }) {
  const x = index * (barWidth + gap);
  const { at, covered_seconds: covered } = hour;
  const title = h("title", null, `${day(at)} ${at.slice(11, 16)} UTC: ${said(hour, meter, unit)}`);
  // What came late for an hour before the journal began is counted all the same.
  if (covered === null && total === 0)
    return h("rect", { x, y: height - 1, width: barWidth, height: 1, class: "before" }, title);
  const isPartial = covered !== null && covered < wholeHour && index < 71;
  const tall = most === 0 || total === 0 ? 1.5 : Math.max(3, (total / most) * (height - 4));
  return h(
    "g",
    null,
    title,
    isPartial && h("rect", { x, y: 0, width: barWidth, height, fill: `url(#${pattern})` }),
    h("rect", {
      x,
      y: height - tall,
      width: barWidth,
      height: tall,
      rx: 1.5,
      class: index === 71 ? "bar now" : "bar",
    }),
    // What can be pointed at is the whole hour, however small its bar.
    h("rect", { x, y: 0, width: barWidth + gap, height, class: "reach" }),
  );
}

function said({ totals, covered_seconds: covered }, meter, unit) {
  if (covered === null) {
    const late = meter in totals ? `${grouped(totals[meter])} ${unit}, sent for a time ` : "";
    return `${late}before this journal began`;
  }
  const minutes = Math.round((3600 - covered) / 60);
  const missing = covered < wholeHour ? `; ${minutes} min of it not counted` : "";
  return `${grouped(totals[meter] ?? "0")} ${unit}${missing}`;
}

/** A line where a UTC day begins. */
function days(hours) {
  return hours.flatMap(({ at }, index) => {
    if (index === 0 || at.slice(11, 13) !== "00") return [];
    const x = index * (barWidth + gap) - gap / 2;
    return [h("line", { x1: x, x2: x, y1: 0, y2: height, class: "midnight" })];
  });
}

/** What the bars stand over: from when to when, and how much the tallest is. */
export function axis(meter, hours) {
  const tallest = tallestOf(meter, hours);
  const first = hours[0]?.at ?? "";
  return h(
    "p",
    { class: "axis quiet" },
    h("span", null, `${day(first)} ${first.slice(11, 16)} UTC`),
    h(
      "span",
      null,
      tallest === undefined ? "nothing counted" : `at most ${grouped(tallest)} in an hour`,
    ),
    h("span", null, "now"),
  );
}

function tallestOf(meter, hours) {
  const known = hours.flatMap(({ totals }) => (meter in totals ? [totals[meter]] : []));
  return known.toSorted((a, b) => Number(b) - Number(a))[0];
}

function summary(meter, unit, hours) {
  const known = hours.filter(({ covered_seconds: covered }) => covered !== null);
  const missing = known.slice(0, -1).filter(({ covered_seconds: covered }) => covered < wholeHour);
  const most = tallestOf(meter, hours);
  const highest = most === undefined ? "nothing counted" : `most ${grouped(most)} ${unit}`;
  return `${meter} in the last 72 hours by hour: ${highest}; ${missing.length} hours not wholly counted`;
}
