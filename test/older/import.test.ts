// Taking over from the older system: its settings, credentials, vault and temporary folders, in the formats that it left.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CommandWorld } from '../../src/commands/command.ts';
import { importOlder as runImport } from '../../src/commands/import-older.ts';
import { describeError, exitStatusOf } from '../../src/domain/operator-error.ts';
import { readConfig } from '../../src/config/read.ts';
import { configFromOlder, inboxPath } from '../../src/older/config-text.ts';
import { type OlderSettings, readOlderSettings, readPairs } from '../../src/older/settings.ts';
import { leftToDo } from '../../src/older/todo.ts';
import { reportedTotals } from '../../src/older/vault-check.ts';
import { systemDisk } from '../../src/outside/disk.ts';
import { compressXz } from '../../src/outside/xz.ts';
import { watchOnce } from '../../src/watch/watch.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { bytesBelow, place } from '../support/watching.ts';

const test = suite('import older');

const settingsText = (root: string): string => `# settings of server 1
SERVER=1
NOTIFICATIONS=true   # mails
TWITTER_API_KEY_SRC="/home/me/bearer_token.txt"
TWITTER_API_KEY_DST="${root}/keys/twitter.txt"
EMAIL_CREDENTIALS_DST='${root}/keys/mail.txt'
OSF_KEY_DST=${root}/keys/osf.txt
TMP_STORAGE_SERVER_1=${root}/tmp1
TMP_STORAGE_SERVER_2=${root}/tmp2
DATA_VAULT_DST=${root}/vault
USERNAME=collector
GROUPNAME=collectors
PYTHON_PATH=/opt/python
M3CLASSIFY=true
SOMETHING_ELSE=1
`;

async function writeHour(vault: string, name: string, ids: readonly string[]): Promise<void> {
  const folder = join(vault, name.slice(0, 10));
  mkdirSync(folder, { recursive: true });
  // A text with a line feed and a quote in it, as pandas quotes them.
  const rows = ids.map((id) => `${id},"one\n""two""",de\n`).join('');
  const put = async (ending: string, text: string): Promise<void> =>
    writeFileSync(join(folder, `${name}_${ending}`), await compressXz(Buffer.from(text), { preset: 0 }));
  await put('IDs.txt.xz', ids.map((id) => `${id}\n`).join(''));
  await put('tweets.csv.xz', `id,text,lang\n${rows}`);
  await put('users.csv.xz', 'author_id,lang\n7,de\n');
}

function writeReport(vault: string, day: string, totals: Readonly<Record<string, number>>): void {
  const rows = Object.entries(totals).map(([hour, total]) => `${hour}\t${total}\t${total}\t${total}\t0\t0.00%\n`);
  writeFileSync(join(vault, day, `${day}_report.txt`), `hour\tserv 1\tserv 2\ttotal\tdiff\tdiff %\n${rows.join('')}`);
}

function writeMinute(tree: string, start: string, ids: readonly string[]): void {
  const [day = '', clock = ''] = start.split(' ');
  const folder = join(tree, day, clock.slice(0, 2));
  mkdirSync(folder, { recursive: true });
  const end = new Date(Date.parse(`${day}T${clock}Z`) + 60_000).toISOString();
  const name = `sampled_stream_${day}_${clock}_to_${end.slice(0, 10)}_${end.slice(11, 19)}.jsonl`;
  const lines = ids.map((id) =>
    JSON.stringify({ id, text: 'x', author_id: '7', author: { id: '7', name: 'N' }, __twarc: { retrieved_at: '' } }),
  );
  writeFileSync(join(folder, name), lines.map((line) => `${line}\n`).join(''));
}

