import { readFileSync } from 'node:fs';
import { parse } from 'smol-toml';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readConfig } from '../../src/config/read.ts';
import { configurationKeys } from '../support/configuration-keys.ts';

const test = suite('config.example.toml');
const source = readFileSync(new URL('../../config.example.toml', import.meta.url), 'utf8');

test('is valid as it stands', () => {
  const config = readConfig(source, 'config.example.toml', ['ingest', 'ship', 'watch', 'mail', 'osf', 'metrics']);
  assert.is(config.watch.patience, 15 * 60_000);
  assert.equal(config.metrics.listen, { host: '127.0.0.1', port: 9464 });
});

test('is valid with every commented key switched on', () => {
  const allOn = source.replace(/^# (?=[a-z_]+ = )/gm, '');
  assert.is(readConfig(allOn, 'config.example.toml').watch?.older_timezone, 'CET');
});

test('names every key there is', () => {
  const allOn = source.replace(/^# (?=[a-z_]+ = )/gm, '');
  const named = Object.entries(parse(allOn)).flatMap(([key, value]) =>
    typeof value === 'object' ? Object.keys(value).map((inner) => `${key}.${inner}`) : [key],
  );
  assert.equal(named.toSorted(), configurationKeys().toSorted());
});

test('shows the defaults that the schema has', () => {
  const shown = readConfig(source, 'config.example.toml');
  const secrets =
    '[ingest]\nbearer_token_file="/b"\n[ship]\nhost="h"\nidentity_file="/i"\nknown_hosts="/k"\n[watch]\n[osf]\nproject="abc12"\ntoken_file="/t"';
  const bare = readConfig(`server = 1\n${secrets}`, 'bare');
  for (const section of ['ingest', 'ship', 'watch', 'alerts', 'osf'] as const) {
    for (const [key, value] of Object.entries(bare[section] ?? {})) {
      if (!/_file$|^host$|^known_hosts$/.test(key))
        assert.equal((shown[section] as Record<string, unknown>)[key], value, `${section}.${key}`);
    }
  }
});

test.run();
