import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import Type from "typebox";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { movableClock } from "../dev/movable-clock.ts";
import { issueFirstToken } from "../commands/init.ts";
import { seededRandom, untilEnd } from "../collector.fixture.ts";
import { freshDatabase } from "../store/database.fixture.ts";
import { type Database, openDatabase } from "../store/database.ts";
import { customersToo, operators } from "./api/access.ts";
import type { ApiRoutes } from "./api/operation.ts";
import { openMetrics } from "./metrics.ts";
import { healthRoutes } from "./routes/health.ts";
import { metricsRoutes } from "./routes/metrics.ts";
import { buildServer, type ServerOptions } from "./server.ts";
import { shape, textShape } from "./shapes/shape.ts";

const { atEnd, end } = untilEnd();
let database: Database;
let token: string;
beforeAll(async () => {
  database = await freshDatabase();
  atEnd(() => database.close());
  const clock = movableClock(0);
  token = (await issueFirstToken({ database, clock, random: seededRandom("hard") })) ?? "";
});
afterAll(end);

/** Three operations: one answers, one fails inside, one takes a body. */
const routes: ApiRoutes = (api) => {
  const access = operators("read-only");
  const common = { tag: "development", access, answer: shape({ said: textShape }) } as const;
  api.get("/said", { ...common, summary: "Say" }, async () => ({ said: "a" }));
  api.get("/broken", { ...common, summary: "Break" }, async () => {
    throw new Error("column secret_column of /srv/inside.ts");
  });
  const body = shape({ said: textShape, list: Type.Optional(Type.Array(Type.Integer())) });
  api.post("/said", { ...common, summary: "Repeat", body }, async ({ body: { said } }) => ({
    said,
  }));
  api.get(
    "/shared",
    { ...common, access: customersToo("read-only", "usage:read"), summary: "Share" },
    async () => ({ said: "b" }),
  );
};

const ingested = {
  waitingItems: 3,
  waitingBytes: 7000,
  groups: 5,
  committedItems: 40,
  overloaded: 2,
};

type Asked = { method?: string; body?: string; headers?: Record<string, string> };

async function listening(o: Partial<ServerOptions> = {}) {
  const used = o.database ?? database;
  const metrics = openMetrics(used, ingested);
  const server = await buildServer({
    database: used,
    clock: movableClock(0),
    logger: pino({ level: "silent" }),
    openRoutes: [healthRoutes({ database: used, isDraining: o.isDraining ?? (() => false) })],
    apiRoutes: [routes],
    otherRoutes: [metricsRoutes(metrics)],
    metrics,
    ...o,
  });
  onTestFinished(() => server.close());
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  const ask = async (path: string, init: Asked = {}) => {
    const headers = { authorization: `Bearer ${token}`, ...init.headers };
    const answer = await fetch(`${url}${path}`, { ...init, headers });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  };
  return { url, ask };
}

/** Sends bytes as they are; resolves with all that came back when the server has hung up. */
async function raw(url: string, bytes: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  let answer = "";
  socket.setEncoding("utf8").on("data", (text: string) => (answer += text));
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.write(bytes);
  await once(socket, "close");
  return answer;
}

describe("a client that", () => {
  const timeouts = { headersMs: 50, requestMs: 100, checkMs: 10 };
  const head = "POST /api/v1/said HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
  test.each([
    ["does not finish its headers", `${head}x-slow: `, 408, "request_slow"],
    ["does not finish its body", `${head}TOKENcontent-length: 100\r\n\r\n{`, 408, "request_slow"],
    ["speaks no HTTP", "\u0016\u0003\u0001 hello\r\n\r\n", 400, "request_malformed"],
    [
      "sends headers without end",
      `${head}x: ${"x".repeat(20_000)}\r\n\r\n`,
      431,
      "headers_too_large",
    ],
  ])("%s is told in a problem and let go", async (_given, bytes, status, code) => {
    const { url } = await listening({ timeouts });
    const answer = await raw(url, bytes.replace("TOKEN", `authorization: Bearer ${token}\r\n`));
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toContain("content-type: application/problem+json");
    expect(JSON.parse(answer.split("\r\n\r\n")[1] ?? "")).toMatchObject({ status, code });
  });
});

