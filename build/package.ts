// `npm run package`: a Debian package and a tar.gz of the executable with all that belongs to it, and their checksums.
// The same executable and sources always give the same bytes: times are the last change's, owners root, names sorted.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  globSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildExecutable, executablePath, isExecutableFresh } from './executable.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { version: string };
const folder = `${root}dist/packages`;

/** Seconds since 1970 of the last change, which all files are dated to; SOURCE_DATE_EPOCH overrides it. */
function sourceDate(): string {
  if (process.env.SOURCE_DATE_EPOCH !== undefined) return process.env.SOURCE_DATE_EPOCH;
  try {
    return execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8' }).trim();
  } catch {
    return '0';
  }
}

const environment = { ...process.env, SOURCE_DATE_EPOCH: sourceDate(), LC_ALL: 'C', TZ: 'UTC' };

function put(path: string, content: string | Uint8Array, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  chmodSync(path, mode);
}

function copy(from: string, to: string, mode = 0o644): void {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
  chmodSync(to, mode);
}

/** Documents and examples, as they lie in both packages. */
function layDocuments(target: string): void {
  for (const name of ['config.example.toml', 'CHANGELOG.md']) copy(root + name, join(target, name));
  // The pages lie one folder higher here: its links must lead to them.
  const readme = readFileSync(`${root}README.md`, 'utf8').replaceAll('](packaging/docs/', '](docs/');
  put(join(target, 'README.md'), readme);
  for (const name of globSync('{docs,sshd}/**/*.*', { cwd: `${root}packaging` }))
    copy(`${root}packaging/${name}`, join(target, name));
  copy(`${root}LICENSE`, join(target, 'copyright'));
}

const completion = (shell: 'bash' | 'zsh'): string =>
  execFileSync(executablePath, ['completion'], { encoding: 'utf8', env: { SHELL: `/bin/${shell}` } });

function layDebian(tree: string): void {
  copy(executablePath, `${tree}/usr/bin/streamvault`, 0o755);
  for (const name of globSync('systemd/*', { cwd: `${root}packaging` }))
    copy(`${root}packaging/${name}`, `${tree}/usr/lib/systemd/system/${name.slice('systemd/'.length)}`);
  for (const kind of ['sysusers.d', 'tmpfiles.d'])
    copy(`${root}packaging/${kind}/streamvault.conf`, `${tree}/usr/lib/${kind}/streamvault.conf`);
  put(`${tree}/usr/share/bash-completion/completions/streamvault`, completion('bash'));
  put(`${tree}/usr/share/zsh/vendor-completions/_streamvault`, completion('zsh'));
  layDocuments(`${tree}/usr/share/doc/streamvault`);
  const kilobytes = globSync('usr/**', { cwd: tree }).reduce(
    (sum, name) => sum + Math.ceil(statSync(join(tree, name)).size / 1024),
    0,
  );
  const control = readFileSync(`${root}packaging/debian/control`, 'utf8');
  put(`${tree}/DEBIAN/control`, control.replace('@VERSION@', version).replace('@SIZE@', String(kilobytes)));
  for (const name of ['postinst', 'prerm', 'postrm'])
    copy(`${root}packaging/debian/${name}`, `${tree}/DEBIAN/${name}`, 0o755);
}

function layArchive(tree: string): void {
  copy(executablePath, `${tree}/streamvault`, 0o755);
  put(`${tree}/completion/streamvault.bash`, completion('bash'));
  put(`${tree}/completion/_streamvault`, completion('zsh'));
  cpSync(`${root}packaging/systemd`, `${tree}/systemd`, { recursive: true });
  layDocuments(tree);
}

function makeDebian(tree: string, to: string): void {
  execFileSync('dpkg-deb', ['--root-owner-group', '-Zgzip', '-z6', '--build', tree, to], {
    env: environment,
    stdio: 'pipe',
  });
}

function makeArchive(above: string, name: string, to: string): void {
  const fixed = [
    '--sort=name',
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    `--mtime=@${environment.SOURCE_DATE_EPOCH}`,
  ];
  execFileSync('tar', [...fixed, '--mode=u+rwX,go+rX,go-w', '-I', 'gzip -n -6', '-cf', to, '-C', above, name], {
    env: environment,
  });
}

/** Makes both packages anew below dist/packages. Throws where a tool is missing or refuses. */
export async function makePackages(): Promise<readonly string[]> {
  if (!isExecutableFresh()) await buildExecutable();
  rmSync(folder, { recursive: true, force: true });
  const staging = `${folder}/.staging`;
  const archiveName = `streamvault-${version}-linux-x64`;
  process.umask(0o022);
  layDebian(`${staging}/debian`);
  layArchive(`${staging}/${archiveName}`);
  const names = [`${archiveName}.tar.gz`, `streamvault_${version}_amd64.deb`];
  makeArchive(staging, archiveName, `${staging}/${names[0]}`);
  makeDebian(`${staging}/debian`, `${staging}/${names[1]}`);
  for (const name of names) renameSync(`${staging}/${name}`, `${folder}/${name}`);
  rmSync(staging, { recursive: true });
  const sums = names.map(
    (name) =>
      `${createHash('sha256')
        .update(readFileSync(`${folder}/${name}`))
        .digest('hex')}  ${name}\n`,
  );
  writeFileSync(`${folder}/SHA256SUMS`, sums.join(''));
  return [...names, 'SHA256SUMS'].map((name) => `${folder}/${name}`);
}

if (import.meta.main) {
  for (const path of await makePackages()) console.log(`${path}  ${(statSync(path).size / 1e6).toFixed(1)} MB`);
}
