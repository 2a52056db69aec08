// May the services keep what they tell? Takes the folder of alerts and outbox; leaves a sentence with the remedy where they may not.
import { dirname } from 'node:path';
import { closedToOwner } from '../outside/folder-rights.ts';

/** undefined where nothing stands in the way, as far as owners and modes say. Throws where it may not be looked at. */
export async function tellingTrouble(folder: string): Promise<string | undefined> {
  const tree = dirname(folder);
  const closed = await closedToOwner(tree, folder);
  if (closed === undefined) return undefined;
  const { path, owner, user } = closed;
  const whose = owner === user ? `${path} is closed by its mode` : `${path} belongs to ${owner} and is closed`;
  return (
    `${whose} to ${user}, whose services keep alerts and reports there until they are sent: they are not kept, and may be told twice or not at all. ` +
    `Give it back: sudo chown -R --reference=${tree} ${folder} && sudo chmod -R u+rwX ${folder}`
  );
}
