/** `pnpm build`: the agent as one folder for each target, without node_modules, under `dist/`. */

import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { type Target, buildAgentFolder, targets } from "./bundle/agent-folder.ts";

const usage = `Usage: npx -y pnpm@12 build [--target ${targets.join("|")}]… [--out DIR]

  --target  build for this one alone; default: all of them
  --out     where the folders are made; default: dist
`;

const { values } = parseArgs({
  options: {
    target: { type: "string", multiple: true, default: [...targets] },
    out: { type: "string", default: "dist" },
    help: { type: "boolean", default: false },
  },
});
const unknown = values.target.filter((name) => !targets.includes(name as Target));
if (values.help || unknown.length > 0) {
  process.stderr.write(usage);
  process.exit(values.help ? 0 : 2);
}
for (const target of values.target as Target[]) {
  const built = await buildAgentFolder(target, resolve(values.out, `agent-${target}`));
  process.stdout.write(`${built.folder}: ${built.files} files, ${kilobytes(built.bytes)} kB\n`);
  if (!built.hasUnixDatagrams) {
    process.stdout.write(
      "  its library for Unix datagrams is not installed here: StatsD by udp: and tcp: alone\n",
    );
  }
}

function kilobytes(bytes: number): number {
  return Math.round(bytes / 1000);
}
