import { RunbookError } from '../base/errors.ts';
import type { Anchor } from '../journal/anchor.ts';
import { formatCheckpoint } from '../journal/checkpoint.ts';
import { verifyCosignatures } from '../journal/cosignature.ts';
import { verifyTimestamp } from '../journal/timestamp.ts';
import { parseVerifierKey } from '../journal/verifier-key.ts';
import type { Trust } from './exhibit.ts';
import type { Report } from './finding.ts';
import type { OutsideHead, OutsideKey } from './outside.ts';

/** What others said of the log's heads, as far as it proves itself. */
export interface VerifiedAnchors {
  readonly heads: readonly OutsideHead[];
  /** How many are by nobody that the auditor or the configuration names: they say nothing. */
  readonly strangers: number;
}

/**
 * Verifies every anchor under the keys that are believed, whatever name it was stored under. One by a
 * known key that does not hold was altered: that is a finding, and proves nothing for or against the log.
 */
export function verifyAnchors(
  { origin, outside }: Pick<Trust, 'origin' | 'outside'>,
  report: Report,
): VerifiedAnchors {
  const heads: OutsideHead[] = [];
  let strangers = 0;
  for (const anchor of outside?.anchors ?? []) {
    try {
      const found = headsOf(anchor, { origin, keys: outside?.keys ?? [] });
      strangers += found.length === 0 ? 1 : 0;
      heads.push(...found);
    } catch (error) {
      const why = error instanceof RunbookError ? error.message : 'it cannot be read';
      const message = `${anchor.kind} of \`${anchor.by}\` over ${anchor.size} entries: ${why}`;
      report({ verdict: 'completeness', code: 'E_ANCHOR', index: null, message });
    }
  }
  return { heads, strangers };
}

interface Believed {
  readonly origin: string;
  readonly keys: readonly OutsideKey[];
}

function headsOf(anchor: Anchor, believed: Believed): readonly OutsideHead[] {
  switch (anchor.kind) {
    case 'cosignature':
      return cosigned(anchor, believed);
    case 'timestamp':
      return stamped(anchor, believed);
    case 'copy':
      return [headOf(anchor, { name: `copy ${anchor.by}`, time: anchor.at, isProof: false })];
  }
}

function cosigned(anchor: Anchor, { origin, keys }: Believed): readonly OutsideHead[] {
  const note = `${bodyOf(anchor, origin)}\n${anchor.evidence}`;
  return cosignersOf(note, keys).map((said) => headOf(anchor, said));
}

/** Who of those that are believed cosigned a note, and when. Throws IntegrityError where such a line does not hold. */
export function cosignersOf(
  note: string,
  keys: readonly OutsideKey[],
): readonly Pick<OutsideHead, 'name' | 'time' | 'isProof'>[] {
  return keys.flatMap(({ name, key, chosen }) =>
    key.kind === 'cosignature'
      ? verifyCosignatures(note, [parseVerifierKey(key.verifierKey, 'cosignature')]).map(
          (said) => ({
            name: `witness ${name}`,
            time: timeOf(said.timeSeconds),
            isProof: chosen,
          }),
        )
      : [],
  );
}

function stamped(anchor: Anchor, { origin, keys }: Believed): readonly OutsideHead[] {
  const message = Buffer.from(bodyOf(anchor, origin));
  const token = Buffer.from(anchor.evidence, 'base64');
  return keys.flatMap(({ name, key, chosen }) => {
    if (key.kind !== 'timestamp') {
      return [];
    }
    try {
      const { time } = verifyTimestamp(token, { message, certificates: key.certificates });
      return [headOf(anchor, { name: `timestamp ${name}`, time, isProof: chosen })];
    } catch (error) {
      if (isStranger(error)) {
        return [];
      }
      throw error;
    }
  });
}

/** A token of an authority that leads to nobody who is trusted here: not broken, but somebody else's. */
function isStranger(error: unknown): boolean {
  return (
    error instanceof RunbookError &&
    error.cause instanceof RunbookError &&
    error.cause.code === 'E_CERTIFICATE'
  );
}

function headOf(
  { kind, size, root }: Anchor,
  said: Pick<OutsideHead, 'name' | 'time' | 'isProof'>,
): OutsideHead {
  // One spelling, since it is compared as text.
  return { kind, size, root: Buffer.from(root, 'base64').toString('base64'), note: null, ...said };
}

/** The very text that was signed: whatever the anchor says of size and root, only this is vouched for. */
function bodyOf({ size, root }: Anchor, origin: string): string {
  return formatCheckpoint({ origin, size, root: Buffer.from(root, 'base64') });
}

/** Seconds that no calendar has are no time. */
function timeOf(seconds: number): string | null {
  const time = new Date(seconds * 1000);
  return Number.isNaN(time.getTime()) ? null : time.toISOString();
}
