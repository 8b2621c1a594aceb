/** A refusal in Stripe's shape: status, and the members of its `error` object. */

export type StripeErrorBody = {
  readonly type: "api_error" | "idempotency_error" | "invalid_request_error";
  readonly message: string;
  readonly code?: string;
  readonly param?: string;
};

export class StripeRefusal extends Error {
  override readonly name = "StripeRefusal";
  readonly status: number;
  readonly body: StripeErrorBody;

  constructor(status: number, body: StripeErrorBody) {
    super(body.message);
    this.status = status;
    this.body = body;
  }
}

/** A 400 about what was asked, with Stripe's code and the parameter it concerns. */
export function invalid(code: string, message: string, param?: string): StripeRefusal {
  return new StripeRefusal(400, {
    type: "invalid_request_error",
    code,
    message,
    ...(param === undefined ? {} : { param }),
  });
}

/** Stripe answers 404 for the object of the path, 400 for one that a parameter names. */
export function missing(what: string, id: string, param?: string): StripeRefusal {
  return new StripeRefusal(param === undefined ? 404 : 400, {
    type: "invalid_request_error",
    code: "resource_missing",
    message: `No such ${what}: '${id}'`,
    param: param ?? "id",
  });
}
