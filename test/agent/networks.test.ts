/** The ways to a vendor that real networks leave open: proxies, private authorities, client certificates. */

import { type Network, noProxy } from "@submeter/agent/network";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type AgentWorld, agentWorld, send } from "./agent.fixture.ts";
import {
  type Certificates,
  hasOpenssl,
  httpProxy,
  makeCertificates,
  tlsInFrontOf,
} from "./networks.fixture.ts";

let world: AgentWorld;
beforeEach(async () => {
  world = await agentWorld();
});
afterEach(async () => {
  await world.end();
});

/** Counts one token and tries to deliver it that way. */
async function reports(endpoint: string, network: Network) {
  await world.restart({ endpoint, network });
  await send(world.agent, { meter: "tokens", quantity: 1 });
  world.clock.pass(60);
  world.agent.sealNow();
  const { problem } = await world.agent.deliverNow();
  return { received: world.collector.totals()["tokens"] ?? 0n, problem };
}

/** A name that no resolver knows: only a proxy can lead there. */
const behind = (port: number, scheme = "https") => `${scheme}://collector.test:${port}`;

describe.skipIf(!hasOpenssl)("over HTTPS", () => {
  let certificates: Certificates;
  beforeAll(() => {
    certificates = makeCertificates();
  });
  const trusting = (): Network => ({ certificateAuthority: certificates.authority });

  it("a proxy tunnels, and sees neither a report nor the client certificate", async () => {
    const tls = await tlsInFrontOf(world.collector, certificates, { demands: true });
    const proxy = await httpProxy();
    const { received } = await reports(behind(tls.port), {
      ...trusting(),
      clientCertificate: certificates.client,
      proxy: { ...noProxy, https: `http://127.0.0.1:${proxy.port}` },
    });
    expect(received).toBe(1n);
    expect(new Set(proxy.seen.map(({ line }) => line))).toEqual(
      new Set([`CONNECT collector.test:${tls.port}`]),
    );
    expect(proxy.passed()).not.toContain("content-digest");
    expect(new Set(tls.seen())).toEqual(new Set(["acme-prod"]));
  });

  it("a proxy that asks for a password gets it, and one that refuses it delays and loses nothing", async () => {
    const tls = await tlsInFrontOf(world.collector, certificates, { demands: false });
    const proxy = await httpProxy("agent:a long secret");
    const at = (user: string): Network => ({
      ...trusting(),
      proxy: { ...noProxy, https: `http://${user}@127.0.0.1:${proxy.port}` },
    });
    const refused = await reports(behind(tls.port), at("agent:wrong"));
    expect(refused).toMatchObject({ received: 0n, problem: { code: "collector_unreachable" } });
    expect(JSON.stringify(world.agent.status())).not.toContain("wrong");
    const admitted = await reports(behind(tls.port), at("agent:a%20long%20secret"));
    expect(admitted.received).toBe(2n);
  });

  it("what NO_PROXY names is reached without one", async () => {
    const proxy = await httpProxy();
    const { received } = await reports(world.collector.url, {
      certificateAuthority: null,
      proxy: {
        https: null,
        http: `http://127.0.0.1:${proxy.port}`,
        except: "example.com,127.0.0.1",
      },
    });
    expect(received).toBe(1n);
    expect(proxy.seen).toEqual([]);
  });

  it("a server that demands a certificate lets in who shows one, and nobody else", async () => {
    const tls = await tlsInFrontOf(world.collector, certificates, { demands: true });
    const proxy = await httpProxy();
    const through = { ...noProxy, https: `http://127.0.0.1:${proxy.port}` };
    const without = await reports(behind(tls.port), { ...trusting(), proxy: through });
    expect(without).toMatchObject({ received: 0n, problem: { code: "collector_unreachable" } });
    expect(tls.seen()).toContain("refused");
    const shown = await reports(behind(tls.port), {
      ...trusting(),
      clientCertificate: certificates.client,
      proxy: through,
    });
    expect(shown.received).toBe(2n);
  });

  it("an authority that is not trusted is not believed: nothing is sent", async () => {
    const tls = await tlsInFrontOf(world.collector, certificates, { demands: false });
    const proxy = await httpProxy();
    const { received, problem } = await reports(behind(tls.port), {
      certificateAuthority: null,
      proxy: { ...noProxy, https: `http://127.0.0.1:${proxy.port}` },
    });
    expect(received).toBe(0n);
    expect(problem?.detail).toMatch(/certificate/i);
    expect(world.collector.asked).toEqual([]);
  });
});

it("over plain HTTP a proxy hands on, and an HTTPS proxy is not asked", async () => {
  const [proxy, other] = [await httpProxy(), await httpProxy()];
  const port = Number(new URL(world.collector.url).port);
  const { received } = await reports(behind(port, "http"), {
    certificateAuthority: null,
    proxy: {
      http: `http://127.0.0.1:${proxy.port}`,
      https: `http://127.0.0.1:${other.port}`,
      except: "",
    },
  });
  expect(received).toBe(1n);
  expect(proxy.seen.map(({ line }) => line)).toContain(`POST http://collector.test:${port}/ingest`);
  expect(other.seen).toEqual([]);
});

it("a proxy that answers by itself, as a captive portal does, moves nothing", async () => {
  const portal = await httpProxy("a password that nobody knows");
  const { received, problem } = await reports(behind(80, "http"), {
    certificateAuthority: null,
    proxy: { ...noProxy, http: `http://127.0.0.1:${portal.port}` },
  });
  expect(received).toBe(0n);
  expect(problem?.detail).toMatch(/proxy authentication/i);
  expect(world.agent.status().backlog.reports).toBe(1);
});
