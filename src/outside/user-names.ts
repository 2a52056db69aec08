// Names of this machine's users. Takes a number, and the file in which the system keeps both; leaves the name, or nothing.
import { readFile } from 'node:fs/promises';

/** undefined where the file does not know that user: another directory may. passwd(5). */
export async function userName(uid: number, file = '/etc/passwd'): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const rows = text.split('\n').map((row) => row.split(':'));
  const name = rows.find(([, , number]) => number === String(uid))?.[0];
  return name === '' ? undefined : name;
}
