import type { HeardBy } from '../approval/tally/means.ts';
import type { Clock } from '../base/clock.ts';
import type { JsonObject } from '../base/json.ts';
import type { ParsedYaml } from '../base/yaml.ts';
import type { Reception } from './channel.ts';

/**
 * A way to reach reviewers that `config.yaml` can name: one folder, and one line in `app.ts`. It is a key
 * under `channels`, and what stands under that key is the kind's own to read.
 */
export interface ChannelKind {
  /** Its key under `channels`: `slack`. */
  readonly name: string;
  /**
   * Reads the section. Throws InvalidFileError `config_invalid` for what is written wrong. Asked before the
   * journal takes in the file: a token that stands in it must not be kept there for ever.
   */
  read(section: ParsedYaml): ChannelPlan;
}

/** What a section says. Nothing is connected to and no secret is read before somebody attends. */
export interface ChannelPlan {
  /**
   * By which identities of people it takes decisions; none where it only shows. Only to warn early that
   * nobody could ever approve.
   */
  readonly attests: { readonly by: readonly HeardBy[] };
  open(deps: ReceptionDeps): Reception;
}

export interface ReceptionDeps {
  readonly clock: Clock;
  /** Where secrets are looked up. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** This process is a server, which the other side can call. */
  readonly served: boolean;
  /** Told what comes in, as one line of a structured log. */
  readonly log: (line: JsonObject) => void;
}
