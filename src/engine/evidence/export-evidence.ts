import { composeBundle } from '../../audit/bundle/compose-bundle.ts';
import type { Disclosure, EvidenceScope } from '../../audit/bundle/evidence.ts';
import { writeTar } from '../../audit/bundle/tar.ts';
import { sha256 } from '../../base/digest.ts';
import type { StagedFile } from '../../base/files.ts';
import { newNonce, type Sha256 } from '../../base/ids.ts';
import type { EvidenceExported } from '../../run/trail-events.ts';
import type { Engine } from '../engine.ts';
import { ensureConfig } from '../ensure-config.ts';
import type { NamedText } from '../verify.ts';
import { collectEvidence } from './collect-evidence.ts';

export interface ExportInput {
  /** Unique prefix of a run's id; null: the latest. Ignored where a range is asked for. */
  readonly run: string | null;
  /** Every entry of a range: numbers, or RFC 3339 times; `from` is in it, `to` is not. */
  readonly range: { readonly from: string | null; readonly to: string | null } | null;
  /** A checkpoint of this log that the auditor kept: the bundle shows that the log goes on from it. */
  readonly since: NamedText | null;
  readonly disclosed: readonly Disclosure[];
  /** Puts the bundle where it is to be, but for its name: asked before the journal says that it was made. */
  readonly stage: (bundle: Buffer) => StagedFile;
  readonly progress: (done: number, of: number) => void;
}

/** A bundle, and what it is about. */
export interface ExportedEvidence {
  readonly bundle: Buffer;
  readonly digest: Sha256;
  readonly scope: EvidenceScope;
  /** Entries of the log under the head that it proves. */
  readonly size: number;
  /** How many entries it holds. */
  readonly entries: number;
  /** How many pieces of content it names and does not hold. */
  readonly withheld: number;
}

/**
 * Makes a bundle and records that it was made, so that nobody is shown evidence behind the journal's back.
 * A crash before the entry leaves at most a stray temporary file; after it, a recorded export, whose bytes
 * may still have their temporary name. Throws what `stage` does, before anything is recorded.
 * Throws UsageError `run_unknown`, `range_invalid`, `range_too_large`, `since_unreadable`, `since_too_new`;
 * IntegrityError where this log does not go on from `since`.
 */
export async function exportEvidence(
  engine: Engine,
  input: ExportInput,
): Promise<ExportedEvidence> {
  await ensureConfig(engine);
  const evidence = await collectEvidence(engine, input);
  const bundle = writeTar(composeBundle(evidence));
  const digest = sha256(bundle);
  const { scope } = evidence;
  const seqs = evidence.entries.map(({ seq }) => seq);
  const [from, to] =
    scope.kind === 'range' ? [scope.from, scope.to] : [Math.min(...seqs), Math.max(...seqs) + 1];
  const run = scope.kind === 'run' ? scope.run : null;
  await recordThenPlace(engine, input.stage(bundle), { digest, run, from, to });
  return {
    bundle,
    digest,
    scope,
    size: evidence.head.size,
    entries: seqs.length,
    withheld: evidence.withheld.length,
  };
}

async function recordThenPlace(
  { store, account }: Engine,
  staged: StagedFile,
  made: Omit<EvidenceExported, 'by'>,
): Promise<void> {
  try {
    await store.commit({
      run: null,
      expectedVersion: null,
      commandId: `evidence.${newNonce()}`,
      events: [{ type: 'evidence.exported', data: { ...made, by: `os:${account}` } }],
    });
  } catch (error) {
    staged.discard();
    throw error;
  }
  staged.place();
}
