// Verifies a pack of evidence with nothing but Node 20 or newer: node verify.mjs [--key PUBLIC_KEY] [FOLDER]
//
// It checks, in this order: that the collector signed the manifest and every file is as the manifest says; that each
// report has its digest and follows the one before it; the journals' and the collector's signatures; that the usage in
// each statement's inputs is what the reports add up to, hour by hour; the sums up to the invoice's total; the hours;
// the collector's own availability; and the entries of the audit log. Exit code: 0 when all of it holds, else 1.
//
// What it cannot tell: whether the counts were true when they were sealed. README.md says more.

import { createHash, createPublicKey, verify as verifySignature } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** Answers `{ faults, facts }`: what does not hold, and what was found to hold. */
export function verifyPack(folder, trustedKey = null) {
  const faults = [];
  const facts = [];
  const pack = readPack(folder, faults, facts, trustedKey);
  if (pack !== null) {
    for (const check of [reports, statements, invoice, agreements, hours, availability, audit]) {
      try {
        check(pack, faults, facts);
      } catch (error) {
        faults.push(`${check.name}: cannot be read (${error.message})`);
      }
    }
  }
  return { faults, facts };
}

// ── The manifest and the files ──────────────────────────────────────────────────────────────────────────────────────

function readPack(folder, faults, facts, trustedKey) {
  try {
    const manifestText = readFileSync(join(folder, "manifest.json"));
    const manifest = JSON.parse(manifestText);
    const seal = JSON.parse(readFileSync(join(folder, "manifest.sig.json")));
    const signed = Buffer.concat([Buffer.from("submeter-evidence\n"), manifestText]);
    if (!signedBy(seal.public_key, signed, Buffer.from(seal.signature, "base64"))) {
      faults.push("manifest.json: the signature in manifest.sig.json does not fit");
    }
    if (canonical(seal) !== readFileSync(join(folder, "manifest.sig.json"), "utf8")) {
      faults.push("manifest.sig.json: is not spelled as it was written");
    }
    const files = new Map();
    for (const { path, bytes, sha256: expected } of manifest.files) {
      const content = readFileSync(join(folder, path));
      files.set(path, content);
      if (content.length !== bytes || sha256(content) !== expected) {
        faults.push(`${path}: is not the file that the manifest names`);
      }
    }
    for (const path of everyFile(folder)) {
      const known = files.has(path) || path === "manifest.json" || path === "manifest.sig.json";
      if (!known) faults.push(`${path}: the manifest knows nothing of it`);
    }
    facts.push(
      `${files.size} files are as the collector ${manifest.collector} signed them on ${manifest.made_at}`,
    );
    const lines = (path) =>
      files
        .get(path)
        .toString("utf8")
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line));
    const json = (path) => JSON.parse(files.get(path).toString("utf8"));
    const known = json("facts.json");
    const collectorKeys = new Set(known.collector_keys.map((key) => key.public_key));
    if (!collectorKeys.has(seal.public_key))
      faults.push("manifest.sig.json: its key is none of the collector's");
    if (trustedKey !== null && !collectorKeys.has(trustedKey)) {
      faults.push("facts.json: the key that you trust is none of the collector's");
    }
    facts.push(
      trustedKey === null
        ? `the collector's key is ${seal.public_key}: compare it with the one that your agent has pinned (--key)`
        : `the key that you trust is one of the collector's`,
    );
    const journals = [...files.keys()].filter((path) => path.startsWith("reports/"));
    return {
      manifest,
      files,
      facts: known,
      collectorKeys,
      json,
      lines,
      reports: journals.flatMap(lines),
    };
  } catch (error) {
    faults.push(`the pack cannot be read: ${error.message}`);
    return null;
  }
}

// ── Reports and receipts ────────────────────────────────────────────────────────────────────────────────────────────

