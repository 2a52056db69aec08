// Every command, in the order in which `--help` shows them.
import type { Command } from './command.ts';
import { alert } from './alert.ts';
import { check } from './check.ts';
import { demo } from './demo.ts';
import { emulate } from './emulate.ts';
import { importCommand } from './import.ts';
import { ingest } from './ingest.ts';
import { install } from './install.ts';
import { publish } from './publish.ts';
import { report } from './report.ts';
import { selfTest } from './self-test.ts';
import { ship } from './ship.ts';
import { status } from './status.ts';
import { verify } from './verify.ts';
import { warc } from './warc.ts';
import { watch } from './watch.ts';

export const allCommands: readonly Command[] = [
  ingest,
  ship,
  watch,
  verify,
  report,
  status,
  check,
  publish,
  warc,
  alert,
  install,
  importCommand,
  emulate,
  demo,
  selfTest,
];
