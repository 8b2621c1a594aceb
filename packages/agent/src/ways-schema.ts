/** The shape of a ways file: what a schema can say of it. */

import { closed, integer, text } from "@submeter/shared/wire/members";
import { namePattern, quantityPattern } from "@submeter/shared/wire/names";
import Type from "typebox";
import type { Static } from "typebox";

const name = text(namePattern, "a name: a lower-case letter, then at most 63 of a-z, 0-9, _ and .");
const foreign = Type.String({
  minLength: 1,
  maxLength: 256,
  description: "a text of 1 to 256 characters",
});
const address = text("^\\S+$", "an address such as 127.0.0.1:4318");
const url = text("^https?://[^\\s]+$", "a URL that starts with http:// or https://");
const renames = Type.Record(Type.String(), name, { description: "an object of names" });

const StatsdSchema = closed({
  listen: Type.Array(
    text("^(udp:|tcp:|unix:/)\\S+$", "udp:host:port, tcp:host:port or unix:/path"),
    { minItems: 1, maxItems: 8, description: "a list of 1 to 8 places" },
  ),
  sampling: Type.Optional(
    Type.Union([Type.Literal("refuse"), Type.Literal("scale")], {
      description: '"refuse" or "scale"',
    }),
  ),
  source: Type.Optional(name),
});

const ScrapeSchema = closed({
  source: name,
  url,
  every_seconds: Type.Optional(integer(5, 3600)),
});

const HeartbeatSchema = closed({
  meter: name,
  quantity: Type.Optional(text(quantityPattern, 'a quantity, such as "1"')),
  dimensions: Type.Optional(
    Type.Record(Type.String(), Type.String(), { description: "an object of names and texts" }),
  ),
  source: Type.Optional(name),
  url: Type.Optional(url),
  every_seconds: Type.Optional(integer(5, 300)),
});

const EventSchema = closed({
  type: foreign,
  meter: name,
  quantity: Type.Optional(foreign),
});

function few<Schema extends ReturnType<typeof closed>>(schema: Schema) {
  return Type.Optional(Type.Array(schema, { maxItems: 256, description: "a list of at most 256" }));
}

export const WaysFileSchema = closed({
  version: Type.Literal(1, { description: "the number 1" }),
  otlp: Type.Optional(closed({ listen: address })),
  statsd: Type.Optional(StatsdSchema),
  scrape: few(ScrapeSchema),
  heartbeat: few(HeartbeatSchema),
  events: few(EventSchema),
  names: Type.Optional(renames),
  labels: Type.Optional(renames),
  sources: Type.Optional(renames),
});

export type DeclaredWaysFile = Static<typeof WaysFileSchema>;