function reports(pack, faults, facts) {
  let proven = 0;
  let withheld = 0;
  let inPart = 0;
  for (const journal of pack.facts.journals) {
    const own = pack.reports
      .filter(
        (one) => one.installation === journal.installation_id && one.journal === journal.journal,
      )
      .sort((a, b) => a.sequence - b.sequence);
    const bySequence = new Map(own.map((report) => [report.sequence, report]));
    let provenTo = 0;
    for (const report of own) {
      const name = `${report.installation} ${report.journal} ${report.sequence}`;
      const before = bySequence.get(report.sequence - 1);
      if (before !== undefined && report.previous !== before.digest) {
        faults.push(`report ${name}: does not follow report ${before.sequence}`);
      }
      if (report.sequence === 1 && report.previous !== null)
        faults.push(`report ${name}: the first follows none`);
      receipt(pack, report, name, faults);
      const body = bodyOf(report);
      if (body === null && report.withheld === true) inPart += 1;
      else if (body === null) withheld += 1;
      else bytes(journal, report, body, name, faults);
      // What breaks the wire was kept as evidence, and proves nothing.
      if (report.headers === null || report.outcome === "rejected") continue;
      const proof = proofOf(report.headers["signature-input"], report.headers.signature);
      if (proof === null) continue;
      // A proof is over the digest: it holds for bytes that are not shown, too.
      const fits =
        proof.keyid === journal.public_key &&
        proof.tag === "submeter-report" &&
        signedBy(proof.keyid, signatureBase(report.digest, proof), proof.signature);
      if (fits) provenTo = report.sequence;
      else faults.push(`report ${name}: the journal's proof does not fit`);
    }
    proven += own.filter(({ sequence }) => sequence <= provenTo).length;
  }
  facts.push(
    `${pack.reports.length} reports have their digests, follow each other, and each has a receipt that the collector proved`,
  );
  facts.push(
    `${proven} of them are proved by their journal's own key, by themselves or by a later report that follows them`,
  );
  if (withheld > 0)
    facts.push(
      `the bytes of ${withheld} reports are not here: they were exported and dropped before`,
    );
  if (inPart > 0)
    facts.push(
      `${inPart} reports also speak of another customer and are shown in part: their digests, proofs and receipts are signed, the lines shown are the vendor's word`,
    );
}

function bytes(journal, report, body, name, faults) {
  if (sha256(body) !== report.digest)
    faults.push(`report ${name}: its bytes do not have its digest`);
  // What breaks the wire was kept as evidence, and is not read.
  if (report.outcome === "rejected") return;
  const read = JSON.parse(body);
  if (
    read.installation !== report.installation ||
    read.journal !== report.journal ||
    read.sequence !== report.sequence ||
    read.previous !== report.previous
  ) {
    faults.push(`report ${name}: its bytes speak of another report`);
  }
  if (read.public_key !== undefined && read.public_key !== journal.public_key) {
    faults.push(`report ${name}: names another key of the journal than the one that is pinned`);
  }
}

function receipt(pack, report, name, faults) {
  const said = JSON.parse(report.receipt);
  const proof = proofOf(report.receipt_proof.input, report.receipt_proof.signature);
  const fits =
    said.installation === report.installation &&
    said.journal === report.journal &&
    said.sequence === report.sequence &&
    said.digest === report.digest &&
    said.outcome === report.outcome &&
    said.recorded_at === report.recorded_at &&
    said.collector === pack.manifest.collector;
  if (!fits) faults.push(`receipt ${name}: speaks of another report`);
  const proves =
    proof !== null &&
    proof.tag === "submeter-receipt" &&
    pack.collectorKeys.has(proof.keyid) &&
    signedBy(
      proof.keyid,
      signatureBase(sha256(Buffer.from(report.receipt)), proof),
      proof.signature,
    );
  if (!proves) faults.push(`receipt ${name}: the collector's proof does not fit`);
}

// ── Statements: digests, and the usage of each hour ─────────────────────────────────────────────────────────────────

function statements(pack, faults, facts) {
  for (const head of pack.facts.statements) {
    const document = pack.files.get(`statements/${head.id}.json`);
    const inputsBytes = pack.files.get(`statements/${head.id}.inputs.json`);
    const statement = JSON.parse(document);
    const inputs = JSON.parse(inputsBytes);
    if (sha256(document) !== head.digest)
      faults.push(`statement ${head.id}: does not have its digest`);
    if (
      sha256(inputsBytes) !== head.inputs_digest ||
      statement.inputs_digest !== head.inputs_digest
    ) {
      faults.push(`statement ${head.id}: was not computed from these inputs`);
    }
    const lines = sum(statement.lines.map(({ amount }) => amount));
    if (lines !== fixed(statement.total))
      faults.push(`statement ${head.id}: its lines do not add up to ${statement.total}`);
    if (head.own && inputs.scope === "period") usage(pack, head, inputs, faults, facts);
  }
  facts.push(
    `${pack.facts.statements.length} statements have their digests and are the sums of their lines`,
  );
}

