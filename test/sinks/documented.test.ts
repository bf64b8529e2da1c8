import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/policy/config.ts';
import { checkSinks } from '../../src/sinks/open-sinks.ts';

describe.each(['trail', 'witness', 'sinks'])('docs/%s.md', (name) => {
  const page = readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), 'utf8');
  const blocks = [...page.matchAll(/^```yaml config\n([^]*?)^```$/gm)].map(([, body = '']) => body);

  test('every sink it shows is one that is opened', () => {
    expect(blocks.length).toBeGreaterThan(0);
    for (const block of blocks) {
      expect(() => checkSinks(parseConfig(block, `docs/${name}.md`).sinks)).not.toThrow();
    }
  });
});
