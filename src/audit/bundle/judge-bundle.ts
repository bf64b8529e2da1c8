import { sha256Bytes } from '../../base/digest.ts';
import { RunbookError } from '../../base/errors.ts';
import type { BlobId, Sha256 } from '../../base/ids.ts';
import { verifyConsistency, verifyInclusion } from '../../journal/proof.ts';
import { parseVerifierKey, type VerifierKey } from '../../journal/verifier-key.ts';
import type { Recorded } from '../../run/events.ts';
import { blobsOf } from '../../run/named-blobs.ts';
import { type Audit, beginAudit } from '../audit.ts';
import type { AuditVerdict } from '../bounds.ts';
import type { Blob, Trust } from '../exhibit.ts';
import type { Finding } from '../finding.ts';
import { composeBundle, manifestOf } from './compose-bundle.ts';
import { disclosedBy } from './disclosed-by.ts';
import type { Evidence } from './evidence.ts';
import { programTexts } from './program-texts.ts';
import type { Files } from './tar.ts';
import { unnamedFiles, withheldBegins } from './withheld.ts';

/** What the auditor brings along; the key is the bundle's own word unless they know it. */
export interface BundleTrust extends Pick<Trust, 'receipts' | 'pins' | 'nowMs' | 'outside'> {
  readonly key: VerifierKey | null;
}

export interface BundleVerdict {
  readonly verdicts: readonly AuditVerdict[];
  readonly findings: readonly Finding[];
}

/**
 * The five verdicts over part of a log. What the part cannot show, its verdicts say: roots of the log are
 * known only where a proof leads to them, and nothing speaks for entries that are not there.
 */
export function judgeBundle(files: Files, evidence: Evidence, trust: BundleTrust): BundleVerdict {
  const roots = provenRoots(evidence);
  const known = new Map(roots.known.map(({ size, root }) => [size, root.toString('base64')]));
  const held = heldAgainst(evidence, known, trust);
  const audit = beginAudit(trustOf(evidence, held, trust), {
    proven: { size: evidence.head.size, rootAt: (size) => known.get(size) ?? null },
    ...(trust.key === null ? { keyFrom: 'taken from the bundle itself' } : {}),
    isWithheld: !evidence.disclosed.includes('plans'),
  });
  const flaws = [...checkFiles(files, evidence), ...roots.flaws, ...checkEntries(evidence)];
  for (const flaw of flaws) {
    audit.note(flaw);
  }
  feed(audit, evidence);
  audit.addHead({ size: evidence.head.size, note: evidence.head.note });
  const verdicts = audit.verdicts().map((verdict) => bound(verdict, evidence, held.left));
  return { verdicts, findings: audit.findings() };
}

function feed(audit: Audit, { entries, blobs, disclosed }: Evidence): void {
  const content = new Map(blobs.map((blob) => [blob.id, blob]));
  const lookAt = ({ event }: Recorded): ReadonlyMap<BlobId, Blob> =>
    new Map(
      blobsOf(event).map(({ id, what }): [BlobId, Blob] => {
        const blob = content.get(id);
        if (blob === undefined) {
          const state = disclosedBy(what, disclosed) ? 'missing' : 'ok';
          return [id, state === 'ok' ? { state, bytes: null } : { state }];
        }
        const isSame = sha256Bytes(blob.salt, blob.bytes).toString('hex') === id;
        return [id, isSame ? { state: 'ok', bytes: blob.bytes } : { state: 'altered' }];
      }),
    );
  for (const { seq, bytes, hash } of entries) {
    if (bytes === null) {
      audit.addPruned({ seq, hash: hash.toString('hex') as Sha256 });
      continue;
    }
    const entry = audit.read({ seq, bytes });
    if (entry !== null) {
      audit.judge(entry, lookAt(entry));
    }
  }
}

/** Every file is the one that the manifest lists, and the one that follows from the evidence. */
function checkFiles(files: Files, evidence: Evidence): readonly Finding[] {
  const listed = files.get('MANIFEST')?.toString('utf8').split('\n') ?? [];
  const actual = manifestOf(files).toString('utf8').split('\n');
  const unlisted = [
    ...actual.filter((line) => !listed.includes(line)),
    ...listed.filter((line) => !actual.includes(line)),
  ].map((line) => line.slice(66));
  const made = composeBundle(evidence);
  const derived = [...new Set([...made.keys(), ...files.keys()])].filter(
    (name) => !notMade.includes(name) && !same(made.get(name), files.get(name)),
  );
  const { changed, foreign } = {
    changed: derived.filter((name) => !Object.hasOwn(programTexts, name)),
    foreign: derived.filter((name) => Object.hasOwn(programTexts, name)),
  };
  return [
    ...[...new Set(unlisted)].map((name) => ofFile(name, 'is not the one that `MANIFEST` lists')),
    ...changed.map((name) => ofFile(name, 'does not follow from the entries and keys beside it')),
    ...unnamedFiles(evidence).map((name) => ofFile(name, 'is named by no entry')),
    ...checkWithheld(files, evidence),
    ...foreign.map((name) => ({
      ...ofFile(
        name,
        "is not this version's: another wrote it, or somebody changed it. Do not run it",
      ),
      code: 'W_MANIFEST' as const,
    })),
  ];
}

