import { formatDuration } from '../../base/duration.ts';
import type { Engine, Trusted } from '../engine.ts';
import type { Finding } from '../reports.ts';

/**
 * How long runs stay whole, and whether that gives anybody time to look. Finishes what a crash left of an
 * erasure or a pruning, and says so; nothing where there was nothing.
 */
export async function examineRetention(
  { store }: Engine,
  trusted: Trusted | null,
): Promise<readonly Finding[]> {
  const { blobs, openings, entries } = await store.sweep();
  const left = {
    name: 'retention',
    ok: true,
    message: `deleted what was recorded as erased or pruned and still there: ${blobs} blobs, ${openings} values, ${entries} entries`,
    hint: null,
  };
  return [
    ...(trusted === null ? [] : [examineAge(trusted.config.value.keepMs)]),
    ...(blobs + openings + entries === 0 ? [] : [left]),
  ];
}

const dayMs = 24 * 60 * 60 * 1000;

function examineAge(keepMs: number): Finding {
  const ok = keepMs >= dayMs;
  return {
    name: 'retention',
    ok,
    message: `no run is pruned sooner than \`${formatDuration(keepMs)}\` after its last entry`,
    hint: ok
      ? null
      : 'set `retention: { keep: 30d }` in `config.yaml`: sooner than a day, who did something can remove it before anybody looked',
  };
}
