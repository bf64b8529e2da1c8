import type { RequestContent } from '../approval/request.ts';
import type { BlobId, Sha256 } from '../base/ids.ts';
import type { Event } from '../run/events.ts';
import type { Command } from '../runbook/command.ts';
import { commandDigest } from '../runbook/digest.ts';
import type { Replay } from './docket.ts';
import type { Blob } from './exhibit.ts';
import { readCommand } from './read-blobs.ts';

/** Commands that an entry shows, each beside the digest that it gives for it. */
export interface Shown extends Pick<Replay, 'checks' | 'templates'> {
  /** Digests whose blob holds another command. */
  readonly other: readonly Sha256[];
}

/** Reads the commands of an entry. A blob that is gone shows nothing, and is found elsewhere. */
export function readCommands(event: Event, blobs: ReadonlyMap<BlobId, Blob>): Shown {
  const checks = new Map<Sha256, Sha256>();
  const templates = new Map<Sha256, Command>();
  const other: Sha256[] = [];
  for (const { digest, command } of commandsIn(event)) {
    const shown = readCommand(command, blobs);
    if (shown !== null && commandDigest(shown) !== digest) {
      other.push(digest);
    } else if (shown !== null) {
      templates.set(digest, shown);
      if (shown.check !== null) {
        checks.set(digest, commandDigest(shown.check));
      }
    }
  }
  return { checks, templates, other };
}

function commandsIn(event: Event): RequestContent['commands'] {
  if (event.type === 'approval.requested') {
    return event.data.commands;
  }
  return event.type === 'step.started' && event.data.command !== null
    ? [{ step: event.data.step, digest: event.data.digest, command: event.data.command }]
    : [];
}

/** The run with what its entry showed. */
export function withShown(replay: Replay, { checks, templates }: Shown): Replay {
  if (checks.size === 0 && templates.size === 0) {
    return replay;
  }
  return {
    ...replay,
    checks: new Map([...replay.checks, ...checks]),
    templates: new Map([...replay.templates, ...templates]),
  };
}
