// `streamvault import WHAT`: what other systems left, for this one. Each kind of thing is a verb with a file of its own.
import { OperatorError } from '../domain/operator-error.ts';
import { command, configOption } from './command.ts';
import { importOlder } from './import-older.ts';
import { importWarc } from './import-warc.ts';

export const importCommand = command({
  name: 'import',
  summary:
    'Take over what lies elsewhere: `import older` the archive that came before, `import warc` minute files out of WARC files',
  options: {
    ...configOption,
    settings: { type: 'string', describe: 'older: its server_settings.txt' },
    timezone: { type: 'string', default: 'CET', describe: 'older: the zone in which it named its hours' },
    spool: { type: 'string', describe: 'warc: the folder for the minute files; [ingest] spool where it is not given' },
    'dry-run': {
      type: 'boolean',
      default: false,
      describe: 'older: print the configuration, verify, and write nothing',
    },
  },
  positionals: {
    what: { type: 'string', choices: ['older', 'warc'], describe: 'What is to be imported' },
    files: { type: 'string', array: true, describe: 'warc: WARC files, or folders of them' },
  },
  async run({ what, ...options }, world) {
    if (what === 'older') return importOlder(options, world);
    if (what === 'warc') return importWarc(options, world);
    throw new OperatorError(
      'wrong-usage',
      'It is not said what to import.',
      'Write: streamvault import older, or streamvault import warc FILES.',
    );
  },
});
