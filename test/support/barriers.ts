import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { lazy } from '../../src/base/lazy.ts';

const axe = lazy(() =>
  readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'),
);

/** What keeps somebody from using this page: what axe-core finds serious or worse, and what is cut off. */
export async function findBarriers(page: Page): Promise<readonly string[]> {
  // The page's policy lets no script in but its own: this one comes past it, as a debugger does.
  const session = await page.context().newCDPSession(page);
  await session.send('Runtime.evaluate', { expression: axe() });
  return page.evaluate(`axe.run().then(({ violations }) => violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' | '))
    .concat(document.documentElement.scrollWidth > innerWidth ? ['wider than its window'] : []))`);
}
