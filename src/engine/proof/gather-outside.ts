import type { OutsideKey, OutsideSources } from '../../audit/outside.ts';
import { RunbookError, UsageError } from '../../base/errors.ts';
import type { Anchor } from '../../journal/anchor.ts';
import { parseCertificates } from '../../journal/authority.ts';
import { parseVerifierKey } from '../../journal/verifier-key.ts';
import type { Store } from '../../store/store.ts';
import type { Engine } from '../engine.ts';
import type { NamedText, OutsideInput } from '../verify.ts';

/**
 * Whoever vouches for the journal from outside: by the auditor's own choice first, then by what the
 * configuration names; over heads of a log of `size`, and larger ones. Throws as `chosenKeys`.
 */
export async function gatherOutside(
  engine: Engine,
  input: OutsideInput,
  size: number,
): Promise<OutsideSources> {
  const chosen = chosenKeys(input);
  const isNew = ({ key }: OutsideKey): boolean =>
    !chosen.some((each) => JSON.stringify(each.key) === JSON.stringify(key));
  return {
    anchors: await sampleAnchors(engine.store, size),
    keys: [...chosen, ...namedKeys(engine).filter(isNew)],
    checkpoints: checkpointsOf(input),
  };
}

/** Throws UsageError `certificate_unreadable`, IntegrityError `E_KEY`. */
export function chosenKeys({
  witnesses = [],
  authorities = [],
}: OutsideInput): readonly OutsideKey[] {
  return [
    ...witnesses.map((verifierKey) => ({
      name: parseVerifierKey(verifierKey, 'cosignature').name,
      key: { kind: 'cosignature' as const, verifierKey },
      chosen: true,
    })),
    ...authorities.map(({ file, text: certificates }) => {
      requireCertificates(file, certificates);
      return { name: file, key: { kind: 'timestamp' as const, certificates }, chosen: true };
    }),
  ];
}

function requireCertificates(file: string, text: string): void {
  try {
    parseCertificates(text);
  } catch (cause) {
    throw new UsageError({
      code: 'certificate_unreadable',
      message: `\`${file}\` holds no certificate`,
      hint: 'name the certificates of the timestamp authority, as PEM',
      cause,
    });
  }
}

export function checkpointsOf({ checkpoints = [] }: OutsideInput): OutsideSources['checkpoints'] {
  return checkpoints.map(({ file, text }: NamedText) => ({
    name: `checkpoint ${file}`,
    note: text,
  }));
}

/** A section whose file is gone names nobody: what they said cannot be verified, and is not counted. */
function namedKeys({ sinks, warn }: Engine): readonly OutsideKey[] {
  return sinks.flatMap(({ name, anchorKey }) => {
    try {
      return anchorKey === undefined ? [] : [{ name, key: anchorKey(), chosen: false }];
    } catch (error) {
      if (!(error instanceof RunbookError)) {
        throw error;
      }
      warn?.(`sink \`${name}\`: ${error.message}`);
      return [];
    }
  });
}

/** In so many ranges of the log the newest anchor of each is verified; of the last range all are of use. */
const ranges = 1000;

/** The newest of everybody in each range, so that a journal of years is verified in bounded time. */
async function sampleAnchors(store: Store, size: number): Promise<readonly Anchor[]> {
  const step = Math.ceil((size + 1) / ranges);
  const sampled: Anchor[] = [];
  for (let from = 0; from <= size; from += step) {
    // What lies above our own head was there once: the last range has no end.
    const to = from + step > size ? Number.MAX_SAFE_INTEGER : from + step;
    const newest = new Map<string, Anchor>();
    for (const anchor of await store.anchors(from, to)) {
      newest.set(`${anchor.kind} ${anchor.by}`, anchor);
    }
    sampled.push(...newest.values());
  }
  return sampled;
}
