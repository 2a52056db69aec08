// `streamvault install`: makes this machine one of the two servers. Takes a plan; leaves what it names, and never touches what is
// there. Everything may be repeated: the second time nothing happens.
import { join } from 'node:path';
import type { Disk } from '../outside/disk.ts';
import type { ProgramEnding } from '../outside/programs.ts';
import type { FileStep, RunStep, Step } from './plan.ts';

export interface InstallWorld {
  readonly disk: Disk;
  run(program: string, words: readonly string[]): Promise<ProgramEnding>;
  copyExecutable(from: string, to: string): Promise<void>;
}

export interface InstallOptions {
  /** The folder that stands for the machine's root; `/` usually, another for an image. */
  readonly root: string;
  /** Say what would be done, and do nothing. */
  readonly isDry: boolean;
}

/** What became of a step: `path` or command line, as the machine will see it. */
export interface Deed {
  readonly is: 'made' | 'was-there' | 'ran' | 'to-do-by-hand';
  readonly what: string;
  /** Why it is left to a person. */
  readonly why?: string;
}

/** Does the steps in order. Rejects where the disk refuses; what was done by then stands, and a repetition goes on from there. */
export async function install(steps: readonly Step[], world: InstallWorld, options: InstallOptions): Promise<Deed[]> {
  const deeds: Deed[] = [];
  for (const step of steps) {
    if (step.is === 'run') deeds.push(await runStep(step, world, options));
    else if (step.is === 'file') deeds.push(await fileStep(step, world, options));
    else {
      const there = await world.disk.facts(join(options.root, step.path));
      if (there === undefined && !options.isDry) await world.copyExecutable(step.from, join(options.root, step.path));
      deeds.push({ is: there === undefined ? 'made' : 'was-there', what: step.path });
    }
  }
  return deeds;
}

const differs = 'not as this version has it: changed by somebody, or of another version; taken away, it is made anew';

async function fileStep(step: FileStep, { disk }: InstallWorld, { root, isDry }: InstallOptions): Promise<Deed> {
  for (const path of [step.path, step.packagedAt]) {
    if (path === undefined || !(await disk.facts(join(root, path)))) continue;
    const isSame = step.isTheirs === true || (await disk.read(join(root, path))).toString() === step.text;
    return { is: 'was-there', what: path, ...(!isSame && { why: differs }) };
  }
  if (!isDry) {
    const path = join(root, step.path);
    await disk.makeFolder(join(path, '..'));
    await disk.write(path, step.text);
  }
  return { is: 'made', what: step.path };
}

async function runStep(step: RunStep, world: InstallWorld, { root, isDry }: InstallOptions): Promise<Deed> {
  const words = root === '/' ? step.words : [`--root=${root}`, ...step.words];
  const what = `${step.program} ${step.words.join(' ')}`;
  if (isDry) return { is: 'ran', what, why: step.why };
  const ending = await world.run(step.program, words);
  if (ending.is === 'done') return { is: 'ran', what, why: step.why };
  const reason = ending.is === 'absent' ? 'it is not on this machine' : ending.reason;
  return { is: 'to-do-by-hand', what, why: `${reason}; it makes ${step.why}` };
}
