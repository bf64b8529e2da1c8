import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runTool } from '../../src/base/tool.ts';
import { openNote } from '../../src/journal/checkpoint.ts';
import { decodeLeaf, leafHash } from '../../src/journal/leaf.ts';
import { rootFromRange } from '../../src/journal/proof.ts';
import { parseVerifierKey } from '../../src/journal/verifier-key.ts';
import { testWith } from '../support/foreign.ts';

const readme = readFileSync(new URL('../../src/journal/README.md', import.meta.url), 'utf8');

test('the example in the format is a log of one leaf that holds', () => {
  const bytes = Buffer.from(block('leaf').trimEnd());
  const key = parseVerifierKey(block('key').trimEnd());
  const { checkpoint } = openNote(block('note'), [key]);
  expect(decodeLeaf(bytes)).toMatchObject({ origin: checkpoint.origin, seq: 0 });
  expect(rootFromRange(0, [], [leafHash(bytes)])).toEqual(checkpoint.root);
});

testWith(['sh', 'openssl'], 'the commands in the format check the example without us', () => {
  const dir = mkdtempSync(join(tmpdir(), 'runbook-format-'));
  try {
    writeFileSync(join(dir, 'leaf'), block('leaf').trimEnd());
    writeFileSync(join(dir, 'key'), block('key'));
    writeFileSync(join(dir, 'note'), block('note'));
    const { stdout } = runTool(['sh', '-euc', `cd "$0"\n${block('sh')}`, dir]);
    const root = block('note').split('\n')[2];
    expect(stdout.toString()).toBe(`${root}\nSignature Verified Successfully\n`);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

function block(name: string): string {
  return new RegExp(`^\`\`\`${name}\n([^]*?)^\`\`\`$`, 'm').exec(readme)?.[1] ?? '';
}
