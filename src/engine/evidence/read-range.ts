import type { EvidenceScope } from '../../audit/bundle/evidence.ts';
import { UsageError } from '../../base/errors.ts';
import type { LogMap } from './scan-log.ts';

/** A range as it was asked for: by the numbers of entries, or by times, in any mixture. Throws UsageError `range_invalid`. */
export function readRange(
  map: Pick<LogMap, 'size' | 'times'>,
  range: { readonly from: string | null; readonly to: string | null },
): EvidenceScope {
  const from = range.from === null ? 0 : placeOf(map, range.from);
  const to = range.to === null ? map.size : placeOf(map, range.to);
  if (from >= to || to > map.size) {
    throw invalid(`entries ${from} to ${to} of ${map.size} are no range`);
  }
  return { kind: 'range', from, to };
}

/** A number is that entry; a time the first entry at or after it. */
function placeOf({ size, times }: Pick<LogMap, 'size' | 'times'>, text: string): number {
  if (/^\d{1,15}$/.test(text)) {
    return Number(text);
  }
  const wanted = Date.parse(text);
  if (Number.isNaN(wanted)) {
    throw invalid(`\`${text}\` is neither the number of an entry nor a time`);
  }
  const place = times.findIndex((time) => time >= wanted);
  return place < 0 ? size : place;
}

function invalid(message: string): UsageError {
  return new UsageError({
    code: 'range_invalid',
    message,
    hint: 'write it as in `--from 2026-10-01 --to 2027-01-01`, or `--from 120 --to 180`; the first is in it, the second is not',
  });
}
