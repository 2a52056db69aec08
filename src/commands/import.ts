// `streamvault import WHAT`: what other systems left, for this one. Each kind of thing is a verb with a file of its own.
import { OperatorError } from '../domain/operator-error.ts';
import { command, configOption } from './command.ts';
import { importOlder } from './import-older.ts';

export const importCommand = command({
  name: 'import',
  summary: 'Take over what another system left: `import older` the archive that came before',
  options: {
    ...configOption,
    settings: { type: 'string', describe: 'older: its server_settings.txt' },
    timezone: { type: 'string', default: 'CET', describe: 'older: the zone in which it named its hours' },
    'dry-run': { type: 'boolean', default: false, describe: 'older: print the configuration instead of writing it' },
  },
  positionals: { what: { type: 'string', choices: ['older'], describe: 'What is to be imported' } },
  async run({ what, ...options }, world) {
    if (what === 'older') return importOlder(options, world);
    throw new OperatorError('wrong-usage', 'It is not said what to import.', 'Write: streamvault import older.');
  },
});
