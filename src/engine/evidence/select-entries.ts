import type { EvidenceScope } from '../../audit/bundle/evidence.ts';
import type { RunId } from '../../base/ids.ts';
import type { LogMap } from './scan-log.ts';

/**
 * The entries of a bundle, but for those that say who is who: those it is about, every run of which one is
 * among them whole, the runs that these cannot be judged without, and what the log says of itself.
 */
export function selectEntries(map: LogMap, scope: EvidenceScope): ReadonlySet<number> {
  const runs = withBonds(map, startingRuns(map, scope));
  const chosen = new Set(map.trail);
  for (const run of runs) {
    for (const seq of map.runs.get(run) ?? []) {
      chosen.add(seq);
    }
  }
  for (const { seq, bond } of map.revocations) {
    if ([...bond].some((run) => runs.has(run))) {
      chosen.add(seq);
    }
  }
  if (scope.kind === 'range') {
    for (let seq = scope.from; seq < scope.to; seq += 1) {
      chosen.add(seq);
    }
  }
  return chosen;
}

function startingRuns(map: LogMap, scope: EvidenceScope): ReadonlySet<RunId> {
  if (scope.kind === 'run') {
    return new Set([scope.run]);
  }
  const touched = [...map.runs].filter(([, entries]) =>
    entries.some((seq) => seq >= scope.from && seq < scope.to),
  );
  return new Set(touched.map(([run]) => run));
}

function withBonds({ bonds }: Pick<LogMap, 'bonds'>, runs: ReadonlySet<RunId>): ReadonlySet<RunId> {
  const grown = new Set(runs);
  for (const bond of bonds.filter((each) => [...each].some((run) => runs.has(run)))) {
    for (const run of bond) {
      grown.add(run);
    }
  }
  return grown.size === runs.size ? runs : withBonds({ bonds }, grown);
}

/** Of each of these entries the configuration that was in force. */
export function configsOf(
  { configs }: Pick<LogMap, 'configs'>,
  chosen: Iterable<number>,
): ReadonlySet<number> {
  const inForce = new Set<number>();
  for (const seq of chosen) {
    const config = configs.findLast((each) => each < seq);
    if (config !== undefined) {
      inForce.add(config);
    }
  }
  return inForce;
}
