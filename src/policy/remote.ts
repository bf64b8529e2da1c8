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
  /** Whose copy it is: one that has two names is one copy. */
  readonly holder: string;
}

/** Read without the brands' own schemas: an auditor who has only the file's text must come to the same. */
export function countingSinks(sinks: ParsedYaml | null): readonly CountingSink[] {
  const root = sinks?.root;
  return root?.kind !== 'map'
    ? []
    : root.entries.flatMap(({ key: name, value }) => {
        const counts = countingKinds.has(textOf(value, 'kind') ?? '');
        return counts
          ? { name, key: textOf(value, 'key'), holder: holderOf(value) ?? `name ${name}` }
          : [];
      });
}

/** As many copies as there are different holders: their names, together where they are of one. */
export function copiesAmong(sinks: readonly CountingSink[]): readonly (readonly string[])[] {
  const names = new Map<string, string[]>();
  for (const { name, holder } of sinks) {
    names.set(holder, [...(names.get(holder) ?? []), name]);
  }
  return [...names.values()];
}

/** In words: the names, and which of them are of one holder. */
export function describeCopies(sinks: readonly CountingSink[]): string {
  const copies = copiesAmong(sinks).map((names) =>
    names.length === 1 ? `\`${names[0] ?? ''}\`` : `${quoted(names)}, which are one`,
  );
  return copies.join('; ') || 'none';
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(' and ');
}

/** Whether any step could be asked for copies at all. */
export function demandsCopies({ floor, rules }: Policy): boolean {
  return floor.remote !== null || rules.some(({ require }) => (require?.remote ?? null) !== null);
}

/**
 * A cosigner is its public key, whatever name stands before it; where no key proves who answers, it is the
 * address: of a bucket without the folder in it, of which whoever has the bucket has every one.
 */
function holderOf(sink: YamlNode): string | null {
  const key = textOf(sink, 'key');
  if (key !== null) {
    return `key ${key.split('+').slice(2).join('+') || key}`;
  }
  const [url, bucket] = [textOf(sink, 'url') ?? textOf(sink, 'endpoint'), textOf(sink, 'bucket')];
  return url === null ? null : ['address', addressOf(url), bucket ?? ''].join(' ');
}

/** As it is called: `HTTPS://One.example/` and `https://one.example:443` are the same. */
function addressOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  return parsed === null ? url : `${parsed.origin}${parsed.pathname.replace(/\/+$/, '')}`;
}

function textOf(node: YamlNode, key: string): string | null {
  const value = valueOf(node, key);
  return value?.kind === 'scalar' && typeof value.value === 'string' ? value.value : null;
}