function usage(pack, head, inputs, faults, facts) {
  const whole = new Map();
  const unread = new Set();
  const cut = new Map(
    head.cut.map((one) => [`${one.installation} ${one.journal}`, BigInt(one.revision)]),
  );
  for (const report of pack.reports) {
    const revision = cut.get(`${report.installation} ${report.journal}`);
    // What was recorded or decided after this statement's look at the journal stands on a later one.
    if (revision === undefined || BigInt(report.revision) > revision) continue;
    if (report.outcome !== "accepted" && report.decision !== "accepted") continue;
    const body = bodyOf(report);
    if (body === null && report.withheld !== true) unread.add(report.installation);
    else for (const line of linesOf(body, report, inputs, pack)) count(whole, line);
  }
  const stated = new Map();
  for (const row of inputs.usage) {
    if (!unread.has(row.installation))
      stated.set(keyOf(row.installation, row.journal, row), fixed(row.quantity));
  }
  for (const key of whole.keys()) if (unread.has(JSON.parse(key)[0])) whole.delete(key);
  for (const key of new Set([...whole.keys(), ...stated.keys()])) {
    const [reported, counted] = [whole.get(key) ?? 0n, stated.get(key) ?? 0n];
    if (reported !== counted) {
      faults.push(
        `statement ${head.id}: counts ${text(counted)} where the reports say ${text(reported)}: ${key}`,
      );
    }
  }
  facts.push(
    `statement ${head.id}: each of its ${stated.size} hourly quantities is the sum of the reports`,
  );
  for (const id of unread)
    facts.push(`statement ${head.id}: the sums of ${id} cannot be held against reports here`);
}

function linesOf(body, report, inputs, pack) {
  const { usage, meters } =
    body === null
      ? {
          usage: report.lines,
          meters: report.lines.map(({ meter, aggregation }) => ({ name: meter, aggregation })),
        }
      : JSON.parse(body);
  const aggregations = new Map(meters.map((meter) => [meter.name, meter.aggregation]));
  const shared = pack.facts.installations.some(
    (one) => one.id === report.installation && one.subject_routing,
  );
  const theirs = pack.facts.assignments.filter(
    (one) => one.installation_id === report.installation,
  );
  return usage
    .filter(({ window }) => window >= inputs.period.from && window < inputs.period.to)
    .filter(({ window, dimensions }) =>
      theirs.some(
        (one) =>
          one.subject === (shared ? (dimensions.subject ?? "") : "") &&
          one.from_at <= window &&
          (one.to_at === null || window < one.to_at),
      ),
    )
    .map((line) => ({
      key: keyOf(report.installation, report.journal, line),
      quantity: fixed(line.quantity),
      greatest: aggregations.get(line.meter) === "max",
    }));
}

function count(sums, { key, quantity, greatest }) {
  const before = sums.get(key) ?? 0n;
  sums.set(key, greatest ? (quantity > before ? quantity : before) : before + quantity);
}

function keyOf(installation, journal, { window, meter, dimensions }) {
  return JSON.stringify([installation, journal, window, meter, canonical(dimensions)]);
}

// ── The invoice, and what was agreed ────────────────────────────────────────────────────────────────────────────────

function invoice(pack, faults, facts) {
  const document = pack.json("invoice.json");
  const [row] = pack.facts.invoice;
  if (sha256(pack.files.get("invoice.json")) !== row.digest)
    faults.push("invoice.json: does not have its digest");
  if (sum(document.lines.map(({ amount }) => amount)) !== fixed(document.total)) {
    faults.push(`invoice.json: its lines do not add up to ${document.total}`);
  }
  if (document.total.replace(".", "").replace(/^0+(?=\d)/, "") !== String(row.total_minor)) {
    faults.push("invoice.json: what was booked is another total");
  }
  const booked = pack.facts.statements.find(({ id }) => id === row.statement_id);
  const own = document.lines.filter(({ adjusts }) => adjusts === null);
  const lines = booked === undefined ? [] : pack.json(`statements/${booked.id}.json`).lines;
  const amounts = (list) => canonical(list.map(({ id, amount }) => [id, amount]));
  if (amounts(own) !== amounts(lines))
    faults.push("invoice.json: its lines are not those of its statement");
  for (const correction of pack.facts.corrections.filter((one) => one.invoice_id === row.id)) {
    const [before, after] = [correction.from_statement, correction.to_statement].map((id) =>
      pack.json(`statements/${id}.json`),
    );
    const carried = document.lines.filter(
      ({ adjusts }) =>
        adjusts !== null &&
        adjusts.period.from >= before.period.from &&
        adjusts.from_number === before.number &&
        adjusts.to_number === after.number,
    );
    if (sum(carried.map(({ amount }) => amount)) !== fixed(after.total) - fixed(before.total)) {
      faults.push(
        `correction ${correction.id}: its lines are not the difference of its statements`,
      );
    }
  }
  facts.push(
    `invoice ${row.id}${row.stripe_number === null ? "" : ` (${row.stripe_number})`} comes to ${document.total} ${document.currency}, the sum of its lines`,
  );
}

