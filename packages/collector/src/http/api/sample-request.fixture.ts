/** Requests made from the API's document: each place that names something is known by its mark. */

type Schema = {
  type?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  enum?: unknown[];
  pattern?: string;
  "x-names"?: string;
};
type Parameter = { in: string; name: string; required?: boolean; schema: Schema };

export type DescribedOperation = {
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  "x-customer-permissions"?: string[];
};

export type Slot = { in: "path" | "query" | "body"; name: string; names: string };
export type SampleOperation = {
  method: string;
  path: string;
  permissions: string[];
  slots: Slot[];
  /** Texts that say nothing of what they name. */
  unmarked: { in: string; name: string }[];
  requestOf(valueOf: (slot: Slot) => string): { url: string; body: unknown };
};

/** What is needed and names nothing. */
const plain: Readonly<Record<string, unknown>> = {
  from: "2026-01-05",
  to: "2026-01-11",
  reason: "because",
  name: "somebody",
  version: "1",
};

export function sampleOperation(
  method: string,
  path: string,
  operation: DescribedOperation,
): SampleOperation {
  const parameters = (operation.parameters ?? []).filter(({ in: where }) => where !== "header");
  const body = operation.requestBody?.content["application/json"]?.schema;
  const members = Object.entries(body?.properties ?? {});
  const places = [
    ...parameters.map(({ in: where, name, schema }) => ({ in: where, name, schema })),
    ...members.map(([name, schema]) => ({ in: "body", name, schema })),
  ];
  const slots = places.flatMap(({ in: where, name, schema }) => {
    const names = schema["x-names"];
    return names === undefined ? [] : [{ in: where as Slot["in"], name, names }];
  });
  const unmarked = places
    .filter(({ schema }) => schema["x-names"] === undefined && schema.enum === undefined)
    .filter(({ schema }) => schema.type === "string")
    .map(({ in: where, name }) => ({ in: where, name }));
  return {
    method: method.toUpperCase(),
    path,
    permissions: operation["x-customer-permissions"] ?? [],
    slots,
    unmarked,
    requestOf: (valueOf) => {
      const valueAt = (where: string, name: string, needed: boolean): string | undefined => {
        const slot = slots.find((one) => one.in === where && one.name === name);
        if (slot !== undefined) return valueOf(slot);
        if (!needed && !(where === "query" && (name === "from" || name === "to"))) return undefined;
        const value = plain[name];
        if (value === undefined) throw new RangeError(`nothing is known to give as ${name}`);
        return value as string;
      };
      let url = path;
      const query = new URLSearchParams();
      for (const { in: where, name, required = false } of parameters) {
        const value = valueAt(where, name, required);
        if (value === undefined) continue;
        if (where === "path") url = url.replace(`{${name}}`, encodeURIComponent(value));
        else query.set(name, value);
      }
      const sent = members.flatMap(([name]) => {
        const value = valueAt("body", name, body?.required?.includes(name) ?? false);
        return value === undefined ? [] : [[name, value] as const];
      });
      const asked = query.size === 0 ? url : `${url}?${query.toString()}`;
      return { url: asked, body: body === undefined ? undefined : Object.fromEntries(sent) };
    },
  };
}
