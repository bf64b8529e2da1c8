import type { EvidenceExported, TrailEvent } from '../../run/trail-events.ts';

/** What the journal says of its own keys, copies and content, in one line. Not made safe to show yet. */
export function describeTrail(event: TrailEvent): string {
  switch (event.type) {
    case 'key.recovery':
      return `recovery key ${event.data.public}, by ${event.data.by}`;
    case 'key.rotated':
      return `${event.data.from} to ${event.data.key.id}, ${event.data.reason}, by ${event.data.by}`;
    case 'sink.gap':
      return `${event.data.sink} (${event.data.kind}) has ${event.data.acknowledged} entries since ${event.data.since}: ${event.data.why}`;
    case 'content.erased':
      return `${event.data.blobs.length} blobs and ${event.data.openings.length} values, by ${event.data.person ?? event.data.by}: ${event.data.reason}`;
    case 'log.pruned':
      return `${event.data.runs.length} runs, ${event.data.count} entries before ${event.data.before}, by ${event.data.person}: ${event.data.reason}`;
    case 'evidence.exported':
      return `${describeExported(event.data)}, by ${event.data.by}: ${event.data.digest}`;
  }
}

/** A bundle of a run holds some of the entries between its first and its last. */
function describeExported({ run, from, to }: EvidenceExported): string {
  return run === null ? `entries ${from} to ${to - 1}` : `run ${run}`;
}
