/**
 * The dictionary of the codec `deflate-1`: what reports have in common, the most common last. Stored reports can be
 * read with these very bytes only, so they never change; a better dictionary is a new codec.
 */

const lines = [
  '"replaces":{"journal":"","sequence":1,"digest":"","reason":"fork"},"reason":"corrupt"},"reason":"moved"},',
  '"aggregation":"max","scale":0},{"name":"seats","unit":"seat","aggregation":"time_weighted","scale":3},',
  '{"name":"gpu_seconds","unit":"second","vcpu_seconds","gib_seconds","unit":"GiB-seconds","active_users","unit":"user",',
  '"dimensions":{"direction":"cached_input","direction":"output","direction":"input","region":"","status":"",',
  '"subject":"","tier":"","type":"","project":"","user":"","model":"overflow"},"model":"other"},"quantity":"0.',
  '"sources":[{"name":"","heard":[["2027-"public_key":"","final":true,"interval_seconds":60,"x":{',
  'sub=("content-digest");created=1767571200;keyid=".1";alg="hmac-sha256";tag="submeter-report", ',
  'proof=("content-digest");created=1767571200;keyid="";alg="ed25519";tag="submeter-report"\n',
  "sub=:=:, proof=:==:\n",
  '{"version":1,"installation":"","journal":"","sequence":1,"previous":null,"replaces":null,"sealed_at":"2026-',
  '01-05T01:00:00Z","interval_seconds":3600,"final":false,"agent":{"version":"1.0.0","clock_skew_ms":0,"backlog":0,',
  '"disk_free_bytes":null},"coverage":[["2026-01-05T00:00:00Z","2026-01-05T01:00:00Z"]],"sources":[],"meters":[{"name":"',
  'requests","unit":"request","aggregation":"sum","scale":0},{"name":"tokens","unit":"token","aggregation":"sum","scale":0}],',
  '"usage":[{"meter":"requests","window":"2026-01-05T00:00:00Z","dimensions":{},"quantity":"10"},{"meter":"tokens","window":"',
  '2026-01-05T00:00:00Z","dimensions":{"direction":"output","model":""},"quantity":"1000"}]}',
];

export const dictionary1: Buffer = Buffer.from(lines.join(""), "latin1");