describe("a request that is refused gets a problem with code and hint, and nothing of the inside", () => {
  const json = { "content-type": "application/json" };
  const post = (body: string, headers: Record<string, string> = json) => ({
    method: "POST",
    body,
    headers,
  });
  test.each<[string, string, Asked, number, string]>([
    ["an unknown address", "/api/v1/nowhere", {}, 404, "route_unknown"],
    ["another method", "/api/v1/said", { method: "DELETE" }, 405, "method_refused"],
    [
      "a method that nothing answers below a parameter",
      "/healthz",
      { method: "POST" },
      405,
      "method_refused",
    ],
    ["a malformed address", "/api/v1/%", {}, 400, "request_refused"],
    [
      "a body of another kind",
      "/api/v1/said",
      post("a", { "content-type": "text/csv" }),
      415,
      "media_type_refused",
    ],
    [
      "a body that is too large",
      "/api/v1/said",
      post(`"${"x".repeat(1_100_000)}"`),
      413,
      "body_too_large",
    ],
    ["half a document", "/api/v1/said", post("{"), 400, "json_malformed"],
    ["a member of another type", "/api/v1/said", post('{"said":1}'), 400, "request_invalid"],
    ["a text with a NUL", "/api/v1/said", post('{"said":"a\\u0000"}'), 400, "text_unstorable"],
    ["half of a character", "/api/v1/said", post('{"said":"\\ud800"}'), 400, "text_unstorable"],
    ["a failure inside", "/api/v1/broken", {}, 500, "internal_error"],
  ])("%s", async (_given, path, init, status, code) => {
    const { ask } = await listening();
    const answer = await ask(path, init);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    const problem = JSON.parse(answer.text) as Record<string, string>;
    expect({ status: answer.status, code: problem["code"] }).toEqual({ status, code });
    expect(problem["hint"]).toMatch(/\w/);
    expect(answer.text).not.toMatch(/secret_column|\.ts|node_modules|FST_|at \w+ \(/);
  });

  test("no token is told which kind is wanted", async () => {
    const { url } = await listening();
    const { status, headers } = await fetch(`${url}/api/v1/said`);
    expect([status, headers.get("www-authenticate")]).toEqual([401, 'Bearer realm="submeter"']);
  });

  test("another method is told which ones there are", async () => {
    const { ask } = await listening();
    const { headers } = await ask("/api/v1/said", { method: "DELETE" });
    expect(headers.get("allow")).toBe("GET, HEAD, POST");
  });

  test("while the collector shuts down, everything new but the probes", async () => {
    const { ask } = await listening({ isDraining: () => true });
    const answer = await ask("/api/v1/said");
    expect([answer.status, JSON.parse(answer.text).code]).toEqual([503, "draining"]);
    expect(answer.headers.get("retry-after")).toMatch(/^\d+$/);
    expect((await ask("/healthz")).status).toBe(200);
    expect((await ask("/readyz")).status).toBe(503);
  });
});

describe("requests are limited", () => {
  test("by token; documents and health are not counted", async () => {
    const { ask } = await listening({ limits: { operatorsMax: 3, customersMax: 3 } });
    for (let n = 0; n < 5; n += 1) {
      expect((await ask("/healthz")).status).toBe(200);
      expect((await ask("/api/docs/")).status).toBe(200);
    }
    for (let n = 0; n < 3; n += 1) expect((await ask("/api/v1/said")).status).toBe(200);
    const answer = await ask("/api/v1/said");
    expect([answer.status, JSON.parse(answer.text).code]).toEqual([429, "too_many_requests"]);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await ask("/healthz")).status).toBe(200);
  });

  test("by address for whoever has no token; a valid one always passes", async () => {
    const { ask } = await listening();
    const nobody = { headers: { authorization: `Bearer sop_${"A".repeat(43)}` } };
    const statuses = [];
    for (let n = 0; n < 62; n += 1) statuses.push((await ask("/api/v1/said", nobody)).status);
    expect(statuses).toEqual([...Array<number>(60).fill(401), 429, 429]);
    expect((await ask("/api/v1/said")).status).toBe(200);
  });
});

describe("answers", () => {
  test("say to a browser that they are data, and the documents' page takes its parts from here alone", async () => {
    const { ask } = await listening();
    const answer = await ask("/api/v1/said");
    expect(answer.headers.get("content-security-policy")).toBe(
      "default-src 'none';frame-ancestors 'none'",
    );
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    const policy = (await ask("/api/docs/")).headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'self'");
    expect(policy).not.toMatch(/https:|validator|unsafe/);
  });
});

