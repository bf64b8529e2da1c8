import { onTestFinished } from 'vitest';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import type { JsonObject } from '../../src/base/json.ts';
import { serveWitness } from '../../src/server/serve-witness.ts';
import { readServeSettings } from '../../src/server/settings.ts';
import { openDoor } from '../../src/witness/door.ts';
import { knownLogs } from '../../src/witness/known-logs.ts';
import { openWatch, type Watch } from '../../src/witness/open-watch.ts';
import { tempFolder } from './temp-folder.ts';

export interface Watching extends Watch {
  readonly url: string;
  readonly dir: string;
  readonly lines: readonly JsonObject[];
  readonly stop: () => Promise<void>;
}

/** A witness and a mirror that listen on this host until the test ends. */
export async function watching(
  logs: readonly string[],
  {
    dir = tempFolder(),
    clock = systemClock,
    mirrors = true,
    isPublic = true,
  }: {
    readonly dir?: string;
    readonly clock?: Clock;
    readonly mirrors?: boolean;
    readonly isPublic?: boolean;
  } = {},
): Promise<Watching> {
  const lines: JsonObject[] = [];
  const log = (line: JsonObject): void => {
    lines.push(line);
  };
  const watch = openWatch({
    dir,
    name: 'witness.test',
    logs: knownLogs(logs),
    mirrors,
    clock,
    log,
  });
  const over = new AbortController();
  const settings = {
    ...readServeSettings(null, { listen: '127.0.0.1:0' }),
    rate: { perMinute: 100_000, burst: 100_000 },
  };
  const { url, closed } = await serveWitness(openDoor({ ...watch, isPublic, log }), settings, {
    signal: over.signal,
    clock,
  });
  const stop = async (): Promise<void> => {
    over.abort();
    await closed;
    watch.close();
  };
  onTestFinished(stop);
  return { ...watch, url, dir, lines, stop };
}
