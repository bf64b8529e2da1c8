import type { HeardBy } from '../approval/tally/means.ts';
import type { ParsedYaml } from '../base/yaml.ts';
import { object } from '../base/yaml-collections.ts';
import { checkDocument, optional, raw, sectionOf } from '../base/yaml-schema.ts';
import type { Reception } from './channel.ts';
import type { ChannelKind, ChannelPlan, ReceptionDeps } from './channel-kind.ts';

/** The receptions that `config.yaml` names, and by which identities any of them takes decisions. */
export interface Receptions {
  readonly receptions: readonly Reception[];
  readonly attesting: ReadonlySet<HeardBy>;
}

/**
 * Reads the value of `channels`, each section by the kind whose name is its key; null is none of them. What
 * is opened stands in the order of the kinds. Throws InvalidFileError `config_invalid`, for a key that is
 * no kind's too. Nothing is connected to and no secret is read before somebody attends.
 */
export function openReceptions(
  section: ParsedYaml | null,
  kinds: readonly ChannelKind[],
  deps: ReceptionDeps,
): Receptions {
  const plans = checkChannels(section, kinds);
  return {
    receptions: plans.map((plan) => plan.open(deps)),
    attesting: new Set(plans.flatMap(({ attests }) => attests.by)),
  };
}

/**
 * What `channels` says, opening nothing: asked before the journal takes in the file, since a token that
 * stands in it must not be kept there for ever. Throws InvalidFileError `config_invalid`.
 */
export function checkChannels(
  section: ParsedYaml | null,
  kinds: readonly ChannelKind[],
): readonly ChannelPlan[] {
  if (section === null) {
    return [];
  }
  const keys = kinds.map(({ name }) => [name, optional(raw())] as const);
  const written = checkDocument(object(Object.fromEntries(keys)), section);
  return kinds.flatMap((kind) => {
    const node = written[kind.name] ?? null;
    return node === null ? [] : [kind.read(sectionOf(section, node))];
  });
}