function agreements(pack, faults, facts) {
  for (const row of [...pack.facts.plans, ...pack.facts.contracts]) {
    if (sha256(pack.files.get(row.path)) !== row.digest)
      faults.push(`${row.path}: does not have its digest`);
  }
  for (const head of pack.facts.statements) {
    const inputs = pack.json(`statements/${head.id}.inputs.json`);
    const contract = pack.facts.contracts.find(
      (row) => row.id === head.contract.id && row.version === head.contract.version,
    );
    const plan = pack.facts.plans.find(
      (row) => row.id === inputs.plan.id && row.version === inputs.plan.version,
    );
    const same = (row, value) =>
      row !== undefined && pack.files.get(row.path).toString("utf8") === canonical(value);
    if (!same(contract, inputs.contract))
      faults.push(`statement ${head.id}: was rated by another contract`);
    if (!same(plan, inputs.plan)) faults.push(`statement ${head.id}: was rated by another plan`);
  }
  for (const row of pack.facts.contracts) {
    const signed = pack.json(row.path).signed_document;
    if (signed !== undefined)
      facts.push(
        `${row.path}: the signed paper ${signed.reference} has the SHA-256 ${signed.sha256}`,
      );
  }
  facts.push(
    `${pack.facts.plans.length} plans and ${pack.facts.contracts.length} versions of contracts are those that were rated by`,
  );
}

// ── Hours, availability, audit ──────────────────────────────────────────────────────────────────────────────────────

function hours(pack, faults, facts) {
  const states = ["counted", "pending", "uncounted", "excused", "overdue"];
  for (const head of pack.facts.statements) {
    const { hours: stated } = pack.json(`statements/${head.id}.json`);
    const { hours: of } = pack.json(`statements/${head.id}.inputs.json`);
    for (const name of ["expected", ...states]) {
      const installations = of.installations.reduce((all, one) => all + one[name], 0);
      if (of.total[name] !== installations || stated[name] !== installations) {
        faults.push(`statement ${head.id}: its ${name} hours are not those of its installations`);
      }
    }
    if (states.reduce((all, name) => all + stated[name], 0) !== stated.expected) {
      faults.push(`statement ${head.id}: its hours do not add up`);
    }
    if (head.own) facts.push(`statement ${head.id}: ${stated.text}`);
  }
}

function availability(pack, faults, facts) {
  for (const span of pack.facts.availability) {
    const words = [
      "submeter-availability",
      pack.manifest.collector,
      span.instance,
      span.started_at,
      span.last_tick_at,
    ];
    const fits =
      pack.collectorKeys.has(span.public_key) &&
      signedBy(
        span.public_key,
        Buffer.from(words.join("\n")),
        Buffer.from(span.signature, "base64"),
      );
    if (!fits)
      faults.push(`availability from ${span.started_at}: the collector's signature does not fit`);
  }
  facts.push(`the collector's own availability is signed: ${pack.facts.availability.length} spans`);
}

