// The configuration: every key, its kind and its default. Documented for people in config.example.toml.
// Takes the parsed TOML document; leaves the settings under the same names, durations in milliseconds.
import { z } from 'zod';
import { address, clockTime, duration, endpoint, flag, oneOf, path, text, texts, whole, zone } from './values.ts';

const ingest = z.strictObject({
  source: oneOf(['sample']).default('sample'),
  api: address('https:', 'http:').default('https://api.x.com'),
  bearer_token_file: path,
  spool: path.default('/var/lib/streamvault/spool'),
  backfill: flag.default(false),
  tweet_fields: texts.default([
    'author_id',
    'conversation_id',
    'created_at',
    'id',
    'lang',
    'text',
    'referenced_tweets',
    'source',
    'note_tweet',
  ]),
  user_fields: texts.default([
    'created_at',
    'id',
    'location',
    'name',
    'protected',
    'public_metrics',
    'username',
    'verified',
  ]),
  expansions: texts.default(['author_id']),
  proxy: address('http:', 'https:').optional(),
  proxy_password_file: path.optional(),
  ca_file: path.optional(),
  warc: path.optional(),
});

const ship = z.strictObject({
  spool: path.optional(),
  host: text,
  port: whole(1, 65_535).default(22),
  user: text.default('streamvault-inbox'),
  identity_file: path,
  passphrase_file: path.optional(),
  known_hosts: path,
  inbox: text.default('/inbox'),
  keep: duration.prefault('0s'),
});

const watch = z.strictObject({
  own: path.default('/var/lib/streamvault/spool'),
  partner: path.optional(),
  vault: path.default('/var/lib/streamvault/vault'),
  patience: duration.prefault('15m'),
  late_window: duration.prefault('8d'),
  raw: oneOf(['delete', 'keep']).default('delete'),
  preset: whole(0, 9).default(6),
  older_timezone: zone.optional(),
});

const mail = z.strictObject({
  smtp: address('smtp:', 'smtps:'),
  from: text,
  to: texts.min(1, 'at least one address'),
  user: text.optional(),
  password_file: path.optional(),
  ca_file: path.optional(),
  report_at: clockTime.default('02:00'),
  notice_at_start: flag.default(false),
});

const alerts = z.strictObject({
  command: text.optional(),
  webhook: address('https:', 'http:').optional(),
  no_data: duration.prefault('5m'),
  partner_silent: duration.prefault('15m'),
  disk_free: duration.prefault('2d'),
});

const osf = z.strictObject({
  api: address('https:', 'http:').default('https://api.osf.io'),
  project: text,
  storage: text.default('osfstorage'),
  token_file: path,
  monthly_ids: whole(0, 1e12).default(1_500_000),
  approval: text.optional(),
});

const metrics = z.strictObject({ listen: endpoint });

/** The whole document. `server` and `timezone` stand at the top; each section but those that a command needs may be left out. */
export const document = z.strictObject({
  server: oneOf([1, 2]),
  timezone: zone.default('UTC'),
  ingest: ingest.optional(),
  ship: ship.optional(),
  watch: watch.optional(),
  mail: mail.optional(),
  alerts: alerts.prefault({}),
  osf: osf.optional(),
  metrics: metrics.optional(),
});

export type Config = z.output<typeof document>;
export type Section = 'ingest' | 'ship' | 'watch' | 'mail' | 'osf' | 'metrics';
/** A configuration in which these sections are certain to stand. */
export type ConfigWith<S extends Section> = Config & { readonly [Name in S]-?: NonNullable<Config[Name]> };
export type IngestSettings = NonNullable<Config['ingest']>;
export type ShipSettings = NonNullable<Config['ship']>;

/** How long late files are accepted when server 2's file has no [watch] section. */
export const lateWindowOf = (config: Config): number =>
  config.watch?.late_window ?? document.shape.watch.unwrap().shape.late_window.parse(undefined);

/** The keys' schemas of an object schema, seen through optional() and defaults; undefined for any other schema. */
export function objectShape(schema: unknown): Readonly<Record<string, unknown>> | undefined {
  let inner = schema;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodPrefault || inner instanceof z.ZodDefault)
    inner = inner.unwrap();
  return inner instanceof z.ZodObject ? inner.shape : undefined;
}

/** Neither ingest nor ship nor watch: no service would start on it. */
export const isIdle = ({ ingest, ship, watch }: Config): boolean => !ingest && !ship && !watch;

/** The spool that `ship` empties: its own, or the one that `ingest` fills. */
export const shipSpoolOf = (config: ConfigWith<'ship'>): string =>
  config.ship.spool ?? config.ingest?.spool ?? '/var/lib/streamvault/spool';
