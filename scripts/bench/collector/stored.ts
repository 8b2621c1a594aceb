/** Fills the real tables with what a fleet has reported so far, by COPY's speed: nothing of it came over HTTP. */

import type { Database } from "@submeter/collector/store/database";
import { packDocument } from "@submeter/collector/store/body-codec";
import type { Sealed } from "./sealed.ts";

const linesOfReport = 12;

/** Each installation gets the hours before `before`, in a journal of its own; answers how many lines are stored. */
export async function fillStored(
  database: Database,
  o: { installations: number; lines: number; before: number; sample: Sealed },
): Promise<number> {
  const reports = Math.ceil(o.lines / linesOfReport / o.installations);
  const values = [o.installations, reports, o.before];
  const site = "'site-' || lpad(i::text, 6, '0')";
  const journal = "md5('stored ' || i)::uuid";
  const from = "to_timestamp($3::int8) - make_interval(hours => ($2::int - n))";
  const each = "generate_series(0, $1::int - 1) i, generate_series(0, $2::int - 1) n";
  const { codec, packed } = packDocument({
    body: o.sample.body,
    signature_input: o.sample.headers["signature-input"],
    signature: o.sample.headers.signature,
  });
  await database.query(
    "select ensure_report_bodies(recorded_month(t)) from (select distinct date_trunc('month', to_timestamp($3::int8) - make_interval(hours => ($2::int - n))) t from generate_series(0, $2::int) n where $1::int > 0) m",
    values,
  );
  await database.query(
    `insert into journals (installation_id, journal, first_recorded_at, last_recorded_at, first_covered_at,
       covered_through, through, highest, revision, agent_version, interval_seconds)
     select ${site}, ${journal}, to_timestamp($3::int8) - make_interval(hours => $2::int), to_timestamp($3::int8),
       to_timestamp($3::int8) - make_interval(hours => $2::int), to_timestamp($3::int8), $2::int, $2::int, $2::int,
       '1.0.0', 3600
     from generate_series(0, $1::int - 1) i`,
    values,
  );
  await database.query(
    `insert into reports (installation_id, journal, sequence, digest, previous, key_number, outcome, sealed_at,
       recorded_at, revision, touched_from, touched_to, restates_from, coverage, sources, covered_from, covered_to,
       final, lines, receipt, receipt_proof_input, receipt_proof_signature)
     select ${site}, ${journal}, n + 1, md5(i || ' ' || n) || md5(n || ' ' || i), md5(i || ' ' || n - 1) || md5(n - 1 || ' ' || i),
       '1', 'accepted', ${from}, ${from}, n + 1, ${from}, ${from} + interval '1 hour', ${from},
       jsonb_build_array(jsonb_build_array($3::int8 - 3600 * ($2::int - n), $3::int8 - 3600 * ($2::int - n) + 3600)),
       '[]', ${from}, ${from} + interval '1 hour', false, ${linesOfReport},
       convert_to(repeat(md5(i || ' ' || n), 12), 'UTF8'),
       'proof=("content-digest");created=1767571200;keyid="' || repeat('A', 43) || '";alg="ed25519";tag="submeter-receipt"',
       'proof=:' || repeat(md5(n || ' ' || i), 3) || '==:'
     from ${each} order by n, i`,
    values,
  );
  await database.query(
    `insert into report_bodies (installation_id, journal, sequence, recorded_month, codec, packed)
     select ${site}, ${journal}, n + 1, recorded_month(${from}), $4, $5 from ${each} order by n, i`,
    [...values, codec, packed],
  );
  await database.query(
    `insert into usage_windows (installation_id, journal, window_start, lines)
     select ${site}, ${journal}, ${from}, array(
       select (i + n + l) % 100000 || ' ' || (array['requests', 'tokens', 'gpu_seconds'])[l % 3 + 1] ||
              ' {"direction":"output","model":"' || (array['large', 'medium', 'small', 'embedding'])[l / 3 + 1] || '"}'
         from generate_series(0, ${linesOfReport - 1}) l)
     from ${each} order by n, i`,
    values,
  );
  await database.query("analyze");
  await database.query("checkpoint");
  return reports * o.installations * linesOfReport;
}
