import { statfsSync } from 'node:fs';
import { afterAll, beforeAll } from 'vitest';

const memory = '/dev/shm';
const roomy = 1_000_000_000;

/**
 * Keeps this file's temporary folders in memory where there is room: it commits thousands of times, and
 * nobody cuts the power.
 */
export function keepInMemory(): void {
  const before = process.env['TMPDIR'];
  beforeAll(() => {
    if (roomIn(memory) > roomy) {
      process.env['TMPDIR'] = memory;
    }
  });
  afterAll(() => {
    if (before === undefined) {
      delete process.env['TMPDIR'];
    } else {
      process.env['TMPDIR'] = before;
    }
  });
}

function roomIn(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return 0;
  }
}
