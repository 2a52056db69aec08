// Runs a bundle once (node keep-code.cjs FOLDER WORDS...), and keeps as FOLDER/program.code what V8 made of it until its end: the code of
// the functions that this run called. V8 compiles the others, as ever, at their first call.
'use strict';
const { writeFileSync } = require('node:fs');
const { join } = require('node:path');

const [folder, ...words] = process.argv.slice(2);
const entryPath = join(folder, 'main.cjs');
process.argv = [process.execPath, entryPath, ...words];
const script = require(entryPath);
process.on('exit', () => writeFileSync(join(folder, 'program.code'), script.createCachedData()));
