/** The page's own files, which lie beside this one, in the checkout as in the folder that ships. Nothing is fetched elsewhere. */

import { readFileSync } from "node:fs";

export type Asset = { readonly mediaType: string; readonly bytes: Uint8Array };

const script = "text/javascript; charset=utf-8";

/** By the path under which it is served. */
const files: Readonly<Record<string, { readonly file: string; readonly mediaType: string }>> = {
  "/": { file: "index.html", mediaType: "text/html; charset=utf-8" },
  "/page/page.css": { file: "page.css", mediaType: "text/css; charset=utf-8" },
  "/page/page.js": { file: "page.js", mediaType: script },
  "/page/elements.js": { file: "elements.js", mediaType: script },
  "/page/words.js": { file: "words.js", mediaType: script },
  "/page/card.js": { file: "card.js", mediaType: script },
  "/page/plan.js": { file: "plan.js", mediaType: script },
  "/page/chart.js": { file: "chart.js", mediaType: script },
  "/page/notices.js": { file: "notices.js", mediaType: script },
  "/page/sections.js": { file: "sections.js", mediaType: script },
  "/page/icon.svg": { file: "icon.svg", mediaType: "image/svg+xml" },
};

export const assetPaths = Object.keys(files);

/** Read when it is first asked for: most agents are never looked at. */
export function readAsset(path: string): Asset {
  const known = files[path];
  if (known === undefined) throw new RangeError(`the page has no file at ${path}`);
  const { file, mediaType } = known;
  return { mediaType, bytes: readFileSync(new URL(`./assets/${file}`, import.meta.url)) };
}
