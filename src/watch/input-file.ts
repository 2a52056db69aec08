// A minute file as the watch sees it: where it lies, whose it is, what its name says.
import type { HeardMinute, Server } from '../domain/hour.ts';
import type { MinuteFile } from '../domain/minute-file.ts';
import type { Receipt } from '../domain/receipt.ts';
import type { Minute } from '../domain/time.ts';
import type { MinuteSource } from './minute.ts';

export interface InputFile {
  readonly server: Server;
  readonly name: string;
  readonly minute: Minute;
  readonly path: string;
  /** The tree it lies in (spool or inbox); absent for one that the vault keeps. */
  readonly tree?: string;
  /** What a name of the present form says of the content; absent for the older system's names. */
  readonly claim?: MinuteFile;
}

/** One file of one server: the same wherever it lies. */
export const identityOf = ({ server, name }: { readonly server: Server; readonly name: string }): string =>
  `${server}/${name}`;

const listed = new WeakMap<Receipt, ReadonlySet<string>>();

/** The identities of a receipt's inputs. Remembered: every pass asks for every hour whose raw files still lie there. */
export function listedIn(receipt: Receipt): ReadonlySet<string> {
  const known = listed.get(receipt);
  if (known) return known;
  const identities = new Set(receipt.inputs.map(({ server, file }) => identityOf({ server, name: file })));
  listed.set(receipt, identities);
  return identities;
}

export const heardBy = ({ server, minute, claim }: InputFile): HeardMinute => ({
  server,
  minute,
  seconds: claim?.connectedSeconds ?? null,
});

export const sourceOf = ({ server, path, tree, claim }: InputFile): MinuteSource => ({
  server,
  path,
  isCompressed: tree === undefined,
  ...(claim && { claim: { lines: claim.lines, digest: claim.digest } }),
});

/** Files in the order that decides between copies of a tweet: server 1 first, then by name. */
export const inOrder = (files: readonly InputFile[]): InputFile[] =>
  [...files].sort((a, b) => a.server - b.server || (a.name < b.name ? -1 : Number(a.name > b.name)));
