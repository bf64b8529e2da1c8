import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileDurably } from '../../base/files.ts';
import type { RequestId } from '../../base/ids.ts';
import type { Front } from '../channel.ts';
import type { Box } from './box.ts';
import { clearAway } from './clear-away.ts';
import { isDropName, type Published, requestOfName } from './forms.ts';

/** The heads that readers may have pinned from files of this box, whether they ever decided or not. */
const headsKept = 32;
/** Whoever dropped a decision has read its answer by then; where there are too many they go sooner. */
const answerMs = 24 * 60 * 60_000;
const answerSoonMs = 10 * 60_000;
const manyAnswers = 1000;
/** What a client that crashed left half written. */
const strayMs = 24 * 60 * 60_000;

/**
 * Writes every open request, all at about the same head: a reader who pinned one of them must not find
 * that another is older. Removes those that are over, and what was left behind.
 */
export async function publish(front: Front, box: Box, open: readonly RequestId[]): Promise<void> {
  const heads = await loadHeads(front);
  const sizes = new Set(heads);
  for (const id of open) {
    const { state, missing } = await front.look(id);
    const request = await front.export(id, heads);
    const file: Published = { v: 1, state, missing, request };
    writeFileDurably(join(box.requests, `${id}.json`), JSON.stringify(file), 0o640);
    sizes.add(sizeOf(request.checkpoint));
  }
  const kept = [...sizes].sort((a, b) => a - b).slice(-headsKept);
  if (kept.join() !== heads.join()) {
    await front.notes.put('heads', JSON.stringify(kept));
  }
  removeClosed(box, new Set(open));
  const areMany = readdirSync(box.answers).length > manyAnswers;
  const olderThanMs = areMany ? answerSoonMs : answerMs;
  sweep(box.answers, { olderThanMs, nowMs: front.clock.now().wallMs });
  sweep(box.decisions, { olderThanMs: strayMs, nowMs: front.clock.now().wallMs });
}

async function loadHeads(front: Front): Promise<readonly number[]> {
  const note = await front.notes.get('heads');
  return note !== null && /^\[\d+(,\d+)*\]$/.test(note) ? (JSON.parse(note) as number[]) : [];
}

/** The second line of a checkpoint is the size of its tree. */
function sizeOf(checkpoint: string): number {
  return Number(checkpoint.split('\n')[1]);
}

function removeClosed({ requests }: Box, open: ReadonlySet<RequestId>): void {
  for (const name of readdirSync(requests)) {
    const id = requestOfName(name);
    if (id === null || !open.has(id)) {
      rmSync(join(requests, name), { force: true, recursive: true });
    }
  }
}

function sweep(folder: string, of: { readonly olderThanMs: number; readonly nowMs: number }): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const changedMs = lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? of.nowMs;
    // A decision that waits to be taken in is nothing that was left behind.
    const waits = folder.endsWith('/decisions') && isDropName(name);
    if (!waits && of.nowMs - changedMs > of.olderThanMs) {
      clearAway(path);
    }
  }
}
