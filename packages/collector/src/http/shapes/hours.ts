/** Hours by state, as close and statements tell them. */

import { countShape, shape, textShape } from "./shape.ts";

export const hourCountsShape = shape({
  expected: countShape,
  counted: countShape,
  pending: countShape,
  uncounted: countShape,
  excused: countShape,
  overdue: countShape,
  text: textShape,
});
