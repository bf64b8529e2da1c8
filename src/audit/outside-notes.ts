import type { Pin } from '../approval/statement/receipt.ts';
import { RunbookError } from '../base/errors.ts';
import { openNote } from '../journal/checkpoint.ts';
import { type KeyHistory, keyAt } from '../journal/key-history.ts';
import { formatVerifierKey, keyId, parseVerifierKey } from '../journal/verifier-key.ts';
import type { Trust } from './exhibit.ts';
import type { FindingCode, Report } from './finding.ts';
import type { OutsideHead } from './outside.ts';
import { cosignersOf } from './verify-anchors.ts';

/** A head under the log's own signature that somebody kept, and whether the right key signed it. */
export interface KeptHead extends OutsideHead {
  /** What is wrong with who signed it; null where nothing is. */
  readonly misSigned: string | null;
}

/** Notes that the auditor brought along; those that cannot be read, or are another log's, are findings. */
export function readNotes(
  trust: Trust,
  { keys, size }: { readonly keys: KeyHistory; readonly size: number },
  report: Report,
): { readonly heads: readonly KeptHead[]; readonly kept: number } {
  const kept = [
    ...trust.receipts.flatMap(notesOfReceipt),
    ...trust.pins.filter(({ origin }) => origin === trust.origin).map(noteOfPin),
    ...(trust.outside?.checkpoints ?? []).map(({ name, note }) => ({
      name,
      kind: 'checkpoint' as const,
      note,
      verifierKey: null,
      time: null,
    })),
  ];
  return {
    heads: kept.flatMap((each) => openKept(each, { trust, keys, size }, report)),
    kept: kept.length,
  };
}

interface Kept extends Pick<OutsideHead, 'name' | 'kind' | 'time'> {
  readonly note: string;
  /** The key by which whoever kept it knows the log; null where they leave that to the auditor. */
  readonly verifierKey: string | null;
}

function notesOfReceipt({ name, receipt }: Trust['receipts'][number]): readonly Kept[] {
  const base = {
    name: `receipt ${name}`,
    kind: 'receipt' as const,
    verifierKey: receipt.verifier_key,
    time: timeOf(receipt),
  };
  const before = { ...base, note: receipt.checkpoint };
  return receipt.recorded === null
    ? [before]
    : [before, { ...base, note: receipt.recorded.checkpoint }];
}

/** When the approver signed, by their own clock; a statement that cannot be read has no time. */
function timeOf({ signed }: Trust['receipts'][number]['receipt']): string | null {
  try {
    const { time } = JSON.parse(signed.statement) as { readonly time?: unknown };
    return typeof time === 'string' ? time : null;
  } catch {
    return null;
  }
}

function noteOfPin({ note, verifierKey, time }: Pin): Kept {
  return { name: 'pin', kind: 'pin', note, verifierKey, time };
}

function openKept(
  { name, kind, note, verifierKey, time }: Kept,
  of: { readonly trust: Trust; readonly keys: KeyHistory; readonly size: number },
  report: Report,
): readonly KeptHead[] {
  const complain = (code: FindingCode, message: string): readonly KeptHead[] => {
    // Another key means another log, from its first entry on.
    const indexes: Partial<Record<FindingCode, number>> = {
      E_KEY_UNKNOWN: 0,
      E_TRUNCATED: of.size,
    };
    const index = indexes[code] ?? null;
    report({ verdict: 'completeness', code, index, message: `${name}: ${message}` });
    return [];
  };
  const { keys } = of.keys;
  const known = keys.map((key) => formatVerifierKey(key.name, key.publicKey));
  if (verifierKey !== null && !known.includes(verifierKey)) {
    const later = laterSize(note, verifierKey, of);
    if (later !== null) {
      const message = `it saw ${later} entries, signed by a key that the first ${of.size} do not name yet: this is behind a change of keys, or its end was cut`;
      return complain('E_TRUNCATED', message);
    }
    const message = `it knows the log by another key or name: \`${verifierKey}\``;
    return complain('E_KEY_UNKNOWN', message);
  }
  try {
    const { checkpoint, signedBy } = openNote(note, keys);
    const { size } = checkpoint;
    const { id } = keyAt(of.keys, size);
    const isRight = signedBy.some((key) => keyId(key.name, key.publicKey).toString('hex') === id);
    // Whoever kept an old key can still sign; what they sign after its time is not the log's.
    const misSigned = isRight ? null : `its head is signed by another key than \`${id}\``;
    const root = checkpoint.root.toString('base64');
    const head: KeptHead = { name, kind, size, root, note, time, isProof: true, misSigned };
    // A checkpoint may carry lines of witnesses: each says more than the note alone, and when.
    const cosigned = cosignersOf(note, of.trust.outside?.keys ?? []);
    return [head, ...cosigned.map((by): KeptHead => ({ ...head, ...by, kind: 'cosignature' }))];
  } catch (error) {
    const { code, message } =
      error instanceof RunbookError ? error : { code: '', message: 'it cannot be read' };
    const isForeign = verifierKey === null && code === 'E_STH_SIG';
    return complain(isForeign ? 'E_KEY_UNKNOWN' : 'E_RECEIPT', message);
  }
}

/** The size of a head that this key did sign, of a log of this name, and that is behind its end; else null. */
function laterSize(
  note: string,
  verifierKey: string,
  { trust, size }: { readonly trust: Trust; readonly size: number },
): number | null {
  try {
    const { checkpoint } = openNote(note, [parseVerifierKey(verifierKey)]);
    return checkpoint.origin === trust.origin && checkpoint.size > size ? checkpoint.size : null;
  } catch (error) {
    if (error instanceof RunbookError) {
      return null;
    }
    throw error;
  }
}
