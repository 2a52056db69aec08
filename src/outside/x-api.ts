// What is asked of the X API beside the stream, through the field's well-kept client.
// Takes address, token and the way there; leaves plain values, or why there are none.
import * as http from 'node:http';
import * as https from 'node:https';
import { ApiRequestError, ApiResponseError, TwitterApi } from 'twitter-api-v2';
import { proxyAgent } from './proxy.ts';

export interface ApiAccess {
  /** https://api.x.com */
  readonly api: string;
  readonly token: string;
  readonly proxy?: string | undefined;
  /** PEM certificates of authorities to trust; undefined: the well-known ones. */
  readonly authorities?: readonly string[] | undefined;
}

/** A connection of this app to a stream, as GET /2/connections gives it. */
export interface StreamConnection {
  readonly id: string;
  readonly endpoint: string;
  readonly connectedAt: string;
  /** The address that the API sees: that of the router, where there is one. */
  readonly clientIp: string;
}

/** The API answered, and not with what was asked for. */
export class ApiRefusal extends Error {
  override readonly name = 'ApiRefusal';
  /** Of the answer, as 401. */
  readonly status: number;
  constructor(status: number, cause: Error) {
    super(cause.message, { cause });
    this.status = status;
  }
}

interface ApiConnection {
  readonly id?: string;
  readonly endpoint_name?: string;
  readonly connected_at?: string;
  readonly client_ip?: string;
}

/**
 * The connections of this app that the API holds open now, the partner's too. Costs no connect of a stream. Rejects with ApiRefusal,
 * or with the network's own error where no answer came.
 */
export async function standingConnections({ api, token, proxy, authorities }: ApiAccess): Promise<StreamConnection[]> {
  const trust = authorities === undefined ? {} : { ca: [...authorities] };
  const direct = api.startsWith('https:') ? new https.Agent(trust) : new http.Agent();
  const httpAgent = proxy === undefined ? direct : proxyAgent(proxy, trust);
  const client = new TwitterApi(token, { httpAgent });
  const { data = [] } = await client.v2
    .get<{ data?: ApiConnection[] }>('connections', { status: 'active' }, { prefix: `${api}/2/` })
    .catch((error: unknown) => Promise.reject(reasonOf(error)));
  return data.map(
    ({ id = '', endpoint_name: endpoint = '', connected_at: connectedAt = '', client_ip: clientIp = '' }) => ({
      id,
      endpoint,
      connectedAt,
      clientIp,
    }),
  );
}

/** An answer as an error of ours; else what the network said: the client's own error says "Request failed.", and keeps the reason where its type does not show it. */
function reasonOf(error: unknown): unknown {
  if (error instanceof ApiResponseError) return new ApiRefusal(error.code, error);
  if (!(error instanceof ApiRequestError)) return error;
  const { error: reason } = (Reflect.get(error, '_options') ?? {}) as { readonly error?: unknown };
  return error.requestError ?? reason ?? error;
}
