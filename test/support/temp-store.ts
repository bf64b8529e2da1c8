import { mkdtempSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import { openKeyRing } from '../../src/signers/key-ring.ts';
import { openSqliteStore } from '../../src/store/sqlite/open-store.ts';
import type { Store, StoreOptions } from '../../src/store/store.ts';

/** A journal of its own in a temporary folder, with a real key. */
export interface TempStore {
  readonly dir: string;
  readonly store: Store;
  /** Another connection to the same journal, as another process would have it. */
  open(): Store;
  /** Closes the first connection and removes the folder. */
  remove(): Promise<void>;
}

export function openTempStore({ clock = systemClock }: { clock?: Clock } = {}): TempStore {
  const dir = mkdtempSync(join(tmpdir(), 'runbook-store-'));
  const open = () => openSqliteStore(storeOptions(dir, clock));
  const store = open();
  return {
    dir,
    store,
    open,
    async remove() {
      await store.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

export function storeOptions(dir: string, clock: Clock = systemClock): StoreOptions {
  return {
    dir,
    clock,
    keys: openKeyRing(join(dir, 'journal.key')),
    genesis: { recovery: null, host: hostname(), uid: process.geteuid?.() ?? 0, program: 'test' },
  };
}
