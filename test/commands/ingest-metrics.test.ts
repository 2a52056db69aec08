import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ingestMetrics } from '../../src/commands/ingest-metrics.ts';
import type { IngestState } from '../../src/ingest/meter.ts';
import { serveMetrics } from '../../src/outside/metrics-server.ts';
import { manualClock } from '../support/manual-clock.ts';
import { silentLog } from '../support/silent-log.ts';
import { until } from '../support/until.ts';

const test = suite('metrics of ingest');
const state: IngestState = {
  isConnected: true,
  silentForMs: 1_500,
  linesInOpenMinute: 7,
  waitingBytes: 0,
  isRefused: false,
  openMinuteMs: 1_773_147_600_000,
};

interface Served {
  readonly metrics: ReturnType<typeof ingestMetrics>;
  readonly clock: ReturnType<typeof manualClock>;
  get(path: string, method?: string): Promise<{ status: number; text: string }>;
  [Symbol.asyncDispose](): Promise<void>;
}

async function served(): Promise<Served> {
  const clock = manualClock();
  const metrics = ingestMetrics({ clock, freeBytes: () => Promise.resolve(123) });
  const stop = new AbortController();
  let port = 0;
  const log = {
    ...silentLog,
    info: (_event: string, facts?: Readonly<Record<string, unknown>>) => void (port = Number(facts?.['port'])),
  };
  const serving = serveMetrics({ host: '127.0.0.1', port: 0 }, metrics.pages, { log, signal: stop.signal });
  await until('the server', () => port > 0);
  return {
    metrics,
    clock,
    async get(path, method = 'GET') {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, { method });
      return { status: response.status, text: await response.text() };
    },
    async [Symbol.asyncDispose]() {
      stop.abort(new Error('over'));
      await serving;
    },
  };
}

test('what happens is counted, and the text is what Prometheus reads', async () => {
  await using server = await served();
  const { meter } = server.metrics;
  meter.bytes(1000);
  meter.lines(3);
  meter.lag(3_000);
  meter.setAside('not-an-object');
  meter.ended({ is: 'ended', how: 'stalled', detail: '', livedMs: 1, lines: 1 });
  meter.ended({ is: 'server-error', detail: '' });
  meter.gap({ fromMs: 1_500, toMs: 3_100, cause: 'stalled' });
  meter.closed({ minute: 1, lines: 3, connectedSeconds: 60, digest: '' });
  meter.beat(state);
  const { status, text } = await server.get('/metrics');
  assert.is(status, 200);
  const lines = text.split('\n');
  for (const line of [
    'streamvault_ingest_bytes_total 1000',
    'streamvault_ingest_lines_total 3',
    'streamvault_ingest_lag_seconds_bucket{le="2"} 0',
    'streamvault_ingest_lag_seconds_bucket{le="4"} 1',
    'streamvault_ingest_aside_lines_total{reason="not-an-object"} 1',
    'streamvault_ingest_aside_lines_total{reason="cut-off"} 0',
    'streamvault_ingest_endings_total{cause="stalled"} 1',
    'streamvault_ingest_endings_total{cause="server-error"} 1',
    'streamvault_ingest_gap_seconds_total{cause="stalled"} 3',
    'streamvault_ingest_minute_files_total{content="lines"} 1',
    'streamvault_ingest_connected 1',
    'streamvault_ingest_last_byte_age_seconds 1.5',
    'streamvault_ingest_open_minute_lines 7',
    'streamvault_ingest_open_minute_timestamp_seconds 1773147600',
    'streamvault_ingest_disk_free_bytes 123',
  ])
    assert.ok(lines.includes(line), line);
  assert.ok(text.includes('process_resident_memory_bytes'));
});

test('healthz asks whether the service goes round, readyz whether the stream is heard', async () => {
  await using server = await served();
  const { meter } = server.metrics;
  assert.equal(await server.get('/readyz'), { status: 503, text: 'not connected\n' });
  meter.beat(state);
  assert.equal(await server.get('/readyz'), { status: 200, text: 'the stream is heard\n' });
  meter.beat({ ...state, silentForMs: 61_000 });
  assert.equal(await server.get('/readyz'), { status: 503, text: 'connected, but nothing comes\n' });
  meter.beat({ ...state, waitingBytes: 1, isRefused: true });
  assert.is((await server.get('/readyz')).status, 503);
  assert.is((await server.get('/healthz')).status, 200);
  await server.clock.pass(20_000);
  assert.equal(await server.get('/healthz'), { status: 503, text: 'ingest has not moved for 20 s\n' });
});

test('other paths and methods are answered, and an address that is taken ends nothing', async () => {
  await using server = await served();
  assert.is((await server.get('/')).status, 404);
  assert.is((await server.get('/metrics', 'POST')).status, 405);
  const events: string[] = [];
  const log = { ...silentLog, warn: (event: string) => void events.push(event) };
  const first = new AbortController();
  const port = await new Promise<number>((resolve) => {
    const listening = {
      ...silentLog,
      info: (_event: string, facts?: Readonly<Record<string, unknown>>) => resolve(Number(facts?.['port'])),
    };
    void serveMetrics({ host: '127.0.0.1', port: 0 }, server.metrics.pages, {
      log: listening,
      signal: first.signal,
    });
  });
  await serveMetrics({ host: '127.0.0.1', port }, server.metrics.pages, { log, signal: new AbortController().signal });
  first.abort(new Error('over'));
  assert.equal(events, ['metrics.not-served']);
});

test.run();
