/**
 * A real PostgreSQL for development, tests and the demo: started in a second, gone with its program.
 *
 *     program ──pipe──► guard (sh) ──► postgres
 *
 * The guard waits for the end of the pipe, which comes when the program ends in whatever way, SIGKILL included;
 * then it stops the server and removes what was temporary. It leads a session of its own, so that Ctrl-C does not
 * reach the server before the program has drained.
 */

import { type ChildProcessWithoutNullStreams, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { access, chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { SubmeterError } from "@submeter/shared/errors/submeter-error";
import { systemRandom } from "../system-random.ts";
import {
  isOpenToAll,
  letThrough,
  reachablePostgres,
  serverUser,
  type ServerUser,
} from "./postgres-binaries.ts";

export type EmbeddedPostgres = { url: string; stop(): Promise<void> };

export type EmbeddedPostgresOptions = {
  /** Kept between runs when given; else a temporary one that goes with the server. */
  directory?: string;
  /** False gives up safety against a power cut for speed (tests, demo). Default true. */
  fsync?: boolean;
  /** A folder with `bin/postgres`, such as /usr/lib/postgresql/15, instead of the server that npm installed. */
  programs?: string;
};

const portAttemptsMax = 5;
const shutdownPollsMax = 200;
const pollMs = 50;

export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions = {},
): Promise<EmbeddedPostgres> {
  const user = await serverUser();
  const home = await prepareHome(options.directory, user);
  try {
    return await startIn(home, user, options);
  } catch (error) {
    if (options.directory === undefined) await rm(home, { recursive: true, force: true });
    throw error;
  }
}

async function startIn(
  home: string,
  user: ServerUser,
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const native = options.programs ?? (await reachablePostgres(user, home));
  const data = join(home, "data");
  const password = await initialise({ native, home, data, user });
  await waitForPredecessor(data);
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const temporary = options.directory === undefined ? home : "";
    const guard = startGuard({ native, data, port, user, temporary, fsync: options.fsync ?? true });
    const refusal = await readiness(guard);
    if (refusal === null) {
      return {
        url: `postgresql://submeter:${password}@127.0.0.1:${port}/postgres`,
        stop: () => stopGuard(guard),
      };
    }
    const taken = refusal.includes("could not bind") && attempt < portAttemptsMax;
    if (!taken) throw notStarted(refusal);
  }
}

async function prepareHome(directory: string | undefined, user: ServerUser): Promise<string> {
  const home =
    directory === undefined
      ? await mkdtemp(join(tmpdir(), "submeter-postgres-"))
      : resolve(directory);
  await mkdir(home, { recursive: true });
  if (user === null) return home;
  await letThrough(dirname(home));
  if (!(await isOpenToAll(dirname(home)))) {
    throw new SubmeterError(
      "postgres_directory_unreachable",
      `${home} cannot be reached by the user that PostgreSQL runs as (it does not run as root)`,
      "choose a folder whose parents everybody may enter, or run as an ordinary user",
    );
  }
  await chown(home, user.uid, user.gid);
  await chmod(home, 0o755);
  return home;
}

/** Makes the data folder unless it is there; answers the password of its one role. */
async function initialise(o: {
  native: string;
  home: string;
  data: string;
  user: ServerUser;
}): Promise<string> {
  const passwordFile = join(o.home, "password");
  const made = await access(join(o.data, "PG_VERSION")).then(
    () => true,
    () => false,
  );
  if (made) return (await readFile(passwordFile, "utf8")).trim();
  const password = Buffer.from(systemRandom(18)).toString("hex");
  await rm(o.data, { recursive: true, force: true });
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (o.user !== null) await chown(passwordFile, o.user.uid, o.user.gid);
  const args = `--username submeter --auth password --encoding UTF8 --locale C --no-sync --no-instructions`;
  const places = ["--pgdata", o.data, "--pwfile", passwordFile];
  await promisify(execFile)(join(o.native, "bin", "initdb"), [...places, ...args.split(" ")], {
    cwd: o.home,
    ...o.user,
  }).catch((cause: Error) => {
    throw notStarted(cause.message);
  });
  return password;
}

/** After a SIGKILL the former guard may still be stopping its server on this folder. */
async function waitForPredecessor(data: string): Promise<void> {
  for (let poll = 0; poll < shutdownPollsMax; poll += 1) {
    const text = await readFile(join(data, "postmaster.pid"), "utf8").catch(() => null);
    if (text === null || !isAlive(Number(text.split("\n")[0]))) return;
    await delay(pollMs);
  }
  throw notStarted(`another server still runs on ${data}`);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

const guardScript = `
trap "" INT TERM HUP
server=$1; data=$2; temporary=$3; shift 3
exec 3<&0
"$server" -D "$data" "$@" 3<&- &
child=$!
{ cat <&3; kill -INT "$child"; } > /dev/null 2>&1 &
wait "$child"
[ -z "$temporary" ] || rm -rf "$temporary"
`;

function startGuard(o: {
  native: string;
  data: string;
  port: number;
  user: ServerUser;
  temporary: string;
  fsync: boolean;
}): ChildProcessWithoutNullStreams {
  const safety = o.fsync ? [] : ["fsync=off", "synchronous_commit=off", "full_page_writes=off"];
  const settings = [
    "listen_addresses=127.0.0.1",
    `port=${o.port}`,
    "unix_socket_directories=",
    "timezone=UTC",
    "log_timezone=UTC",
    "lc_messages=C",
    "jit=off",
    "max_connections=200",
    ...safety,
  ].flatMap((setting) => ["-c", setting]);
  const server = join(o.native, "bin", "postgres");
  return spawn("sh", ["-c", guardScript, "guard", server, o.data, o.temporary, ...settings], {
    cwd: dirname(o.data),
    detached: true,
    stdio: "pipe",
    ...o.user,
  });
}

/** Null when the server is ready; what it said when it ended instead. */
async function readiness(guard: ChildProcessWithoutNullStreams): Promise<string | null> {
  let said = "";
  const { promise, resolve: settle } = Promise.withResolvers<string | null>();
  guard.stdout.resume();
  guard.stderr.setEncoding("utf8");
  guard.stderr.on("data", (text: string) => {
    if (said.length < 10_000) said += text;
    if (said.includes("ready to accept connections")) settle(null);
  });
  guard.once("error", (error) => settle(error.message));
  guard.once("close", () => settle(said));
  return promise;
}

async function stopGuard(guard: ChildProcessWithoutNullStreams): Promise<void> {
  if (guard.exitCode !== null || guard.signalCode !== null) return;
  const closed = once(guard, "close");
  guard.stdin.end();
  await closed;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

function notStarted(reason: string): SubmeterError {
  return new SubmeterError(
    "embedded_postgres_failed",
    `the embedded PostgreSQL did not start: ${reason.trim()}`,
    "read its own words above, or set DATABASE_URL to a PostgreSQL server (15 to 18)",
  );
}