describe("/readyz", () => {
  test("waits for the migrations that this program brings", async () => {
    const fresh = await freshDatabase();
    onTestFinished(() => fresh.close());
    const { ask } = await listening({ database: fresh });
    expect((await ask("/readyz")).status).toBe(200);
    await fresh.query("delete from migrations where name = '0004-billing'");
    const answer = await ask("/readyz");
    expect([answer.status, JSON.parse(answer.text).code]).toEqual([503, "migrations_pending"]);
    await fresh.query(
      "insert into migrations (name, timestamp) values ('0004-billing', ''), ('9999-newer', '')",
    );
    expect((await ask("/readyz")).status).toBe(200);
  });

  test("is not there without a database, and /healthz is", async () => {
    const gone = openDatabase("postgresql://nobody@127.0.0.1:1/nowhere");
    const { ask } = await listening({ database: gone });
    expect((await ask("/readyz")).status).toBe(503);
    expect((await ask("/healthz")).status).toBe(200);
  });

  test("says so when its database takes connections and never answers, however often it is asked", async () => {
    const open = new Set<Socket>();
    const silent = createServer((socket) => open.add(socket.on("error", () => {})));
    silent.listen(0, "127.0.0.1");
    await once(silent, "listening");
    onTestFinished(() => {
      for (const socket of open) socket.destroy();
      silent.close();
    });
    const { port } = silent.address() as AddressInfo;
    const hanging = openDatabase(`postgresql://somebody@127.0.0.1:${port}/somewhere`);
    const probe = healthRoutes({ database: hanging, isDraining: () => false, patienceMs: 20 });
    const { ask } = await listening({ openRoutes: [probe] });
    const answers = await Promise.all([ask("/readyz"), ask("/readyz"), ask("/readyz")]);
    expect(answers.map(({ status, text }) => [status, JSON.parse(text).code])).toEqual(
      Array(3).fill([503, "temporarily_unavailable"]),
    );
    expect((await ask("/readyz")).status).toBe(503);
    expect((await ask("/healthz")).status).toBe(200);
  });

  test("says so when its database has taken the question and never answers it, and is back when that is over", async () => {
    const fresh = await freshDatabase();
    onTestFinished(() => fresh.close());
    const probe = healthRoutes({ database: fresh, isDraining: () => false, patienceMs: 300 });
    const { ask } = await listening({ openRoutes: [probe] });
    expect((await ask("/readyz")).status).toBe(200);
    await fresh.transaction(async (held) => {
      await held.query("lock table migrations in access exclusive mode");
      expect((await ask("/readyz")).status).toBe(503);
      expect((await ask("/readyz")).status).toBe(503);
    });
    expect((await ask("/readyz")).status).toBe(200);
  });
});

describe("/metrics", () => {
  const hasPromtool = (() => {
    try {
      execFileSync("promtool", ["--version"], { stdio: "ignore" });
      return true;
    } catch {
      console.warn("SKIPPED, NOT PROVEN HERE: there is no promtool to check the metrics with");
      return false;
    }
  })();

  test("count answers by route and status, for who has a token", async () => {
    const metrics = openMetrics(database, ingested);
    metrics.jobEnded("deliver_events", "done", 1_767_571_200);
    metrics.jobEnded("deliver_events", "failed", 1_767_571_260);
    const { ask } = await listening({ metrics, otherRoutes: [metricsRoutes(metrics)] });
    await ask("/api/v1/said");
    await ask("/api/v1/nowhere");
    const { status, text, headers } = await ask("/metrics");
    expect(status).toBe(200);
    expect(headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(text).toContain(
      'submeter_http_requests_total{method="GET",route="/api/v1/said",status="200"} 1',
    );
    expect(text).toContain(
      'submeter_http_requests_total{method="GET",route="none",status="404"} 1',
    );
    expect(text).toContain("submeter_database_up 1");
    expect(text).toContain("submeter_ingest_waiting_bytes 7000");
    expect(text).toContain("submeter_ingest_reports_total 40");
    expect(text).toContain("submeter_ingest_turned_away_total 2");
    expect(text).toContain('submeter_waiting{what="reports_undecided"} 0');
    expect(text).toContain('submeter_waiting{what="events_given_up"} 0');
    expect(text).toContain('submeter_installations{state="offline"} 0');
    const job = 'job="deliver_events"';
    expect(text).toContain(`submeter_job_runs_total{${job},outcome="failed"} 1`);
    expect(text).toContain(`submeter_job_done_timestamp_seconds{${job}} 1767571200`);
    // A second scrape counts nothing twice.
    expect((await ask("/metrics")).text).toContain("submeter_ingest_reports_total 40");
    expect((await ask("/metrics", { headers: { authorization: "" } })).status).toBe(401);
  });

  test.skipIf(!hasPromtool)("read as promtool wants them", async () => {
    const { ask } = await listening();
    const { text } = await ask("/metrics");
    const checked = spawnSync("promtool", ["check", "metrics"], { input: text, encoding: "utf8" });
    // Node's own metrics have names of their own.
    const ours = checked.stderr.split("\n").filter((line) => line.includes("submeter_"));
    expect({ ours, error: checked.error }).toEqual({ ours: [], error: undefined });
  });
});
