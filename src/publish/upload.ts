// One file to OSF. Takes its bytes and what is known of an earlier upload; leaves it there, proven by the sha256 of the answer.
// What is about to be given is written down before the request: a stop or a reset in between is cleared up by looking.
import { createHash } from 'node:crypto';
import type { Given, Publication, ToUpload } from '../domain/publishing.ts';
import type { Osf, OsfFile } from '../outside/osf.ts';
import { OsfTrouble } from '../outside/osf-trouble.ts';
import type { Folders } from './folders.ts';
import type { Memory } from './memory.ts';

export interface Uploading {
  readonly osf: Osf;
  readonly folders: Folders;
  readonly memory: Memory;
}

export interface Content {
  readonly bytes: Uint8Array;
  /** What the upload gives away, if it happens. */
  readonly pending: Given;
}

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Brings a file there. Resolves when it is proven; throws OsfTrouble. */
export async function uploadFile(file: ToUpload, content: Content, uploading: Uploading): Promise<void> {
  const before = publicationOf(file, uploading);
  // An upload that may have happened may have given more than this one does.
  const pending = { ...content.pending, ids: Math.max(content.pending.ids, before?.pending?.ids ?? 0) };
  await save(file, { ...before, given: before?.given ?? [], sha256: file.sha256, pending }, uploading);
  const { found, wasThere } = await bring(file, content.bytes, before, uploading).catch(async (error: unknown) => {
    // An answer that refuses is certain: nothing was given, and nothing of it counts.
    const isCertain = error instanceof OsfTrouble && !['broken', 'unavailable'].includes(error.kind);
    if (isCertain && before?.pending === undefined) await restore(file, before, uploading);
    throw error;
  });
  if (found.sha256 !== file.sha256) {
    await saveLink(file, found.upload, uploading);
    const sentence = `OSF stored ${file.name} with other bytes than were sent (sha256 ${found.sha256 ?? 'unknown'}).`;
    throw new OsfTrouble('unavailable', sentence, 'Nothing needs doing: it is uploaded again.');
  }
  // A file that lay there already was given when it came there, whatever is remembered of it.
  const atMs = Math.min(pending.atMs, (wasThere ? found.modifiedMs : undefined) ?? pending.atMs);
  const given = [...(before?.given ?? []), { ...pending, atMs }].filter(({ ids }) => ids > 0);
  await save(file, { sha256: file.sha256, given, link: found.upload }, uploading);
}

interface Brought {
  readonly found: OsfFile;
  /** It had these bytes before. */
  readonly wasThere: boolean;
}

// oxlint-disable-next-line max-params -- the file, its bytes, what was known, and whom to ask
async function bring(
  file: ToUpload,
  bytes: Uint8Array,
  before: Publication | undefined,
  { osf, folders }: Uploading,
): Promise<Brought> {
  const replaceUnlessEqual = async (found: OsfFile): Promise<Brought> =>
    found.sha256 === file.sha256
      ? { found, wasThere: true }
      : { found: await osf.replace(found.upload, bytes), wasThere: false };
  const look = async (): Promise<OsfFile | undefined> => {
    const folder = await folders.listable(file.day);
    return folder && osf.findFile(folder, file.name);
  };

  // An upload that was begun may have happened; a large one that is answered before it is read looks like a reset.
  if (before?.pending) {
    const found = await look();
    if (found) return replaceUnlessEqual(found);
  } else if (before?.link !== undefined) return { found: await osf.replace(before.link, bytes), wasThere: false };
  const created = await osf.create(await folders.of(file.day), file.name, bytes);
  if (created !== 'exists')
    return created.isNew ? { found: created.file, wasThere: false } : replaceUnlessEqual(created.file);
  const found = await look();
  if (found) return replaceUnlessEqual(found);
  throw new OsfTrouble(
    'unavailable',
    `OSF says that ${file.name} is there, and does not list it.`,
    'Nothing needs doing: it is tried again.',
  );
}

const publicationOf = ({ day, name }: ToUpload, { memory }: Uploading): Publication | undefined =>
  memory.day(day)[name];

const save = ({ day, name }: ToUpload, publication: Publication, { memory }: Uploading): Promise<void> =>
  memory.saveDay(day, { ...memory.day(day), [name]: publication });

async function restore({ day, name }: ToUpload, before: Publication | undefined, { memory }: Uploading): Promise<void> {
  const { [name]: _begun, ...others } = memory.day(day);
  await memory.saveDay(day, before ? { ...others, [name]: before } : others);
}

async function saveLink(file: ToUpload, link: string, uploading: Uploading): Promise<void> {
  const publication = publicationOf(file, uploading);
  if (publication) await save(file, { ...publication, link }, uploading);
}

/** A link led nowhere: forget it, for this file. */
export async function forgetLink(file: ToUpload, uploading: Uploading): Promise<void> {
  const publication = publicationOf(file, uploading);
  if (publication === undefined) return;
  const { link: _link, ...rest } = publication;
  await save(file, rest, uploading);
}
