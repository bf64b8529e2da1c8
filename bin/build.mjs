// One code-split CommonJS bundle in dist/: few files to open is what makes the CLI start fast.
import { rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
rmSync(`${root}dist`, { recursive: true, force: true });
const bundle = await rolldown({
  cwd: root,
  input: { main: 'src/cli/main.ts' },
  platform: 'node',
  external: ['better-sqlite3', 'typescript'],
  logLevel: 'warn',
});
await bundle.write({ dir: `${root}dist`, format: 'cjs', chunkFileNames: '[name]-[hash].js' });
writeFileSync(`${root}dist/package.json`, '{"type":"commonjs"}\n');
