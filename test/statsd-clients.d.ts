/** The parts of two untyped StatsD clients that the tests use. */

declare module "lynx" {
  export default class Lynx {
    constructor(host: string, port: number);
    count(name: string, value: number): void;
    close(): void;
  }
}

declare module "node-statsd" {
  export default class NodeStatsD {
    constructor(options: { host: string; port: number });
    increment(name: string, value: number): void;
    close(): void;
  }
}
