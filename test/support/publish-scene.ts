// A vault, a stand-in for OSF and a publisher between them, on a clock whose waits pass at once.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '../../src/config/read.ts';
import type { OsfAsked, OsfFault } from '../../src/emulate/osf-fault.ts';
import { type OsfStandIn, startOsf } from '../../src/emulate/osf.ts';
import { httpCall } from '../../src/outside/http-call.ts';
import type { PassResult } from '../../src/publish/pass.ts';
import { type PublishConfig, publishOnce, runPublish } from '../../src/publish/service.ts';
import { passingClock } from './passing-clock.ts';
import { quickDisk } from './quick-disk.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { type TestWorld, testWorld } from './test-world.ts';

export const token = 'token-of-this-test';

export interface PublishScene extends AsyncDisposable {
  readonly vault: string;
  readonly folder: string;
  readonly osf: OsfStandIn;
  readonly world: Omit<TestWorld, 'clock'> & { readonly clock: ReturnType<typeof passingClock> };
  readonly config: PublishConfig;
  /** The faults of the next requests, in order; then none. */
  readonly faults: (OsfFault | undefined)[];
  /** Below a folder YYYY-mm-dd of the vault. */
  local(remotePath: string): string;
  once(): Promise<PassResult>;
  /** Runs the service until the condition holds. */
  serve(until: () => Promise<unknown>): Promise<void>;
  paths(): string[];
}

export interface SceneSetting {
  /** More lines of [osf]. */
  readonly more?: string;
  /** Which requests the faults are for; all by default. */
  readonly isAimed?: (request: OsfAsked) => boolean;
  /** Instead of the faults in order. */
  readonly fault?: (request: OsfAsked) => OsfFault | undefined;
}

export async function publishScene({
  more = '',
  isAimed = () => true,
  fault: given,
}: SceneSetting = {}): Promise<PublishScene> {
  const folder = temporaryFolder();
  const vault = join(folder, 'vault');
  const world = { ...testWorld(), disk: quickDisk, clock: passingClock(Date.parse('2026-03-11T12:00:00Z')) };
  const faults: (OsfFault | undefined)[] = [];
  const fault = given ?? ((request) => (isAimed(request) ? faults.shift() : undefined));
  const osf = await startOsf({ project: 'abc12', token, now: world.clock.now, fault, pageSize: 3 });
  writeFileSync(join(folder, 'token'), `${token}\n`, { mode: 0o600 });
  const config = readConfig(
    `server = 1\n[watch]\nvault = "${vault}"\n[osf]\napi = "${osf.api}"\nproject = "abc12"\ntoken_file = "${folder}/token"\n${more}`,
    'test',
    ['watch', 'osf'],
  );
  return {
    folder,
    vault,
    osf,
    world,
    config,
    faults,
    local: (path) => join(vault, path.replace(/^(\d+)\/(\d+)\/(\d+)/, '$1-$2-$3')),
    async serve(until) {
      const ended = runPublish(config, world, httpCall);
      await until().finally(() => world.stop());
      await ended;
    },
    once: () => publishOnce(config, world, httpCall),
    paths: () => [...osf.tree.files().keys()],
    [Symbol.asyncDispose]: () => osf[Symbol.asyncDispose](),
  };
}
