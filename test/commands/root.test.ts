// Root beside the services' user: what it would write in that user's folders, the services could not change afterwards.
import { chownSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { peerTest } from '../support/peers.ts';
import { streamvault } from '../support/streamvault.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const test = suite('root');
const serviceUser = 4711;

/** Spool and vault of another user, and a configuration that names them. */
function othersFolders(): { config: string; spool: string; vault: string } {
  const folder = temporaryFolder();
  const [config, secret, spool, vault] = ['config.toml', 'secret', 'spool', 'vault'].map((name) =>
    join(folder, name),
  ) as [string, string, string, string];
  for (const path of [spool, vault]) {
    mkdirSync(path);
    chownSync(path, serviceUser, serviceUser);
  }
  writeFileSync(secret, 'not looked at', { mode: 0o600 });
  writeFileSync(
    config,
    `server = 2
[ingest]
api = "http://127.0.0.1:9"
bearer_token_file = "${secret}"
spool = "${spool}"
[ship]
host = "127.0.0.1"
port = 9
identity_file = "${secret}"
known_hosts = "${secret}"
[watch]
own = "${spool}"
vault = "${vault}"
`,
  );
  return { config, spool, vault };
}

for (const words of [['ingest'], ['ship', '--once'], ['alert', 'test'], ['import', 'warc', 'package.json']]) {
  peerTest(test, ['to be root'], `root leaves nothing in the services' folders: ${words.join(' ')}`, async () => {
    const { config, spool, vault } = othersFolders();
    const { status, stderr } = await streamvault([...words, '--config', config]);
    assert.is(status, 64, stderr);
    assert.match(stderr, `another user (${serviceUser})`);
    assert.equal([readdirSync(spool), readdirSync(vault)], [[], []]);
  });
}

test.run();
