/** The native half of the library for Unix datagrams, which has a package of its own for each kind of machine. */

import { createRequire } from "node:module";
import { resolve } from "node:path";
import type { Plugin } from "esbuild";

const library = createRequire(resolve(import.meta.dirname, "../../packages/agent/package.json"));

/**
 * The library's own loader asks the machine where it runs; the folder is made for one. Without the package of that one a StatsD
 * place `unix:` is refused at start, by name; everything else works.
 */
export function unixSocketAddon(target: string): { plugin: Plugin; isFound: boolean } {
  const addon = pathOf(`node-unix-socket-${target}-gnu`);
  const contents =
    addon === null
      ? `exports.DgramSocketWrap = class {
           constructor() {
             throw new Error("this build for ${target} has no Unix datagrams: use udp: or tcp:");
           }
         };`
      : `module.exports = require(${JSON.stringify(addon)});`;
  const plugin: Plugin = {
    name: "unix-socket-addon",
    setup(build) {
      build.onLoad({ filter: /node-unix-socket\/js\/addon\.js$/ }, () => ({
        contents,
        loader: "js",
      }));
    },
  };
  return { plugin, isFound: addon !== null };
}

/** Null where the package manager did not install it. */
function pathOf(name: string): string | null {
  const fromLibrary = createRequire(library.resolve("node-unix-socket"));
  try {
    return fromLibrary.resolve(name);
  } catch {
    return null;
  }
}
