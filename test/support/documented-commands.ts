// The commands that the documents show to a reader. Takes nothing; leaves them as they stand there, by page and heading.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Pages that a reader types from, as paths below the root. */
export const pages: readonly string[] = ['README.md', ...globSync('packaging/docs/*.md', { cwd: root }).sort()];

const textOf = (page: string): string => readFileSync(join(root, page), 'utf8');

/** Lines that are set as code, by the heading above them. The map's arrows are a picture. */
export function commandsByHeading(page: string): Map<string, string[]> {
  const sections = textOf(page).split(/^## /m);
  return new Map(
    sections.map((section) => {
      const [title = '', ...lines] = section.split('\n');
      return [title, lines.filter((line) => /^ {4}\S/.test(line) && !line.includes('──')).map((line) => line.trim())];
    }),
  );
}

/** The lines of one heading; fails where there are none, so that a renamed heading is noticed. */
export function commandsUnder(page: string, title: string): readonly string[] {
  const lines = commandsByHeading(page).get(title) ?? [];
  if (lines.length === 0) throw new Error(`${page} shows no command under "${title}".`);
  return lines;
}

const typed = /^(?:sudo|npm|systemctl|rsync|sha256sum|\.ci\/run|streamvault [a-z-]+|streamvault COMMAND)(?: |$)/;

/** Commands within sentences. */
export const inlineCommands = (page: string): string[] =>
  [
    ...textOf(page)
      .replace(/\n/g, ' ')
      .matchAll(/`([^`]+)`/g),
  ].flatMap(([, code = '']) => (typed.test(code) ? [code] : []));
