// The desk where requests come in: who may have the stream, and what everybody else gets. Takes requests;
// leaves answers as the API gives them, and new listeners.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../outside/clock.ts';
import { type Asking, backfillMinutesOf, readAsking } from './asking.ts';
import type { Audience } from './audience.ts';
import type { Feed } from './feed.ts';
import { type Limits, RateWindow } from './limits.ts';
import * as problem from './problem.ts';
import { readSelection, type Selection } from './selection.ts';
import type { StandingFaults } from './standing.ts';

export interface DeskSetting {
  readonly tokens: readonly string[];
  readonly clock: Clock;
  readonly feed: Feed;
  readonly audience: Audience;
  readonly standing: StandingFaults;
  readonly limits: Limits;
  /** Whether the access level allows backfill_minutes. */
  readonly allowsBackfill: boolean;
  /** Whether a client that takes gzip gets it. */
  readonly offersGzip: boolean;
  /** Takes a client whose request was granted. */
  admit(response: ServerResponse, grant: Grant): void;
  /** Orders faults (POST /emulator/fault); says how many connections they befell. */
  order(text: string): number;
}

export interface Grant {
  readonly label: string;
  readonly selection: Selection;
  readonly from: number;
  readonly isCompressed: boolean;
}

type Headers = Readonly<Record<string, string>>;
type Exchange = Asking & { readonly request: IncomingMessage; readonly response: ServerResponse };

export class Desk {
  readonly #setting: DeskSetting;
  readonly #windows = new Map<string, RateWindow>();

  constructor(setting: DeskSetting) {
    this.#setting = setting;
  }

  /** Answers one request. */
  serve(request: IncomingMessage, response: ServerResponse): void {
    const asking = readAsking(request.method ?? 'GET', request.url ?? '/', request.headers);
    const exchange = { ...asking, request, response };
    response.sendDate = false;
    response.setHeader('date', new Date(this.#setting.clock.now()).toUTCString());
    if (asking.path.startsWith('/emulator')) return this.#serveOwn(exchange);
    const reception = asking.path.endsWith('/stream') ? this.#setting.standing.receive(asking.label) : undefined;
    if (reception?.is === 'no-answer') return;
    if (reception?.is === 'cut-off') return void request.socket.resetAndDestroy();
    if (asking.token === undefined || !this.#setting.tokens.includes(asking.token)) {
      return this.#refuse(exchange, problem.unauthorized);
    }
    if (asking.path === '/2/tweets/sample/stream') return this.#serveStream(exchange, reception);
    this.#serveLookup(exchange);
  }

  #serveStream(exchange: Exchange, reception: ReturnType<StandingFaults['receive']>): void {
    const { response, parameters, label, takesGzip } = exchange;
    const { feed, audience, limits, allowsBackfill, offersGzip, clock, admit } = this.#setting;
    const { isAllowed, headers } = this.#window(exchange.token ?? '').count(clock.now());
    if (reception?.is === 'refused') return this.#refuse(exchange, reception.refusal, headers);
    if (!isAllowed) return this.#refuse(exchange, problem.rateLimited, headers);
    const selection = readSelection(parameters);
    if ('value' in selection)
      return this.#refuse(exchange, problem.badParameter(selection.parameter, selection.value), headers);
    const minutes = backfillMinutesOf(parameters);
    if (minutes === undefined || (minutes > 0 && !allowsBackfill)) {
      const value = parameters.get('backfill_minutes') ?? '';
      return this.#refuse(exchange, problem.badParameter('backfill_minutes', value), headers);
    }
    if (audience.standing.length >= limits.connections)
      return this.#refuse(exchange, problem.tooManyConnections, headers);
    const isCompressed = offersGzip && takesGzip;
    response.writeHead(200, {
      'content-type': 'application/json; charset=utf-8',
      ...headers,
      ...(isCompressed && { 'content-encoding': 'gzip' }),
    });
    response.flushHeaders();
    if (reception?.is === 'accept-then-close') return void response.end();
    const from = minutes > 0 ? feed.placeBefore(minutes * 60_000) : feed.due();
    admit(response, { label, selection, from, isCompressed });
  }

  /** The few endpoints beside the stream that a client of streams asks. */
  #serveLookup(exchange: Exchange): void {
    const { method, path, parameters } = exchange;
    const { audience } = this.#setting;
    if (method === 'GET' && path === '/2/connections') {
      return this.#answer(exchange, audience.list(parameters.get('status') === 'inactive' ? 'inactive' : 'active'));
    }
    const id = /^\/2\/connections\/(\w+)$/.exec(path)?.[1];
    if (method === 'DELETE' && id !== undefined) {
      const listener = audience.byId(id);
      if (!listener) return this.#refuse(exchange, problem.notFound);
      listener.end('killed');
      return this.#answer(exchange, { data: { successful_kills: 1, failed_kills: 0 } });
    }
    const ids = parameters.get('ids')?.split(',').filter(Boolean);
    if (method === 'GET' && path === '/2/tweets' && ids) {
      return this.#answer(exchange, {
        data: ids.map((one) => ({ id: one, text: 'A tweet.', edit_history_tweet_ids: [one] })),
      });
    }
    this.#refuse(exchange, problem.notFound);
  }

  /** What the real one has not: faults by request, and a look at the state. */
  #serveOwn(exchange: Exchange): void {
    const { method, path, request } = exchange;
    if (method === 'DELETE' && path === '/emulator/fault') {
      this.#setting.standing.clear();
      return this.#answer(exchange, {});
    }
    if (method === 'GET') return this.#answer(exchange, this.#state());
    if (method !== 'POST' || path !== '/emulator/fault') return this.#refuse(exchange, problem.notFound);
    let text = '';
    request.setEncoding('utf8').on('data', (part: string) => (text += part));
    request.on('end', () => {
      try {
        this.#answer(exchange, { befell: this.#setting.order(text) });
      } catch (error) {
        this.#refuse(exchange, { status: 400, body: { title: 'No such fault', detail: String(error) } });
      }
    });
  }

  #state(): object {
    const { clock, feed, audience } = this.#setting;
    return {
      now: new Date(clock.now()).toISOString(),
      due: feed.due(),
      isOver: feed.isOver,
      connections: audience.standing.map(({ setting, sentLines, lag }) => ({
        number: setting.number,
        label: setting.label,
        sentLines,
        lag,
      })),
    };
  }

  #window(token: string): RateWindow {
    const window = this.#windows.get(token) ?? new RateWindow(this.#setting.limits.connects);
    this.#windows.set(token, window);
    return window;
  }

  #answer({ response }: Exchange, body: object): void {
    response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' }).end(`${JSON.stringify(body)}\n`);
  }

  #refuse({ response }: Exchange, { status, headers, body }: problem.Refusal, more: Headers = {}): void {
    const type = { 'content-type': 'application/json; charset=utf-8' };
    response.writeHead(status, { ...type, ...more, ...headers });
    response.end(typeof body === 'string' ? body : `${JSON.stringify(body)}\n`);
  }
}
