import type { ParsedYaml } from '../base/yaml.ts';
import { valueOf } from '../base/yaml.ts';
import type { RemoteDemand } from './policy.ts';

/** The strictest of several demands: the most copies, in the shortest time. Null where nothing is demanded. */
export function strictestRemote(demands: readonly (RemoteDemand | null)[]): RemoteDemand | null {
  const asked = demands.filter((demand) => demand !== null);
  return asked.length === 0
    ? null
    : {
        required: Math.max(...asked.map(({ required }) => required)),
        within_ms: Math.min(...asked.map(({ within_ms }) => within_ms)),
      };
}

/**
 * Kinds of sinks whose acknowledgement is evidence. A file lies on the same machine, a log collector keeps
 * what it likes, and a time stamp is kept by nobody but us.
 */
const countingKinds: ReadonlySet<string> = new Set(['witness', 'mirror', 's3']);

/** Names of the sinks in `config.yaml` that count for a demand. */
export function countingSinks(sinks: ParsedYaml | null): readonly string[] {
  const root = sinks?.root;
  return root?.kind !== 'map'
    ? []
    : root.entries.flatMap(({ key, value }) => {
        const kind = valueOf(value, 'kind');
        const counts = kind?.kind === 'scalar' && countingKinds.has(String(kind.value));
        return counts ? key : [];
      });
}
