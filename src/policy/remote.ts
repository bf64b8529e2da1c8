import { type ParsedYaml, valueOf, type YamlNode } from '../base/yaml.ts';
import type { Policy, RemoteDemand } from './policy.ts';

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

/** A sink of `config.yaml` that counts for a demand. */
export interface CountingSink {
  readonly name: string;
  /** The verifier key of a cosigner, as written; null where it has none. */
  readonly key: string | null;
}

/** Read without the brands' own schemas: an auditor who has only the file's text must come to the same. */
export function countingSinks(sinks: ParsedYaml | null): readonly CountingSink[] {
  const root = sinks?.root;
  return root?.kind !== 'map'
    ? []
    : root.entries.flatMap(({ key: name, value }) => {
        const counts = countingKinds.has(textOf(value, 'kind') ?? '');
        return counts ? { name, key: textOf(value, 'key') } : [];
      });
}

/** Whether any step could be asked for copies at all. */
export function demandsCopies({ floor, rules }: Policy): boolean {
  return floor.remote !== null || rules.some(({ require }) => (require?.remote ?? null) !== null);
}

function textOf(node: YamlNode, key: string): string | null {
  const value = valueOf(node, key);
  return value?.kind === 'scalar' && typeof value.value === 'string' ? value.value : null;
}