/** Held against the files, and against the entries, in their own ways. */
const notMade = ['MANIFEST', 'withheld.csv'];

function checkWithheld(files: Files, evidence: Evidence): readonly Finding[] {
  const [, ...rows] = files.get('withheld.csv')?.toString('utf8').trimEnd().split('\n') ?? [];
  const begins = withheldBegins(evidence);
  const fits =
    rows.length === begins.length && rows.every((row, at) => row.startsWith(begins[at] ?? '\n'));
  return fits
    ? []
    : [ofFile('withheld.csv', 'does not list what the entries name and is not here')];
}

function same(one: Buffer | undefined, other: Buffer | undefined): boolean {
  return one !== undefined && other !== undefined && one.equals(other);
}

function ofFile(name: string, what: string): Finding {
  const message = `file \`${name}\` ${what}`;
  return { verdict: 'integrity', code: 'E_MANIFEST', index: null, message };
}

function provenRoots({ head, roots }: Evidence) {
  const { size: to, root: toRoot } = head;
  const flaws: Finding[] = [];
  const known = roots.filter(({ size: from, root: fromRoot, proof }) => {
    const flaw = flawOf(from - 1, () => verifyConsistency({ from, to, fromRoot, toRoot, proof }));
    flaws.push(...flaw);
    return flaw.length === 0 && from > 0;
  });
  return { known: [...known, { size: to, root: toRoot, proof: [] }], flaws };
}

function checkEntries({ entries, head, scope }: Evidence): readonly Finding[] {
  const { size, root } = head;
  const seqs = new Set(entries.map(({ seq }) => seq));
  const flaws = entries.flatMap(({ seq, hash, proof }) =>
    flawOf(seq, () => verifyInclusion({ seq, size, leafHash: hash, proof, root })),
  );
  const [from, to] = scope.kind === 'range' ? [scope.from, scope.to] : [0, 0];
  for (let seq = from; seq < to; seq += 1) {
    if (!seqs.has(seq)) {
      const message = `entry ${seq} of the range is missing`;
      flaws.push({ verdict: 'integrity', code: 'E_SEQ', index: seq, message });
    }
  }
  return flaws;
}

function flawOf(index: number, verify: () => void): Finding[] {
  try {
    verify();
    return [];
  } catch (error) {
    if (!(error instanceof RunbookError)) {
      throw error;
    }
    return [{ verdict: 'integrity', code: 'E_PROOF', index, message: error.message }];
  }
}

interface Held extends Pick<Trust, 'receipts' | 'pins'> {
  readonly checkpoints: readonly { readonly name: string; readonly note: string }[];
  /** Names of what could not be held against the bundle, for want of a proof. */
  readonly left: readonly string[];
}

/** A head from outside says nothing of a bundle that does not know the log's root at its size. */
function heldAgainst(
  { entries }: Evidence,
  known: ReadonlyMap<number, string>,
  trust: BundleTrust,
): Held {
  const seqs = new Set(entries.map(({ seq }) => seq));
  const isKnown = (note: string): boolean => known.has(Number(note.split('\n')[1]));
  const { receipts, pins, outside } = trust;
  const checkpoints = outside?.checkpoints ?? [];
  const own = receipts.filter(({ receipt: { checkpoint, recorded } }) => {
    const isThere = recorded === null || (seqs.has(recorded.index) && isKnown(recorded.checkpoint));
    return isThere && isKnown(checkpoint);
  });
  const before = checkpoints.filter(({ note }) => isKnown(note));
  const left = [
    ...receipts.filter((each) => !own.includes(each)),
    ...checkpoints.filter((each) => !before.includes(each)),
  ].map(({ name }) => name);
  return {
    receipts: own,
    pins: pins.filter(({ note }) => isKnown(note)),
    checkpoints: before,
    left,
  };
}

function trustOf(evidence: Evidence, held: Held, trust: BundleTrust): Trust {
  const { origin, keys, anchors, anchorKeys } = evidence;
  const [first = ''] = keys.slice(-1);
  const { publicKey } = trust.key ?? parseVerifierKey(first);
  const chosen = trust.outside?.keys ?? [];
  const own = anchorKeys.map((each) => ({ ...each, chosen: false }));
  return {
    origin,
    publicKey,
    receipts: held.receipts,
    pins: held.pins,
    ...(trust.nowMs === undefined ? {} : { nowMs: trust.nowMs }),
    outside: { anchors, keys: [...chosen, ...own], checkpoints: held.checkpoints },
  };
}

/** What the bundle is part of, and what of the auditor's could not be held against it. */
function bound(
  verdict: AuditVerdict,
  { scope, entries }: Evidence,
  left: readonly string[],
): AuditVerdict {
  if (verdict.name === 'integrity') {
    return { ...verdict, anchor: `${entries.length} entries proven into a ${verdict.anchor}` };
  }
  if (verdict.name !== 'completeness') {
    return verdict;
  }
  const part =
    scope.kind === 'range'
      ? `every entry from ${scope.from} to ${scope.to - 1}`
      : `entries of run ${scope.run}; that it has no others, only the whole journal or a range shows`;
  const more =
    left.length === 0 ? '' : `; not held against it, for want of a proof: ${left.join(', ')}`;
  return { ...verdict, anchor: `${verdict.anchor}; ${part}${more}` };
}
