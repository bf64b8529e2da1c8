import type { Policy, RemoteDemand } from '../policy.ts';
import { type CountingSink, copiesAmong, countingSinks, describeCopies } from '../remote.ts';
import type { RuleFinding } from './finding.ts';

/** Demands for more copies than `config.yaml` has sinks that count: what they are about can never start. */
export function checkRemote(
  { floor, rules }: Policy,
  sinks: Parameters<typeof countingSinks>[0],
): readonly RuleFinding[] {
  const counting = countingSinks(sinks);
  return [
    ...unmet(floor.remote, { rule: null, path: ['floor', 'remote'], counting }),
    ...rules.flatMap(({ name, require }, index) =>
      unmet(require?.remote ?? null, {
        rule: name,
        path: ['rules', index, 'require', 'remote'],
        counting,
      }),
    ),
  ];
}

function unmet(
  demand: RemoteDemand | null,
  of: Pick<RuleFinding, 'rule' | 'path'> & { readonly counting: readonly CountingSink[] },
): readonly RuleFinding[] {
  const { counting, ...at } = of;
  const copies = copiesAmong(counting).length;
  if (demand === null || demand.required <= copies) {
    return [];
  }
  return [
    {
      ...at,
      kind: 'remote_unmet',
      offset: 0,
      message: `demands ${demand.required} ${demand.required === 1 ? 'copy' : 'copies'} elsewhere, but of the sinks in \`config.yaml\` ${copies} count (${describeCopies(counting)})`,
      hint: 'add a witness, a mirror or an S3 bucket, or demand fewer',
    },
  ];
}
