import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { golden } from "@submeter/shared/golden.fixture";
import { startTestCollector, type TestCollector, untilEnd } from "../../collector.fixture.ts";

type Described = {
  operationId?: string;
  summary?: string;
  tags?: string[];
  security?: object[];
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
  "x-operator-role"?: string;
};

describe("the API's document", () => {
  const { atEnd, end } = untilEnd();
  let collector: TestCollector;
  let document: {
    openapi: string;
    tags: { name: string }[];
    paths: Record<string, Record<string, Described>>;
  };
  beforeAll(async () => {
    collector = await startTestCollector({ atEnd });
    const answer = await fetch(`${collector.url}/api/v1/openapi.json`);
    document = (await answer.json()) as typeof document;
  });
  afterAll(end);

  const operations = () =>
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        name: `${method.toUpperCase()} ${path}`,
        operation,
      })),
    );

  test("is OpenAPI 3.1 and as it was when somebody last looked (docs/openapi.json)", () => {
    expect(document.openapi).toBe("3.1.0");
    const made = `${JSON.stringify(document, null, 2)}\n`;
    expect(made).toBe(golden(import.meta.url, "../../../../../docs/openapi.json", made));
  });

  test("says of each operation what it does, who may call it, and what it answers, well and ill", () => {
    const bare = operations()
      .filter(({ operation }) => {
        const { summary = "", tags = [], security = [], responses } = operation;
        const good = Object.entries(responses).filter(([status]) => /^2\d\d$/.test(status));
        const described = good.every(([, { content = {} }]) =>
          Object.values(content).some(({ schema }) => Object.keys(schema).length > 0),
        );
        const refusals = ["4XX", "5XX"].every(
          (status) => responses[status]?.content?.["application/problem+json"] !== undefined,
        );
        return !(
          /^[A-Z].*[^.]$/.test(summary) &&
          tags.length === 1 &&
          security.length > 0 &&
          operation["x-operator-role"] !== undefined &&
          good.length > 0 &&
          described &&
          refusals
        );
      })
      .map(({ name }) => name);
    expect(bare).toEqual([]);
    expect(operations().length).toBeGreaterThan(30);
  });

  test("gives each operation a name of its own for generated clients, and a chapter that is introduced", () => {
    const names = operations().map(({ operation }) => operation.operationId ?? "");
    expect(names.filter((name) => !/^[a-z]+([A-Z][a-z]*)+$/.test(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
    const used = new Set(operations().flatMap(({ operation }) => operation.tags ?? []));
    expect([...used].toSorted()).toEqual(document.tags.map(({ name }) => name).toSorted());
  });

  test("describes answers member by member: each object says whether more may stand in it", () => {
    const open: string[] = [];
    const walk = (place: string, schema: unknown): void => {
      if (typeof schema !== "object" || schema === null) return;
      const { type, additionalProperties } = schema as Record<string, unknown>;
      if (type === "object" && additionalProperties === undefined) open.push(place);
      for (const [key, value] of Object.entries(schema)) walk(`${place}/${key}`, value);
    };
    for (const { name, operation } of operations()) {
      for (const [status, answer] of Object.entries(operation.responses)) {
        if (status.startsWith("2")) walk(`${name} ${status}`, answer.content);
      }
    }
    expect(open).toEqual([]);
  });

  test("marks every secret that a write answers, so that it is kept in nothing that is stored", () => {
    const found: string[] = [];
    const unmarked: string[] = [];
    const walk = (place: string, schema: unknown): void => {
      if (typeof schema !== "object" || schema === null) return;
      const members = (schema as { properties?: Record<string, object> }).properties ?? {};
      for (const [name, member] of Object.entries(members)) {
        if (!/^(token|secret|.*_KEY|.*_SECRET|password)$/.test(name)) continue;
        found.push(`${place} ${name}`);
        if (!("x-shown-once" in member)) unmarked.push(`${place} ${name}`);
      }
      for (const value of Object.values(schema)) walk(place, value);
    };
    for (const { name, operation } of operations()) walk(name, operation.responses);
    expect(unmarked).toEqual([]);
    expect(found.length).toBeGreaterThan(3);
  });

  test("is shown by a page whose parts all come from here", async () => {
    const page = await fetch(`${collector.url}/api/docs/`);
    expect(page.status).toBe(200);
    const html = await page.text();
    const sources = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address);
    expect(sources.length).toBeGreaterThan(2);
    expect(sources.filter((address) => /^(https?:)?\/\//.test(address ?? ""))).toEqual([]);
    for (const source of sources) {
      const part = await fetch(new URL(source ?? "", page.url));
      expect({ source, status: part.status }).toEqual({ source, status: 200 });
    }
  });
});
