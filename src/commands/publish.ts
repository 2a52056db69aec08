// `streamvault publish`: one pass over the vault, uploading what OSF lacks; with --dry-run only a list of what would go.
// The watch service publishes by itself: this is for looking, and for going on at once after something was mended.
import type { ConfigWith } from '../config/schema.ts';
import { givenIds, isIdsFile, mayGive } from '../domain/publishing.ts';
import { OperatorError } from '../domain/operator-error.ts';
import { formatSize } from '../domain/quantity.ts';
import { readConfigFile } from '../outside/config-file.ts';
import { refuseRootIn } from '../outside/service-user.ts';
import type { World } from '../outside/world.ts';
import { openMemory } from '../publish/memory.ts';
import { type PassResult, plannedUploads } from '../publish/pass.ts';
import { daysOfVault, publishOnce } from '../publish/service.ts';
import { stoppedSentence } from '../publish/telling.ts';
import { runOnceBeside } from '../tell/beside.ts';
import { type CommandWorld, command, configOption } from './command.ts';

export const publish = command({
  name: 'publish',
  summary: 'Upload what OSF lacks: IDs of finished hours, reports of finished days',
  options: {
    ...configOption,
    'dry-run': { type: 'boolean', default: false, describe: 'Only list what would go; asks nobody' },
    json: { type: 'boolean', default: false, describe: 'The list as JSON, one object a line' },
  },
  async run(given, world) {
    const config = await readConfigFile(given.config, ['watch', 'osf']);
    if (given['dry-run']) return listPlan(config, world, given.json);
    await refuseRootIn(config.watch.vault);
    return publishNow(config, world);
  },
});

type PublishConfig = ConfigWith<'watch' | 'osf'>;

async function listPlan(config: PublishConfig, world: CommandWorld, isJson: boolean): Promise<number> {
  const days = daysOfVault(config, world);
  const memory = await openMemory(world.disk, config.watch.vault, config.osf);
  const nowMs = world.clock.now();
  let given = givenIds(memory.given(), nowMs);
  const before = given;
  let isHeld = false;
  const { files, trouble } = await plannedUploads({ days, memory, world });
  for (const { day, name, sha256, isNew } of files) {
    const bytes = (await days.bytesOf(day, name)) ?? 0;
    const ids = isIdsFile(name) ? ((await days.idsIn(day, name, sha256)) ?? 0) : 0;
    isHeld ||= ids > 0 && !mayGive(ids, given, { monthlyIds: config.osf.monthly_ids, approval: config.osf.approval });
    const isHeldBack = isHeld && ids > 0;
    if (!isHeldBack) given += ids;
    const path = `${day.replaceAll('-', '/')}/${name}`;
    const state = isHeldBack ? 'held back by monthly_ids' : isNew ? 'new' : 'again';
    const line = isJson
      ? JSON.stringify({ path, bytes, ids, state })
      : [path, formatSize(bytes), `${ids} IDs`, state].join('\t');
    world.results.write(`${line}\n`);
  }
  const limit = config.osf.approval === undefined ? `of ${config.osf.monthly_ids}` : `approval: ${config.osf.approval}`;
  if (!isJson)
    world.results.write(
      `${before} IDs were published in the last 30 days (${limit}); ${given - before} more would go.\n`,
    );
  if (trouble) throw trouble;
  return 0;
}

/** 0: OSF has everything; 1: something is held back. Cron may find the service at work: that is as it should be. */
async function publishNow(config: PublishConfig, world: CommandWorld): Promise<number> {
  try {
    const stage = (told: World): Promise<PassResult> => publishOnce(config, told);
    // A person who looks on reads it here; from cron it must be told.
    const result = world.results.isTTY ? stage(world) : runOnceBeside({ name: 'publish', config, stage }, world);
    const { uploaded, left, stopped, trouble } = await result;
    world.results.write(`${uploaded} uploaded, ${left} left.\n`);
    if (stopped) world.results.write(`${stoppedSentence(stopped, config.osf.monthly_ids, world.clock.now())}\n`);
    if (trouble) throw trouble;
    return left === 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof OperatorError) || error.code !== 'already-running') throw error;
    world.log.info('publish.already-running', { reason: error.message });
    return 0;
  }
}