function audit(pack, faults, facts) {
  const entries = pack.lines("audit.ndjson");
  let before = null;
  let withheld = 0;
  for (const entry of entries) {
    const { number, previous, at, who, action, subject, reason } = entry;
    const fields = [
      "submeter-audit-1",
      String(number),
      previous,
      at,
      who,
      action,
      subject,
      reason,
      entry.before,
      entry.after,
    ];
    const netstrings = fields.map((field = null) =>
      field === null ? "-," : `${Buffer.byteLength(field)}:${field},`,
    );
    if (entry.withheld === true) withheld += 1;
    else if (sha256(Buffer.from(netstrings.join(""))) !== entry.hash)
      faults.push(`audit entry ${number}: is not what was hashed`);
    if (
      before !== null &&
      (number <= before.number || (number === before.number + 1 && previous !== before.hash))
    ) {
      faults.push(`audit entry ${number}: does not follow entry ${before.number}`);
    }
    before = entry;
  }
  const head = pack.facts.audit_head;
  if (
    before !== null &&
    (head === null ||
      head.number < before.number ||
      (head.number === before.number && head.hash !== before.hash))
  ) {
    faults.push("audit.ndjson: goes beyond the log's head");
  }
  facts.push(
    `${entries.length - withheld} entries of the audit log are what was hashed${withheld > 0 ? `, ${withheld} that concern another customer are named alone` : ""}; its head was ${head?.number}:${head?.hash}`,
  );
}

// ── Bytes, numbers, signatures ──────────────────────────────────────────────────────────────────────────────────────

function sha256(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}

function signedBy(publicKey, message, signature) {
  try {
    const key = createPublicKey({
      key: { kty: "OKP", crv: "Ed25519", x: publicKey },
      format: "jwk",
    });
    return verifySignature(null, message, key, signature);
  } catch {
    return false;
  }
}

/** The member `proof` of the two headers (RFC 9421); null without one. */
function proofOf(input, signature) {
  const parameters =
    /(?:^|, )proof=(\("content-digest"\);created=\d+;keyid="([A-Za-z0-9_-]+)";alg="ed25519";tag="([a-z-]+)")/.exec(
      input,
    );
  const value = /(?:^|, )proof=:([A-Za-z0-9+/=]+):/.exec(signature);
  if (parameters === null || value === null) return null;
  return {
    parameters: parameters[1],
    keyid: parameters[2],
    tag: parameters[3],
    signature: Buffer.from(value[1], "base64"),
  };
}

/** RFC 9421, section 2.5, over nothing but the digest of the body, here in hex. */
function signatureBase(hex, { parameters }) {
  const digest = Buffer.from(hex, "hex").toString("base64");
  return Buffer.from(`"content-digest": sha-256=:${digest}:\n"@signature-params": ${parameters}`);
}

function bodyOf(report) {
  if (report.body !== null) return Buffer.from(report.body);
  return report.body_base64 === undefined ? null : Buffer.from(report.body_base64, "base64");
}

const decimals = 18;

/** A decimal as a whole number of its 18th decimals: exact. */
function fixed(value) {
  const [, sign, whole, fraction = ""] = /^(-?)(\d+)(?:\.(\d{1,18}))?$/.exec(value);
  return BigInt(`${sign}${whole}${fraction.padEnd(decimals, "0")}`);
}

function text(value) {
  const digits = String(value < 0n ? -value : value).padStart(decimals + 1, "0");
  return `${value < 0n ? "-" : ""}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`.replace(
    /\.?0+$/,
    "",
  );
}

function sum(values) {
  return values.map(fixed).reduce((all, one) => all + one, 0n);
}

/** JSON with members in code-point order and no white space. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const members = Object.keys(value)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`);
  return `{${members.join(",")}}`;
}

function everyFile(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      relative(folder, join(entry.parentPath ?? entry.path, entry.name))
        .split(sep)
        .join("/"),
    );
}

// ── At the command line ─────────────────────────────────────────────────────────────────────────────────────────────

function main(words) {
  const at = words.indexOf("--key");
  const key = at === -1 ? null : words[at + 1];
  const others = at === -1 ? words : words.filter((_, index) => index !== at && index !== at + 1);
  const folder = others[0] ?? dirname(fileURLToPath(import.meta.url));
  const { faults, facts } = verifyPack(resolve(folder), key);
  for (const fact of faults.length === 0 ? facts : []) process.stdout.write(`  ${fact}\n`);
  for (const fault of faults) process.stdout.write(`✗ ${fault}\n`);
  process.stdout.write(
    faults.length === 0
      ? "✓ the evidence holds\n"
      : `✗ the evidence does not hold: ${faults.length} faults\n`,
  );
  process.exitCode = faults.length === 0 ? 0 : 1;
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  main(process.argv.slice(2));
}
