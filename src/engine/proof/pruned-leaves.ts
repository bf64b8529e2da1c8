import { IntegrityError } from '../../base/errors.ts';
import type { RunId } from '../../base/ids.ts';
import type { Range } from '../../journal/merkle.ts';
import type { Recorded } from '../../run/events.ts';

/**
 * What is gone of a stretch, and what entries of it say may go. Whoever can write to the database, and has
 * no key, could make a rejection a mere hash: it would still lie under the signed head, and nobody see it.
 */
export interface Pruned {
  /** Leaves of which only the hash is there, and of which it was not checked yet that an entry says so. */
  readonly unchecked: number[];
  /** By `log.pruned` entries, each about what lies before it. */
  readonly named: (Range & { readonly run: RunId })[];
  /** Runs of which an entry is gone. */
  readonly runs: Set<RunId>;
}

export function nonePruned(): Pruned {
  return { unchecked: [], named: [], runs: new Set() };
}

export function notePruned({ named }: Pruned, { event, seq }: Recorded): void {
  if (event.type === 'log.pruned') {
    for (const { run, ranges } of event.data.runs) {
      for (const [from, to] of ranges) {
        named.push({ run, from, to: Math.min(to, seq) });
      }
    }
  }
}

export function joinPruned(pruned: Pruned, more: Pruned): void {
  for (const seq of more.unchecked) {
    pruned.unchecked.push(seq);
  }
  for (const range of more.named) {
    pruned.named.push(range);
  }
  for (const run of more.runs) {
    pruned.runs.add(run);
  }
}

/** Runs go whole or not at all. Throws IntegrityError `E_SEQ` where entries of one stay, and others went. */
export function refusePart({ runs }: Pruned, run: RunId): void {
  if (runs.has(run)) {
    throw new IntegrityError({
      code: 'E_SEQ',
      message: `of run ${run} entries are there, and of others only the hash, which an entry says was pruned`,
      hint: 'the journal was changed by hand: run `runbook audit verify`',
    });
  }
}

/** Throws IntegrityError `E_SEQ` where only the hash of an entry is there and none says that it was pruned. */
export function checkPruned({ unchecked, named, runs }: Pruned): void {
  const [first] = unchecked;
  if (first === undefined) {
    return;
  }
  const sorted = [...named].sort((one, other) => one.from - other.from);
  let at = 0;
  for (const seq of unchecked.sort((one, other) => one - other)) {
    for (let range = sorted[at]; range !== undefined && range.to <= seq; range = sorted[at]) {
      at += 1;
    }
    const range = sorted[at];
    if (range === undefined || seq < range.from) {
      throw new IntegrityError({
        code: 'E_SEQ',
        message: `of entry ${seq} only the hash is there, and no entry says that it was pruned`,
        hint: 'the journal was changed by hand: run `runbook audit verify`',
      });
    }
    runs.add(range.run);
  }
  unchecked.length = 0;
}
