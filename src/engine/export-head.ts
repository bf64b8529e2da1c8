import { personNamed } from '../approval/people/identity.ts';
import type { RequestFile } from '../approval/request-file.ts';
import { UsageError } from '../base/errors.ts';
import { proofs } from './decision/export-request.ts';
import type { Engine } from './engine.ts';
import { ensureConfig } from './ensure-config.ts';

/**
 * What the journal shows to somebody who is about to sign a start as `person`: the newest `config.set`
 * under the head, with proofs from what they saw last, and the keys that are theirs. Throws UsageError
 * `person_unknown`.
 */
export async function exportHead(
  engine: Engine,
  person: string,
  seenSize: number | null,
): Promise<RequestFile> {
  const { rules } = await ensureConfig(engine);
  const known = personNamed(rules.people, person);
  if (known === null) {
    throw new UsageError({
      code: 'person_unknown',
      message: `\`people.yaml\` has no person \`${person}\``,
      hint: '`runbook people list` shows who is enrolled',
    });
  }
  return {
    kind: 'runbook.head/v1',
    ...(await proofs(engine, rules.config, seenSize === null ? [] : [seenSize])),
    blobs: {},
    approvers: [{ person, keys: known.sshKeys, slots: [] }],
  };
}
