/** Prometheus' text format, version 0.0.4: families of samples as the page that a server scrapes. */

export const expositionMediaType = "text/plain; version=0.0.4; charset=utf-8";

export type Family = {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge";
  readonly samples: readonly Sample[];
};

export type Sample = {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
};

/** Families without a sample are left out: what is not known is not 0. */
export function expositionText(families: readonly Family[]): string {
  const pages = families.filter(({ samples }) => samples.length > 0).map(familyText);
  return pages.join("");
}

function familyText({ name, help, type, samples }: Family): string {
  const head = `# HELP ${name} ${escaped(help)}\n# TYPE ${name} ${type}\n`;
  const lines = samples.map(
    ({ labels = {}, value }) => `${name}${labelsText(labels)} ${String(value)}\n`,
  );
  return head + lines.join("");
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(
    ([label, value]) => `${label}="${escaped(value).replaceAll('"', '\\"')}"`,
  );
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}
