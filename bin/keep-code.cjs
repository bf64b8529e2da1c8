'use strict';
// Preloaded by the build (`node --require`): keeps what V8 made of dist/ as it stands when a command ends,
// so that the functions which were compiled on the way are in it too.
const { mkdirSync, renameSync, writeFileSync } = require('node:fs');
const { dirname } = require('node:path');
const { scripts } = require('./code-cache.cjs');

process.on('exit', () => {
  for (const [place, script] of scripts) {
    mkdirSync(dirname(place), { recursive: true });
    // Whole or not at all: V8 would take a file that was half written for what it says.
    writeFileSync(`${place}.tmp`, script.createCachedData());
    renameSync(`${place}.tmp`, place);
  }
});
