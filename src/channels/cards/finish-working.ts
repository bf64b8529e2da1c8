import { pause } from '../pause.ts';

/** How long what is being decided has once nobody attends any more. */
const lastClicksMs = 1_000;

/** Waits for what is still being done about what came in, and no longer than a moment. */
export async function finishWorking(working: ReadonlySet<Promise<unknown>>): Promise<void> {
  const over = new AbortController();
  await Promise.race([Promise.all(working), pause(lastClicksMs, over.signal)]);
  over.abort();
}
