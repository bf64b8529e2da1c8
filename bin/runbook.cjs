#!/usr/bin/env node
'use strict';
// `--version` is answered before anything is loaded: agents and scripts ask it all the time.
if (process.argv.length === 3 && (process.argv[2] === '--version' || process.argv[2] === '-V')) {
  process.stdout.write(`${require('../package.json').version}\n`);
} else {
  try {
    require.resolve('../dist/main.js');
  } catch {
    process.stderr.write('error: runbook is not built\nhint: run `npm install` in its folder\n');
    process.exit(2);
  }
  require('./code-cache.cjs');
  require('../dist/main.js');
}
