// Builds at install, where the build tools are there: `npm ci --omit=dev` has none and must still pass.
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
let canBuild = true;
try {
  require.resolve('rolldown/package.json');
} catch {
  canBuild = false;
}
if (canBuild) {
  execFileSync(process.execPath, [new URL('build.mjs', import.meta.url).pathname], {
    stdio: 'inherit',
  });
}
