/** Quantities, times and sizes as people read them. Quantities stay text: no digit of them passes through a float. */

/** `"1234567.5"` → `1,234,567.5` */
export function grouped(quantity) {
  const [whole, decimals] = String(quantity).split(".");
  const digits = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return decimals === undefined ? digits : `${digits}.${decimals}`;
}

/** `3 d 4 h`, `2 h 5 min`, `12 min`, `40 s`; the two greatest units. */
export function span(seconds) {
  const all = Math.max(0, Math.round(seconds));
  const [days, hours] = [Math.floor(all / 86_400), Math.floor(all / 3600) % 24];
  const minutes = Math.floor(all / 60) % 60;
  if (days > 0) return hours === 0 ? `${days} d` : `${days} d ${hours} h`;
  if (hours > 0) return minutes === 0 ? `${hours} h` : `${hours} h ${minutes} min`;
  if (all >= 600) return `${minutes} min`;
  if (all >= 60) return `${minutes} min ${all % 60} s`;
  return `${all} s`;
}

/** `14:05 UTC` of today, else `5 Jan 14:05 UTC`. */
export function instant(text, now) {
  const time = `${text.slice(11, 16)} UTC`;
  return text.slice(0, 10) === now.slice(0, 10) ? time : `${day(text)} ${time}`;
}

export function day(text) {
  const month = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
  return `${Number(text.slice(8, 10))} ${month[Number(text.slice(5, 7)) - 1]}`;
}

export function secondsBetween(from, to) {
  return (Date.parse(to) - Date.parse(from)) / 1000;
}

export function bytes(count) {
  if (count < 1000) return `${count} B`;
  const [unit, size] =
    count < 1e6
      ? ["kB", 1e3]
      : count < 1e9
        ? ["MB", 1e6]
        : count < 1e12
          ? ["GB", 1e9]
          : ["TB", 1e12];
  const value = count / size;
  return `${value < 10 ? value.toPrecision(2) : Math.round(value)} ${unit}`;
}

/** `1 report`, `3 reports` */
export function counted(count, noun) {
  return `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** Labels as `model large · region eu`. */
export function labels(dimensions) {
  const entries = Object.entries(dimensions);
  return entries.length === 0 ? "in all" : entries.map((pair) => pair.join(" ")).join(" · ");
}
