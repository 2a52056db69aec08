// The API's refusals and messages, in the shapes that clients tell them apart by: `title`, the end of `type`, `reason`.
// Takes what is refused; leaves status, headers and body. The wording of `detail` is our own.

export interface Refusal {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: object | string;
}

const problemType = (name: string): string => `https://api.twitter.com/2/problems/${name}`;

export const unauthorized: Refusal = {
  status: 401,
  body: { title: 'Unauthorized', type: 'about:blank', status: 401, detail: 'The token is not known.' },
};

export const notEnrolled: Refusal = {
  status: 403,
  body: {
    title: 'Client Forbidden',
    reason: 'client-not-enrolled',
    required_enrollment: 'Appropriate Level of API Access',
    detail: 'The access level of this client does not include this endpoint.',
    type: problemType('client-forbidden'),
  },
};

export const notFound: Refusal = {
  status: 404,
  body: { title: 'Not Found', type: 'about:blank', status: 404, detail: 'Nothing is emulated here.' },
};

export const tooManyConnections: Refusal = {
  status: 429,
  body: {
    title: 'ConnectionException',
    connection_issue: 'TooManyConnections',
    detail: 'As many connections as are allowed stand already.',
    type: problemType('streaming-connection'),
  },
};

export const rateLimited: Refusal = {
  status: 429,
  body: { title: 'Too Many Requests', type: 'about:blank', status: 429, detail: 'Too many requests in this window.' },
};

export const usageCapped: Refusal = {
  status: 429,
  body: {
    title: 'UsageCapExceeded',
    period: 'Monthly',
    scope: 'Product',
    detail: 'The cap of this month is reached.',
    type: problemType('usage-capped'),
  },
};

const unavailable: Refusal = {
  status: 503,
  body: { title: 'Service Unavailable', type: 'about:blank', status: 503, detail: 'Try again later.' },
};

export function badParameter(parameter: string, value: string): Refusal {
  return {
    status: 400,
    body: {
      errors: [{ parameters: { [parameter]: [value] }, message: `The parameter [${parameter}] cannot be [${value}].` }],
      title: 'Invalid Request',
      detail: 'A parameter of the request is invalid.',
      type: problemType('invalid-request'),
    },
  };
}

/** A refusal with a status for which nothing special is known. */
export function plainRefusal(status: number): Refusal {
  const known = [unauthorized, notEnrolled, notFound, rateLimited, unavailable].find((one) => one.status === status);
  return known ?? { status, body: { title: 'Refused', type: 'about:blank', status, detail: 'As it was asked for.' } };
}

/** What stands between client and API answers: a page for people. */
export function htmlPage(status: number): Refusal {
  return {
    status,
    headers: { 'content-type': 'text/html; charset=utf-8' },
    body: `<!DOCTYPE html>\n<html><head><title>${status}</title></head><body><h1>Something stands in between</h1></body></html>\n`,
  };
}

/** The message before the API disconnects for reasons of its own. */
export const operationalDisconnect = (kind = 'UpstreamOperationalDisconnect'): object => ({
  errors: [
    {
      title: 'operational-disconnect',
      disconnect_type: kind,
      detail: 'The stream is disconnected for operational reasons.',
      type: problemType('operational-disconnect'),
    },
  ],
});

/** A message in the stream that is no disconnect. */
export const systemMessage: object = {
  errors: [{ title: 'Notice', detail: 'Something about the stream.', type: problemType('notice') }],
};
