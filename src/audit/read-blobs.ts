import { parsePeople } from '../approval/people-schema.ts';
import { sha256 } from '../base/digest.ts';
import { RunbookError } from '../base/errors.ts';
import type { BlobId } from '../base/ids.ts';
import { parsePolicy } from '../policy/schema.ts';
import type { ConfigSet, RunStarted } from '../run/events.ts';
import type { Rules } from '../run/judge.ts';
import type { Command } from '../runbook/command.ts';
import { decodeCommand, decodePlan, planDigest } from '../runbook/digest.ts';
import type { Plan } from '../runbook/plan.ts';
import type { Blob } from './exhibit.ts';

function bytesOf(id: BlobId, blobs: ReadonlyMap<BlobId, Blob>): Buffer | null {
  const blob = blobs.get(id);
  return blob?.state === 'ok' ? blob.bytes : null;
}

/** The rules that a `config.set` put in force; null where their text is gone or is not what the entry says. */
export function readConfig(
  data: ConfigSet,
  of: { readonly seq: number; readonly blobs: ReadonlyMap<BlobId, Blob> },
): Rules | null {
  const people = bytesOf(data.people, of.blobs)?.toString('utf8');
  const policy = bytesOf(data.policy, of.blobs)?.toString('utf8');
  if (people === undefined || policy === undefined) {
    return null;
  }
  if (sha256(people) !== data.people_digest || sha256(policy) !== data.policy_digest) {
    return null;
  }
  try {
    return {
      people: parsePeople(people, 'people.yaml'),
      policy: parsePolicy(policy, 'policy.yaml'),
      config: of.seq,
      policyDigest: data.policy_digest,
      peopleDigest: data.people_digest,
    };
  } catch (error) {
    if (error instanceof RunbookError) {
      return null;
    }
    throw error;
  }
}

/** The frozen plan of a run; null where it is gone or is not what the entry says. */
export function readPlan(data: RunStarted, blobs: ReadonlyMap<BlobId, Blob>): Plan | null {
  const bytes = bytesOf(data.plan, blobs);
  if (bytes === null) {
    return null;
  }
  const plan = decodePlan(bytes);
  return planDigest(plan) === data.plan_digest ? plan : null;
}

/** A command that reviewers were shown; null where it is gone. */
export function readCommand(id: BlobId, blobs: ReadonlyMap<BlobId, Blob>): Command | null {
  const bytes = bytesOf(id, blobs);
  return bytes === null ? null : decodeCommand(bytes);
}
