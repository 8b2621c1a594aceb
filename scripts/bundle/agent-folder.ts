/** Builds the folder that ships: launcher, program, native parts, notices, unit and README; nothing else has to be installed but Node. */

import { chmod, copyFile, cp, mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type Metafile, build } from "esbuild";
import { agentVersion } from "@submeter/agent/sealing/agent-facts";
import { entryText, launcherText, manifestText } from "./launcher.ts";
import { noticesOf } from "./notices.ts";
import { undiciParts } from "./undici-parts.ts";
import { unixSocketAddon } from "./unix-socket-addon.ts";

export const targets = ["linux-x64", "linux-arm64"] as const;
export type Target = (typeof targets)[number];

const root = resolve(import.meta.dirname, "../..");
const agent = join(root, "packages/agent");

export type AgentFolder = {
  readonly folder: string;
  readonly files: number;
  readonly bytes: number;
  /** Whether StatsD over Unix datagrams works in it. */
  readonly hasUnixDatagrams: boolean;
};

/** Replaces the folder. */
export async function buildAgentFolder(target: Target, folder: string): Promise<AgentFolder> {
  const addon = unixSocketAddon(target);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const { metafile } = await build({
    absWorkingDir: agent,
    // The second runs in a thread of its own.
    entryPoints: { agent: "src/cli.ts", "udp-receiver": "src/intake/udp-receiver.ts" },
    outdir: folder,
    bundle: true,
    platform: "node",
    target: "node22",
    format: "esm",
    // What only `run` needs stays apart, so that the other commands start without it.
    splitting: true,
    chunkNames: "part-[hash]",
    assetNames: "[name]",
    legalComments: "none",
    loader: { ".node": "copy" },
    // Each native part has an entry for its target that names the file, so that it is copied beside the program.
    alias: { "better-sqlite3": `better-sqlite3/${target}` },
    plugins: [addon.plugin, undiciParts],
    // Its text stays in memory; names stay for stack traces.
    minifyWhitespace: true,
    minifySyntax: true,
    banner: {
      js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);',
    },
    metafile: true,
    logLevel: "warning",
  });
  await writeOwnFiles(folder, metafile);
  return { folder, hasUnixDatagrams: addon.isFound, ...(await sizeOf(folder)) };
}

async function writeOwnFiles(folder: string, metafile: Metafile): Promise<void> {
  const launcher = join(folder, "submeter-agent");
  await writeFile(launcher, launcherText);
  await chmod(launcher, 0o755);
  await writeFile(join(folder, "main.js"), entryText);
  await writeFile(join(folder, "package.json"), manifestText(agentVersion));
  await writeFile(join(folder, "LICENSES.txt"), await noticesOf(agent, metafile));
  // What the page is made of, found beside the program as in the checkout beside its source.
  await cp(join(agent, "src/page/assets"), join(folder, "assets"), { recursive: true });
  const unit = "submeter-agent.service";
  await copyFile(join(root, "deploy/systemd", unit), join(folder, unit));
  await copyFile(join(agent, "README.md"), join(folder, "README.md"));
}

async function sizeOf(folder: string): Promise<{ files: number; bytes: number }> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(
    files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size),
  );
  return { files: files.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}
