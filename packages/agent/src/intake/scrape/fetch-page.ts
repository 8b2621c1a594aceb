/** Gets a page of metrics from the product, within bounds of time and size. */

export type FetchedPage =
  | { readonly kind: "page"; readonly isOpenMetrics: boolean; readonly text: string }
  | { readonly kind: "problem"; readonly problem: string };

const pageBytesMax = 16 * 1024 * 1024;
const timeoutMsMax = 10_000;
const accept =
  "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

export async function fetchPage(url: URL, intervalMs: number): Promise<FetchedPage> {
  try {
    const response = await fetch(url, {
      headers: { accept },
      redirect: "error",
      signal: AbortSignal.timeout(Math.min(intervalMs, timeoutMsMax)),
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      return problem(`the page answers ${response.status}`);
    }
    const text = await readText(response);
    if (text === null) return problem(`the page has more than ${pageBytesMax} bytes`);
    const type = response.headers.get("content-type") ?? "";
    return { kind: "page", isOpenMetrics: type.startsWith("application/openmetrics-text"), text };
  } catch (error) {
    const { cause, name } = error as {
      cause?: { code?: string; message?: string };
      name?: string;
    };
    const reason = cause?.code ?? cause?.message ?? name ?? "unknown reason";
    return problem(`the page cannot be read (${reason})`);
  }
}

/** Null when it is too large. */
async function readText(response: Response): Promise<string | null> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.length;
    if (size > pageBytesMax) return null;
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

function problem(text: string): FetchedPage {
  return { kind: "problem", problem: text };
}
