// `streamvault install --server 1|2`: user, folders, units and first configuration of a server, and what is left to a person.
// Prints one line for each thing; never overwrites anything. `--dry-run` only says what it would do.
import { join } from 'node:path';
import { readConfig } from '../config/read.ts';
import { OperatorError } from '../domain/operator-error.ts';
import { type Deed, install as installOn } from '../install/install.ts';
import { configPath, type FileStep, installSteps, packedNames, type ServerNumber } from '../install/plan.ts';
import { leftToDo } from '../install/todo.ts';
import { readConfigFile } from '../outside/config-file.ts';
import { isThere } from '../outside/file-system.ts';
import { isAdministrator, ownExecutable, packagedText } from '../outside/packaged-files.ts';
import { copyExecutable, runProgram } from '../outside/programs.ts';
import { command } from './command.ts';

export const install = command({
  name: 'install',
  summary: 'Make this machine server 1 or 2: user, folders, units, first configuration',
  options: {
    server: { type: 'number', choices: [1, 2] as const, demandOption: true, describe: 'Which of the two servers' },
    'dry-run': { type: 'boolean', default: false, describe: 'Only say what would be done' },
    root: { type: 'string', default: '/', describe: 'Install below this folder, as for an image' },
  },
  async run({ server, 'dry-run': isDry, root }, { disk, results }) {
    if (!isDry && !isAdministrator()) {
      throw new OperatorError('wrong-usage', 'Only root can install; nothing was done.', 'Add sudo, or --dry-run.');
    }
    const number = server as ServerNumber;
    const path = join(root, configPath);
    const wasThere = isThere(path);
    const found = wasThere ? await readConfigFile(path).catch(() => undefined) : undefined;
    if (found) refuseOther(number, found.server, path);
    const packed = new Map<string, string>();
    for (const name of packedNames(number)) packed.set(name, await packagedText(name));
    const steps = installSteps({ server: number, packed, executable: ownExecutable() });
    const deeds = await installOn(steps, { disk, run: runProgram, copyExecutable }, { root, isDry });
    for (const deed of deeds) results.write(`${wordsFor(deed, isDry)}\n`);
    // What is left to do on a bare machine is told from the configuration that is written, or would be.
    const first = steps.find((step) => step.is === 'file' && step.path === configPath) as FileStep;
    const config = wasThere ? found : readConfig(first.text, configPath);
    const exists = (path: string): boolean => isThere(join(root, path));
    results.write('\nLeft to do:\n');
    leftToDo(number, { config, exists }).forEach((sentence, index) => results.write(`${index + 1}. ${sentence}\n`));
    return deeds.some((deed) => deed.is === 'to-do-by-hand') ? 1 : 0;
  },
});

/** Half of one server and half of the other would be neither. */
function refuseOther(asked: ServerNumber, configured: number, path: string): void {
  if (asked === configured) return;
  throw new OperatorError(
    'wrong-usage',
    `${path} says server = ${configured}, and server ${asked} was asked for; nothing was done.`,
    `Write --server ${configured}; to make this machine server ${asked}, move that file away first.`,
  );
}

const verbs = {
  made: ['made', 'would make'],
  'was-there': ['was there', 'is there'],
  ran: ['ran', 'would run'],
  'to-do-by-hand': ['RUN BY HAND', 'RUN BY HAND'],
} as const;

function wordsFor({ is, what, why }: Deed, isDry: boolean): string {
  const verb = verbs[is][isDry ? 1 : 0].padEnd(11);
  return why === undefined ? `${verb} ${what}` : `${verb} ${what}  (${why})`;
}