/** An older system that stopped on 2022-03-01 after the hour 13 (CET), with the hour 14 still in its temporary folders. */
async function olderSystem(): Promise<string> {
  const root = temporaryFolder();
  const vault = join(root, 'vault');
  for (const name of ['2022-02-28_23', '2022-03-01_12', '2022-03-01_13'])
    await writeHour(vault, name, ['1498', '1499']);
  writeReport(vault, '2022-03-01', { 12: 2, 13: 2 });
  for (let minute = 0; minute < 60; minute++) {
    const clock = `14:${String(minute).padStart(2, '0')}:00`;
    writeMinute(join(root, 'tmp1'), `2022-03-01 ${clock}`, [`15${minute + 10}`]);
    writeMinute(join(root, 'tmp2'), `2022-03-01 ${clock}`, [`15${minute + 10}`, '1499']);
  }
  mkdirSync(join(root, 'keys'));
  writeFileSync(join(root, 'keys/twitter.txt'), 'bearer_token=AAAA%2Bnot=real\n');
  writeFileSync(
    join(root, 'keys/mail.txt'),
    'server=mail.example.org\nport=587\nuser=me\npassword="p#w"\nfromaddr=a@example.org\ntoaddr=b@example.org, c@example.org\n',
  );
  writeFileSync(join(root, 'keys/osf.txt'), 'username=me@example.org\ntoken=tok\n');
  writeFileSync(join(root, 'server_settings.txt'), settingsText(root));
  return root;
}

