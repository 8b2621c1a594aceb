import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { expect, it, onTestFinished } from "vitest";
import { EventIds } from "../counting/event-ids.ts";
import { fact } from "../counting/counting.fixture.ts";
import { openJournal } from "./journal.ts";
import { schemaSteps } from "./schema.ts";

it("a journal of the second version keeps its totals and ids", () => {
  const folder = mkdtempSync(join(tmpdir(), "submeter-journal-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "journal.sqlite");
  const old = new Database(path);
  for (const step of schemaSteps.slice(0, 2)) old.exec(String(step));
  old.exec(`
    insert into counts values ('requests', 3600, '{}', '12.5'), ('tokens', 0, '{"a":"b"}', '7');
    insert into id_hours values (5, 300), (6, 1);
    create table ids_5 (source text, id text, meter text, fact text);
    create table ids_6 (source text, id text, meter text, fact text);
    insert into ids_6 values ('product', 'x', 'requests', '1 {}');
    pragma user_version = 2;
  `);
  const put = old.prepare(`insert into ids_5 values ('', ?, 'requests', '1 {}')`);
  for (let at = 0; at < 300; at += 1) put.run(`r${at}`);
  old.close();

  const journal = openJournal(path);
  expect(journal.counts.all()).toMatchObject([
    { meter: "tokens", window: 0, dimensions: '{"a":"b"}', quantity: "7" },
    { meter: "requests", window: 3600, dimensions: "{}", quantity: "12.5" },
  ]);
  const ids = new EventIds(journal.eventIds, 0);
  expect(ids.remembered).toBe(301);
  const judge = (id: string, source: string | null) => ids.judge({ ...fact({ id, source }), id });
  expect([judge("r0", null), judge("r299", null), judge("x", "product")]).toEqual([
    "duplicate",
    "duplicate",
    "duplicate",
  ]);
  expect([judge("r300", null), judge("x", null)]).toEqual(["new", "new"]);
  journal.close();
});
