// A folder in which an ingest can run as a process of its own. Takes where it asks; leaves token, spool and configuration.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './temporary-folder.ts';

export interface IngestFolder {
  readonly folder: string;
  readonly spool: string;
  /** Where the archive of the wire lies, if there is one; made by whoever needs it. */
  readonly warc: string;
  readonly configPath: string;
}

export interface IngestSetting {
  readonly server?: 1 | 2;
  readonly withArchive?: boolean;
}

/** `api`: base URL that it asks. */
export function ingestFolder(api: string, { server = 1, withArchive = false }: IngestSetting = {}): IngestFolder {
  const folder = temporaryFolder();
  const [spool, warc, token, configPath] = ['spool', 'warc', 'token', 'config.toml'].map((name) =>
    join(folder, name),
  ) as [string, string, string, string];
  mkdirSync(spool);
  writeFileSync(token, 'emulated\n', { mode: 0o600 });
  const archive = withArchive ? `warc = "${warc}"\n` : '';
  const ingest = `[ingest]\napi = "${api}"\nbearer_token_file = "${token}"\nspool = "${spool}"\n${archive}`;
  writeFileSync(configPath, `server = ${server}\n${ingest}`);
  return { folder, spool, warc, configPath };
}
