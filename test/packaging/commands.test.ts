// Every command that a reader would type is run by a test, or it is said why not.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ranElsewhere, ranOnServer1 } from '../support/commands-run.ts';
import { commandsByHeading, inlineCommands, pages } from '../support/documented-commands.ts';

const test = suite('documented commands');
const guide = 'packaging/docs/first-hour.md';
const shownBy = (page: string): string[] => [...commandsByHeading(page).values()].flat();

test('each is run by the guide’s test or another one, or named with the reason why not', () => {
  const known = new Set([
    ...shownBy(guide),
    ...ranOnServer1.map(({ command }) => command),
    ...Object.keys(ranElsewhere),
  ]);
  for (const page of pages)
    for (const command of [...shownBy(page), ...inlineCommands(page)])
      assert.ok(known.has(command), `${page}: ${command}`);
});

test('none is named that no page shows any more', () => {
  const shown = new Set(pages.flatMap((page) => [...shownBy(page), ...inlineCommands(page)]));
  for (const command of [...ranOnServer1.map(({ command }) => command), ...Object.keys(ranElsewhere)])
    assert.ok(shown.has(command), command);
});

test('headings of the guide are those that its test follows', () => {
  assert.equal(
    [...commandsByHeading(guide)].filter(([, lines]) => lines.length > 0).map(([title]) => title),
    [
      'On both servers',
      'On server 1',
      'On server 2',
      'On server 1: let server 2 in',
      'On server 2: know server 1 again',
      'What you see',
    ],
  );
});

test.run();