interface End {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command as the front door runs it, without a process of its own for each. */
async function importOlder(root: string, { isDry = false } = {}): Promise<End> {
  const written: string[] = [];
  const results = { write: (text: string) => written.push(text) } as unknown as CommandWorld['results'];
  const options = { settings: `${root}/server_settings.txt`, config: `${root}/new/config.toml`, timezone: 'CET' };
  const end = await runImport({ ...options, 'dry-run': isDry }, { ...place({ root }).world(), results }).then(
    (status) => ({ status, stderr: '' }),
    (error: unknown) => ({ status: exitStatusOf(error), stderr: describeError(error) }),
  );
  return { ...end, stdout: written.join('') };
}

test('settings are read by name, what means nothing here is ignored by name, the unknown is named', () => {
  const settings = readOlderSettings(settingsText('/r'));
  if (typeof settings === 'string') throw new Error(settings);
  assert.is(settings.server, 1);
  assert.is(settings.bearerToken, '/r/keys/twitter.txt');
  assert.equal(settings.temporary, ['/r/tmp1', '/r/tmp2']);
  assert.equal([settings.vault, settings.user, settings.group], ['/r/vault', 'collector', 'collectors']);
  assert.equal(settings.ignored, ['PYTHON_PATH', 'M3CLASSIFY']);
  assert.equal(settings.unknown, ['SOMETHING_ELSE']);
  assert.type(readOlderSettings('SERVER=3'), 'string');
});

test('pairs are read as shells and configuration parsers write them', () => {
  const pairs = readPairs('[mail]\nexport A="x # y" # why\nB=\'z\'\r\nc: d\nE=\n# F=1\nG=a=b\n');
  assert.equal(Object.fromEntries(pairs), { A: 'x # y', B: 'z', c: 'd', E: '', G: 'a=b' });
});

test('mail on port 465 is TLS from the start; notifications switched off leave it out', () => {
  const mail = readPairs('server=m\nport=465\nfromaddr=a@b.c\ntoaddr=d@e.f');
  const made = (more: string): string => {
    const settings = readOlderSettings(`SERVER=1\n${more}`);
    if (typeof settings === 'string') throw new Error(settings);
    return configFromOlder({ settings, credentials: { mail }, zone: 'CET', folder: '/etc/streamvault' }).text;
  };
  assert.match(made(''), 'smtp = "smtps://m:465"');
  assert.not.match(made('NOTIFICATIONS=false'), 'smtp');
});

test('where it published to OSF, the new one will, and it is said what bounds that', () => {
  const settings = readOlderSettings('SERVER=1\n');
  if (typeof settings === 'string') throw new Error(settings);
  const credentials = { osf: new Map(Object.entries({ token: 'tok', project: 'abc12' })) };
  const { text, secrets, leftOut } = configFromOlder({
    settings,
    credentials,
    zone: 'CET',
    folder: '/etc/streamvault',
  });
  assert.match(text, '[osf]\nproject = "abc12"\ntoken_file = "/etc/streamvault/osf_token"\n');
  assert.is(secrets.get('osf_token'), 'tok');
  assert.ok(leftOut.some((sentence) => /1,500,000 tweet IDs in 30 days.*take \[osf\] out/.test(sentence)));
});

test('credentials of OSF without a token are named, not passed over', () => {
  const settings = readOlderSettings('SERVER=1\n') as OlderSettings;
  const { text, leftOut } = configFromOlder({
    settings,
    credentials: { osf: new Map([['osf_token', 'tok']]) },
    zone: 'CET',
    folder: '/etc/streamvault',
  });
  assert.not.match(text, '[osf]');
  assert.ok(leftOut.includes('The OSF credentials lack token: [osf] was left out.'), leftOut.join('\n'));
});

test('a report’s totals are read by their columns, the last of repeated rows counts', () => {
  const totals = reportedTotals('hour\tserv 1\ttotal\n7\t1\t2\n08\t1\t3\n08\t1\t4\nnonsense\n');
  assert.equal(Object.fromEntries(totals), { '07': 2, '08': 4 });
});

test('a sound archive is taken over: configuration, secrets, sums, and the hour that it had not made', async () => {
  const root = await olderSystem();
  const { status, stdout, stderr } = await importOlder(root);
  assert.is(status, 0, stdout + stderr);
  assert.match(stdout, 'Vault: 3 hours, 6 tweets, 2022-02-28T23 to 2022-03-01T13');
  assert.match(stdout, 'Not in the vault: 12 hours, the last 2022-03-01T11');
  assert.match(stdout, 'server 2: 60 minute files of 1 hours, 2022-03-01T14 to 2022-03-01T14');
  assert.match(stdout, 'Not known, please look: SOMETHING_ELSE');
  const secret = join(root, 'new/bearer_token');
  assert.is(readFileSync(secret, 'utf8'), 'AAAA%2Bnot=real\n');
  assert.is(statSync(secret).mode & 0o777, 0o600);
  assert.is(readFileSync(join(root, 'new/mail_password'), 'utf8'), 'p#w\n');
  assert.ok(existsSync(join(root, 'vault/2022-02-28/SHA256SUMS')));

  const text = readFileSync(join(root, 'new/config.toml'), 'utf8');
  assert.match(text, `partner = "${inboxPath}"`);
  const inbox = join(root, 'inbox');
  mkdirSync(inbox);
  const copy = /^  sudo (cp -a .*)$/m.exec(stdout)?.[1] ?? '';
  execFileSync('bash', ['-ec', copy.replace(inboxPath, inbox)]);
  const config = readConfig(text.replace(inboxPath, inbox), 'new', ['ingest', 'watch']);
  assert.equal([config.timezone, config.watch.older_timezone, config.mail?.to.length], ['CET', 'CET', 2]);
  const done = await watchOnce(config, place({ root, now: '2022-03-01T14:30:00Z' }).world());
  assert.equal(done.setAside, 0);
  assert.equal(done.committed, [{ hour: '2022-03-01T14', generation: 1, tweets: 60 }]);
  const kept = readFileSync(join(root, 'vault/2022-03-01/2022-03-01_report_older.txt'), 'utf8');
  assert.match(kept, /^12\t2\t/m);
});

test('what is left to do stands in its order, with commands that a shell and systemd read', async () => {
  const settings = readOlderSettings(
    `SERVER=1\nTMP_STORAGE_SERVER_1=/home/me/it's 100%\nTMP_STORAGE_SERVER_2=/srv/tmp2\nDATA_VAULT_DST=/srv/vault\nUSERNAME=me\n`,
  );
  if (typeof settings === 'string') throw new Error(settings);
  const left = leftToDo({ settings, leftOut: ['Left out.'], kept: { path: '/e/c.toml', beside: '/e/c.toml.new' } });
  assert.equal(
    left.map((sentence) => sentence.split(' ').slice(0, 2).join(' ')),
    ['/e/c.toml was', 'Left out.', 'Stop the', 'Make user,', 'Copy what', 'Give the', 'Let the', 'Do what'],
  );
  const made = execFileSync('bash', ['-ec', /printf [^|]*/.exec(left[6] ?? '')?.[0] ?? ''], { encoding: 'utf8' });
  assert.is(made, `[Service]\nReadWritePaths="/home/me/it's 100%%" /srv/vault\nProtectHome=no\n`);
  const second = readOlderSettings('SERVER=2\nTMP_STORAGE_SERVER_2=/srv/tmp2\n');
  if (typeof second === 'string') throw new Error(second);
  assert.match(leftToDo({ settings: second, leftOut: [] })[0] ?? '', 'bring what waits in /srv/tmp2 to server 1');
});

test('what is wrong is named by hour and file, and ends with 1', async () => {
  const root = await olderSystem();
  const day = join(root, 'vault/2022-03-01');
  const tweets = join(day, '2022-03-01_12_tweets.csv.xz');
  writeFileSync(tweets, readFileSync(tweets).subarray(0, 60));
  writeReport(join(root, 'vault'), '2022-03-01', { 12: 2, 13: 5 });
  await writeHour(join(root, 'vault'), '2022-03-02_00', ['77']);
  await systemDisk.remove(join(root, 'vault/2022-03-02/2022-03-02_00_users.csv.xz'));
  const { status, stdout } = await importOlder(root);
  assert.is(status, 1);
  assert.match(stdout, '2022-03-01_12_tweets.csv.xz: it cannot be unpacked (damaged or cut off)');
  assert.match(stdout, 'the report says 5 tweets, the file holds 2');
  assert.match(stdout, '2022-03-02_00_users.csv.xz is missing');
  assert.not.ok(existsSync(join(day, 'SHA256SUMS')));
});

test('a second import reads only what has changed, and overwrites nothing', async () => {
  const root = await olderSystem();
  await importOlder(root);
  writeFileSync(join(root, 'new/config.toml'), 'mine');
  const journal = join(root, 'vault/.import-older.jsonl');
  // A line cut off by a crash; the verdicts before it count.
  writeFileSync(journal, `${readFileSync(journal, 'utf8')}\n{"stamp":"`);
  const before = readFileSync(journal, 'utf8');
  await writeHour(join(root, 'vault'), '2022-02-28_22', ['5']);
  const { status, stdout } = await importOlder(root);
  assert.is(status, 0, stdout);
  assert.match(stdout, 'Vault: 4 hours, 7 tweets');
  const added = readFileSync(journal, 'utf8').slice(before.length);
  assert.is(added.match(/"hour"/g)?.length, 1);
  assert.is(readFileSync(join(root, 'new/config.toml'), 'utf8'), 'mine');
  assert.match(stdout, /1\. \S+new\/config\.toml was there and stays as it is; .* lies beside it/);
  assert.match(readFileSync(join(root, 'new/config.toml.from-older'), 'utf8'), 'older_timezone = "CET"');
});

test('a dry run prints the configuration and writes nothing at all', async () => {
  const root = await olderSystem();
  const before = bytesBelow(root);
  const { status, stdout } = await importOlder(root, { isDry: true });
  assert.is(status, 0);
  assert.match(stdout, 'older_timezone = "CET"');
  assert.not.match(stdout, 'AAAA');
  assert.match(stdout, 'Vault: 3 hours, 6 tweets');
  assert.not.ok(existsSync(join(root, 'new')));
  assert.not.ok(existsSync(join(root, 'vault/.import-older.jsonl')));
  assert.equal([...bytesBelow(root).keys()], [...before.keys()]);
});

test('settings that are missing or wrong are said with what to do', async () => {
  const root = await olderSystem();
  writeFileSync(join(root, 'server_settings.txt'), 'SERVER=one\n');
  assert.match((await importOlder(root)).stderr, 'SERVER is one, expected 1 or 2');
  assert.is((await importOlder(`${root}/nowhere`)).status, 78);
  writeFileSync(join(root, 'server_settings.txt'), settingsText(root));
  renameSync(join(root, 'vault'), join(root, 'moved'));
  const { status, stderr } = await importOlder(root);
  assert.is(status, 78);
  assert.match(stderr, 'vault (DATA_VAULT_DST) is not there; nothing was changed.');
  assert.not.ok(existsSync(join(root, 'new')));
});

test.run();
