// Where the executable starts: runs program.cjs, which lies beside, from the code that V8 made of it at build time (program.code).
// Leaves the compiled script to build/keep-code.cjs. V8 takes that code only from its very own version and settings, and only
// for a source of this length; else (`NODE_OPTIONS=--jitless`, say) it compiles anew, and all is as before but slower.
// Measured, processor time of `streamvault --version`, least of nine in turn: 400 ms without, 240 ms with it. The other ways: Node's own code cache of a
// single executable holds what joins it, not the program (no gain), and its snapshot is refused there; module.enableCompileCache
// wants a folder to write to; code of every function instead of those of a short run is three times as large, and no faster.
'use strict';
const { existsSync, readFileSync } = require('node:fs');
const { join } = require('node:path');
const { Script } = require('node:vm');

const programPath = join(__dirname, 'program.cjs');
const codePath = join(__dirname, 'program.code');

/** Compiled as Node compiles a CommonJS module; the wrapper's line is not counted, so that stack traces tell the program's own. */
function compile() {
  // The program is ASCII (build/bundle.ts sees to it): read as Latin-1 it takes half the memory, and the least time.
  const source = `(function (exports, require, module, __filename, __dirname) {\n${readFileSync(programPath, 'latin1')}\n})`;
  const cachedData = existsSync(codePath) ? readFileSync(codePath) : undefined;
  return new Script(source, { filename: programPath, lineOffset: -1, cachedData });
}

const script = compile();
script.runInThisContext()({}, require, { exports: {} }, programPath, __dirname);
module.exports = script;
