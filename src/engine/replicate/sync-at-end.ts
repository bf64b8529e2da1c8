import type { RunbookError } from '../../base/errors.ts';
import { SinkConflict } from '../../sinks/sink.ts';
import type { Engine } from '../engine.ts';
import { syncAll } from './sync-all.ts';
import { troubleIn } from './sync-sinks.ts';

/** The run's outcome is recorded and shown: whoever waits for the prompt does not wait for a copy. */
const endMs = 2000;

/**
 * After a run was driven: the copies get what they can get in a moment, those that want a run's end alone
 * too; `hurry` ends the wait. Never throws, and changes nothing about how the run ended; of trouble there is a line.
 */
export async function syncAtEnd(
  engine: Engine,
  { ended, hurry }: { readonly ended: boolean; readonly hurry: AbortSignal },
): Promise<void> {
  try {
    const sinks = engine.sinks.filter(({ wants }) => wants === 'head' || ended);
    if (sinks.length === 0) {
      return;
    }
    const options = { sinks, withinMs: endMs, signal: hurry, confirm: false, retry: false };
    for (const standing of await syncAll(engine, options)) {
      const trouble = troubleIn(standing);
      if (trouble !== null) {
        engine.warn?.(describe(standing.sink.name, trouble));
      }
    }
  } catch {
    // A configuration that broke meanwhile: the next command says so.
  }
}

/** Another history is an alarm, and never looks like a copy that is late. */
function describe(sink: string, trouble: RunbookError): string {
  const { code, message, hint } = trouble;
  const name = message.includes(`\`${sink}\``) ? '' : ` \`${sink}\``;
  const what = trouble instanceof SinkConflict ? `${code}: ` : `copy${name} is behind: `;
  return `${what}${message}${hint === undefined ? '' : `; ${hint}`}`;
}
