/** What can close, and what waits for what. */

import Type from "typebox";
import { hourCountsShape } from "./hours.ts";
import { instantOrNullShape, oneOf, orNull, shape, spanShape, textShape } from "./shape.ts";

export const closeShape = shape({
  customer: textShape,
  contract: textShape,
  period: spanShape,
  state: oneOf("open", "closeable", "waiting", "booked"),
  why: Type.Array(textShape),
  earliest: instantOrNullShape,
  latest: instantOrNullShape,
  hours: orNull(hourCountsShape),
});
