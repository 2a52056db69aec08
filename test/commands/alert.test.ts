import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startMailServer } from '../support/mail-server.ts';
import { startStreamvault, streamvault } from '../support/streamvault.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { until } from '../support/until.ts';

const test = suite('alert');

function configIn(folder: string, port: number): string {
  for (const name of ['own', 'inbox', 'vault']) mkdirSync(join(folder, name), { recursive: true });
  const path = join(folder, 'config.toml');
  writeFileSync(
    path,
    `server = 1
[watch]
own = "${folder}/own"
partner = "${folder}/inbox"
vault = "${folder}/vault"
[mail]
smtp = "smtp://127.0.0.1:${port}"
from = "archive@example.org"
to = ["a@example.org"]
notice_at_start = true
`,
  );
  return path;
}

const killed = { SERVICE_RESULT: 'signal', EXIT_CODE: 'killed', EXIT_STATUS: 'KILL' };

test('a service that died is told by mail, once a day however often it dies', async () => {
  await using server = await startMailServer();
  const config = configIn(temporaryFolder(), server.port);
  for (let death = 0; death < 3; death++) {
    const { status, stderr } = await streamvault(['alert', 'streamvault-watch', '--config', config], killed);
    assert.is(status, 0, stderr);
  }
  assert.is(server.taken.length, 1);
  assert.match(server.taken[0]?.source ?? '', 'Subject: [streamvault 1] process died');
});

test('a service that was stopped in order is not told', async () => {
  await using server = await startMailServer();
  const config = configIn(temporaryFolder(), server.port);
  const { status } = await streamvault(['alert', 'streamvault-watch', '--config', config], {
    SERVICE_RESULT: 'success',
  });
  assert.is(status, 0);
  assert.is(server.taken.length, 0);
});

test('what waits for the services is delivered by the one that is started again, with its notice', async () => {
  await using server = await startMailServer();
  const folder = temporaryFolder();
  const config = configIn(folder, server.port);
  await streamvault(['alert', 'streamvault-watch', '--queue', '--config', config], killed);
  assert.is(server.taken.length, 0);
  const watch = startStreamvault(['watch', '--config', config]);
  await until('notice and death are mailed', () => server.taken.length >= 2).finally(() => watch.child.kill('SIGTERM'));
  assert.is((await watch.ended).status, 0, watch.stderr());
  const subjects = server.taken.map(({ source }) => /^Subject: (.*)\r$/m.exec(source)?.[1]);
  assert.equal(subjects.sort(), ['[streamvault 1] process died', '[streamvault 1] watch started']);
});

test.run();
