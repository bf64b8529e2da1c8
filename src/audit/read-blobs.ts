import { parsePeople } from '../approval/people/people-schema.ts';
import { sha256 } from '../base/digest.ts';
import { RunbookError } from '../base/errors.ts';
import type { BlobId, Sha256 } from '../base/ids.ts';
import { parseConfig } from '../policy/config.ts';
import { parsePolicy } from '../policy/schema/schema.ts';
import type { ConfigSet } from '../run/events.ts';
import type { Command } from '../runbook/command.ts';
import { decodeCommand } from '../runbook/digest.ts';
import type { Blob } from './exhibit.ts';
import type { InForce } from './judge-plan.ts';

/** Null where they are gone, or not what their name says. */
export function bytesOf(id: BlobId, blobs: ReadonlyMap<BlobId, Blob>): Buffer | null {
  const blob = blobs.get(id);
  return blob?.state === 'ok' ? blob.bytes : null;
}

/** What a `config.set` put in force; null where its text is gone or is not what the entry says. */
export function readConfig(
  data: ConfigSet,
  of: { readonly seq: number; readonly blobs: ReadonlyMap<BlobId, Blob> },
): InForce | null {
  const people = textOf(data.people, data.people_digest, of.blobs);
  const policy = textOf(data.policy, data.policy_digest, of.blobs);
  const config = textOf(data.config, data.config_digest, of.blobs);
  if (people === null || policy === null || config === null) {
    return null;
  }
  try {
    return {
      rules: {
        people: parsePeople(people, 'people.yaml'),
        policy: parsePolicy(policy, 'policy.yaml'),
        config: of.seq,
        policyDigest: data.policy_digest,
        peopleDigest: data.people_digest,
      },
      config: parseConfig(config, 'config.yaml'),
    };
  } catch (error) {
    if (error instanceof RunbookError) {
      return null;
    }
    throw error;
  }
}

function textOf(id: BlobId, digest: Sha256, blobs: ReadonlyMap<BlobId, Blob>): string | null {
  const text = bytesOf(id, blobs)?.toString('utf8');
  return text !== undefined && sha256(text) === digest ? text : null;
}

/** A command that reviewers were shown; null where it is gone. */
export function readCommand(id: BlobId, blobs: ReadonlyMap<BlobId, Blob>): Command | null {
  const bytes = bytesOf(id, blobs);
  return bytes === null ? null : decodeCommand(bytes);
}
