import type { Engine } from '../engine.ts';
import { syncAll } from './sync-all.ts';

/** The run's outcome is recorded and shown: whoever waits for the prompt does not wait for a copy. */
const endMs = 2000;

/**
 * After a run was driven: the copies get what they can get in a moment, those that want a run's end alone
 * too. Never throws, and changes nothing about how the run ended; of trouble there is a line.
 */
export async function syncAtEnd(engine: Engine, ended: boolean): Promise<void> {
  try {
    const sinks = engine.sinks.filter(({ wants }) => wants === 'head' || ended);
    if (sinks.length === 0) {
      return;
    }
    const options = { sinks, withinMs: endMs, confirm: false, retry: false };
    for (const { sink, trouble } of await syncAll(engine, options)) {
      if (trouble !== null) {
        engine.warn?.(`copy \`${sink.name}\` is behind: ${trouble.message}`);
      }
    }
  } catch {
    // A configuration that broke meanwhile: the next command says so.
  }
}
