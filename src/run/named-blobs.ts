import { type BlobId, isSha256, type Sha256 } from '../base/ids.ts';
import { isEnrolmentEvent } from './enrolment-events.ts';
import type { Event } from './events.ts';
import { isTrailEvent } from './trail-events.ts';

/** A blob that an entry names; `read` where whoever judges the entry needs its bytes, and not only that it is there. */
export interface NamedBlob {
  readonly id: BlobId;
  readonly what: BlobContent;
  readonly read: boolean;
}

/** What a blob holds; `received` is what a receiver heard, as it came. */
export type BlobContent =
  | 'people'
  | 'policy'
  | 'config'
  | 'plan'
  | 'command'
  | 'outputs'
  | 'stdout'
  | 'stderr'
  | 'received';

/**
 * Every blob an entry names, as its own content. Under a stolen key an entry can have any shape: what
 * cannot be read names none, and an id that is none is left out.
 */
export function blobsOf(event: Event): readonly NamedBlob[] {
  try {
    return namesOf(event).filter(({ id }) => typeof id === 'string' && isSha256(id));
  } catch {
    return [];
  }
}

/** Commitments of the private values that an entry brings in, by their names: `params.token`, `steps.mint.outputs.key`. */
export function commitmentsOf(event: Event): ReadonlyMap<string, Sha256> {
  if (event.type === 'run.started') {
    return new Map(Object.entries(event.data.secrets));
  }
  if (event.type !== 'step.finished' && event.type !== 'step.late') {
    return new Map();
  }
  const { step, secret_outputs: secret } = event.data;
  return new Map(
    Object.entries(secret).map(([name, made]) => [`steps.${step}.outputs.${name}`, made]),
  );
}

function namesOf(event: Event): readonly NamedBlob[] {
  if (isTrailEvent(event) || isEnrolmentEvent(event)) {
    return [];
  }
  switch (event.type) {
    case 'config.set':
      return (['people', 'policy', 'config'] as const).flatMap((what) =>
        named(what, event.data[what]),
      );
    case 'run.started':
      return named('plan', event.data.plan);
    case 'approval.requested':
      return event.data.commands.flatMap(({ command }) => named('command', command));
    case 'step.started':
      return named('command', event.data.command);
    case 'approval.decided':
      return named('received', event.data.attested?.raw ?? null);
    case 'step.finished':
    case 'step.late':
      return [
        ...named('stdout', event.data.stdout),
        ...named('stderr', event.data.stderr),
        ...named('outputs', event.data.outputs),
      ];
    case 'manual.done':
      return named('outputs', event.data.outputs);
    case 'log.genesis':
    case 'approval.reminded':
    case 'manual.asked':
    case 'grant.revoked':
    case 'break_glass.reviewed':
    case 'run.resumed':
    case 'run.cancel_requested':
    case 'run.finished':
    case 'step.skipped':
    case 'step.denied':
    case 'step.unknown':
    case 'step.resolved':
    case 'approval.expired':
    case 'approval.superseded':
    case 'token.issued':
    case 'token.revoked':
      return [];
  }
}

/** What steps print and receivers hear is kept, and nothing is judged by it. */
const unread: readonly BlobContent[] = ['stdout', 'stderr', 'received'];

function named(what: BlobContent, id: BlobId | null): readonly NamedBlob[] {
  return id === null ? [] : [{ id, what, read: !unread.includes(what) }];
}
