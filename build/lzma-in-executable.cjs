// Stands in for @napi-rs/lzma in the bundle: the same names, loaded at first use from the addon that lies beside the
// bundle inside the executable, so that `--help` unpacks nothing and no home folder is needed.
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { loadAddon } = require('../src/outside/addon.ts');

let loaded;

function addon() {
  loaded ??= loadAddon(readFileSync(join(__dirname, 'lzma.node')));
  return loaded;
}

// Properties that load, not values: the bundle reads them where a source uses the name.
module.exports = {
  get lzma2() {
    return addon().lzma2;
  },
  get xz() {
    return addon().xz;
  },
};
