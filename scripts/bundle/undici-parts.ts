/** Of undici only what delivery uses: its own entry brings fetch, caches and mocks along, a megabyte that is loaded and never run. */

import type { Plugin } from "esbuild";

/** Put together as the library's entry does. */
const entry = `
const Dispatcher = require("./lib/dispatcher/dispatcher.js");
Object.assign(Dispatcher.prototype, require("./lib/api"));
exports.Agent = require("./lib/dispatcher/agent.js");
exports.EnvHttpProxyAgent = require("./lib/dispatcher/env-http-proxy-agent.js");
exports.request = (url, { dispatcher, ...options }) =>
  dispatcher.request({ ...options, origin: url.origin, path: url.pathname + url.search });
`;

export const undiciParts: Plugin = {
  name: "undici-parts",
  setup(build) {
    build.onLoad({ filter: /node_modules\/undici\/index\.js$/ }, () => ({
      contents: entry,
      loader: "js",
    }));
  },
};
