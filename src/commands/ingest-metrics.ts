// What ingest can be measured by, as Prometheus reads it. Takes what the meter is told;
// leaves a registry, and the pages that say whether ingest is well.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { asideReasons } from '../domain/payload.ts';
import { gapCauses, secondsOf } from '../ingest/coverage.ts';
import type { IngestMeter, IngestState } from '../ingest/meter.ts';
import type { Clock } from '../outside/clock.ts';
import type { MetricsPages } from '../outside/metrics-server.ts';

export interface IngestMetrics {
  readonly meter: IngestMeter;
  readonly pages: MetricsPages;
}

export interface MetricsParts {
  readonly clock: Clock;
  /** Bytes that the spool's file system has left. */
  freeBytes(): Promise<number>;
}

/** Without a beat for so long the service hangs; the beat comes each second. */
const longestBeatMs = 15_000;
/** The stream sends at least a keep-alive every 20 s. */
const longestSilenceMs = 60_000;
const lagBuckets = [0.5, 1, 2, 4, 8, 16, 32, 64, 128, 300, 900];

export function ingestMetrics(parts: MetricsParts): IngestMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const last = { state: undefined as IngestState | undefined, beatMs: parts.clock.monotonic() };
  const counters = ingestCounters(registry);
  ingestGauges(registry, parts, () => last.state);
  const meter: IngestMeter = {
    bytes: (count) => counters.bytes.inc(count),
    lines: (count) => counters.lines.inc(count),
    lag: (lagMs) => counters.lag.observe(lagMs / 1000),
    setAside: (reason) => counters.aside.inc({ reason }),
    ended: (ending) => counters.endings.inc({ cause: ending.is === 'ended' ? ending.how : ending.is }),
    gap: (gap) => counters.gapSeconds.inc({ cause: gap.cause }, secondsOf(gap)),
    closed: ({ lines }) => counters.minutes.inc({ content: lines > 0 ? 'lines' : 'empty' }),
    beat(state) {
      last.state = state;
      last.beatMs = parts.clock.monotonic();
    },
  };
  const pages: MetricsPages = {
    metrics: async () => ({ text: await registry.metrics(), type: registry.contentType }),
    health() {
      const beatMs = parts.clock.monotonic() - last.beatMs;
      return beatMs < longestBeatMs
        ? { isWell: true, sentence: 'ingest goes round' }
        : { isWell: false, sentence: `ingest has not moved for ${Math.round(beatMs / 1000)} s` };
    },
    readiness: () => readinessOf(last.state),
  };
  return { meter, pages };
}

function readinessOf(state: IngestState | undefined): ReturnType<MetricsPages['readiness']> {
  if (!state?.isConnected) return { isWell: false, sentence: 'not connected' };
  if ((state.silentForMs ?? 0) > longestSilenceMs) return { isWell: false, sentence: 'connected, but nothing comes' };
  if (state.waitingBytes > 0 && state.isRefused) return { isWell: false, sentence: 'the disk refuses lines' };
  return { isWell: true, sentence: 'the stream is heard' };
}

/** Counters begin at zero for every cause, so that the first rise of one is seen as a rise. */
function ingestCounters(registry: Registry) {
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, label?: L): Counter<L> =>
    new Counter<L>({ name: `streamvault_ingest_${name}`, help, labelNames: label ? [label] : [], registers });
  const aside = counter('aside_lines_total', 'Lines set aside instead of kept in a minute file', 'reason');
  const gapSeconds = counter(
    'gap_seconds_total',
    'Seconds in which the stream was not heard, of gaps that are over',
    'cause',
  );
  for (const reason of asideReasons) aside.inc({ reason }, 0);
  for (const cause of gapCauses) gapSeconds.inc({ cause }, 0);
  return {
    aside,
    gapSeconds,
    bytes: counter('bytes_total', 'Bytes of the stream received, decoded'),
    lines: counter('lines_total', 'Payloads received'),
    endings: counter('endings_total', 'Ends of attempts to hear the stream: each is followed by a reconnect', 'cause'),
    minutes: counter('minute_files_total', 'Minute files closed', 'content'),
    lag: new Histogram({
      name: 'streamvault_ingest_lag_seconds',
      help: 'Age of tweets when they come, sampled',
      buckets: lagBuckets,
      registers,
    }),
  };
}

function ingestGauges(registry: Registry, { freeBytes }: MetricsParts, state: () => IngestState | undefined): void {
  const gauge = (
    name: string,
    help: string,
    read: (state: IngestState | undefined) => number | Promise<number>,
  ): void => {
    const made: Gauge = new Gauge({
      name: `streamvault_ingest_${name}`,
      help,
      registers: [registry],
      collect: async () => made.set(await read(state())),
    });
  };
  gauge('connected', '1 while the stream is heard', (now) => Number(now?.isConnected ?? false));
  gauge(
    'last_byte_age_seconds',
    'Seconds since the last byte of the stream, keep-alives too',
    (now) => (now?.silentForMs ?? Number.NaN) / 1000,
  );
  gauge('open_minute_lines', 'Lines in the open minute file', (now) => now?.linesInOpenMinute ?? 0);
  gauge(
    'open_minute_timestamp_seconds',
    'When the open minute began',
    (now) => (now?.openMinuteMs ?? Number.NaN) / 1000,
  );
  gauge('waiting_bytes', 'Bytes received that wait for the disk', (now) => now?.waitingBytes ?? 0);
  gauge('disk_free_bytes', "Bytes left on the spool's file system", () => freeBytes().catch(() => Number.NaN));
}
