/** The two small files that start the shipped program, and say in plain words when there is no Node that can. */

/** Oldest release line that has all that the program uses. */
const nodeMajorLeast = 22;

export const launcherText = `#!/bin/sh
# Starts the agent on the Node that SUBMETER_NODE names, else on one beside this file, else on the one in PATH.
here=$(CDPATH= cd -- "$(dirname -- "$(readlink -f -- "$0")")" && pwd) || exit 2
node=\${SUBMETER_NODE:-}
if [ -z "$node" ]; then
  if [ -x "$here/node" ]; then node=$here/node; else node=node; fi
fi
if ! command -v "$node" >/dev/null 2>&1; then
  echo "submeter-agent: there is no Node to run on: $node (node_missing)" >&2
  echo "  → install Node ${nodeMajorLeast} or newer, or name it in SUBMETER_NODE" >&2
  exit 2
fi
# For what is short-lived: with less, thousands of dimension sets cost a fifth of the throughput in collections; left to
# itself, it grows with the machine.
exec "$node" --max-semi-space-size=16 "$here/main.js" "$@"
`;

/** Plain enough for any Node to read. */
export const entryText = `const major = Number(process.versions.node.split(".")[0]);
if (major >= ${nodeMajorLeast}) {
  await import("./agent.js");
} else {
  process.stderr.write(
    \`submeter-agent: this is Node \${process.versions.node}, which is too old (node_too_old)\\n\` +
      "  → install Node ${nodeMajorLeast} or newer, or name it in SUBMETER_NODE\\n",
  );
  process.exitCode = 2;
}
`;

export function manifestText(version: string): string {
  const manifest = {
    name: "submeter-agent",
    version,
    private: true,
    type: "module",
    engines: { node: `>=${nodeMajorLeast}` },
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}
