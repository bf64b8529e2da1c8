'use strict';
// Spares V8 compiling dist/: the build keeps what V8 made of each file (`keep-code.cjs`). It only ever
// saves time: where none fits this V8, or V8 refuses it for its flags, the file is compiled as usual.
const { readFileSync } = require('node:fs');
const Module = require('node:module');
const { basename, dirname, join } = require('node:path');
const vm = require('node:vm');

const dist = join(__dirname, '..', 'dist');
const compile = Module.prototype._compile;

/** Every script of dist/ that was loaded, by the place of its kept form. */
const scripts = new Map();

Module.prototype._compile = function compileKept(source, filename, ...rest) {
  if (dirname(filename) !== dist) {
    return compile.call(this, source, filename, ...rest);
  }
  // A file's name holds a hash of its content: of the source V8 itself compares no more than the length.
  const name = `${basename(filename)}-${process.versions.v8}-${process.arch}`;
  const place = join(dist, 'code', name);
  const script = new vm.Script(Module.wrap(source), {
    filename,
    cachedData: readKept(place),
    importModuleDynamically: vm.constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  scripts.set(place, script);
  const require = Module.createRequire(filename);
  return script.runInThisContext()(this.exports, require, this, filename, dist);
};

function readKept(place) {
  try {
    return readFileSync(place);
  } catch {
    return undefined;
  }
}

module.exports = { scripts };
