import type { Clock } from '../base/clock.ts';
import type { JsonObject } from '../base/json.ts';
import type { ParsedYaml } from '../base/yaml.ts';
import { object } from '../base/yaml-collections.ts';
import { checkDocument, optional, raw, sectionOf } from '../base/yaml-schema.ts';
import type { Reception } from './channel.ts';
import { openSlack } from './slack/open-slack.ts';
import { parseSlackSettings } from './slack/settings.ts';
import { openSpool } from './spool/open-spool.ts';
import { parseSpool, type SpoolSettings } from './spool/settings.ts';
import { openWebhooks } from './webhooks/open-webhooks.ts';
import { parseWebhooks } from './webhooks/settings.ts';

export interface ReceptionDeps {
  readonly clock: Clock;
  /** Where secrets are looked up. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** This process is a server, which the other side can call. */
  readonly served: boolean;
  /** Told what comes in, as one line of a structured log. */
  readonly log: (line: JsonObject) => void;
}

/**
 * Throws InvalidFileError `config_invalid` for what is written wrong under `channels`. Asked before the
 * journal takes in the file: a token that stands in it must not be kept there for ever.
 */
export function checkChannels(section: ParsedYaml | null): void {
  const { slack, webhooks, spool } = sectionsOf(section);
  if (slack !== null) {
    parseSlackSettings(slack);
  }
  if (webhooks !== null) {
    parseWebhooks(webhooks);
  }
  if (spool !== null) {
    parseSpool(spool);
  }
}

/** The receptions that `config.yaml` names, and which of them take decisions. */
export interface Receptions {
  readonly receptions: readonly Reception[];
  readonly attesting: {
    readonly slack: boolean;
    readonly email: boolean;
    readonly spool: boolean;
  };
}

const channelsFile = object({
  slack: optional(raw()),
  webhooks: optional(raw()),
  spool: optional(raw()),
});

/** What `channels.spool` says; null where this machine has none. Throws InvalidFileError `config_invalid`. */
export function spoolOf(section: ParsedYaml | null): SpoolSettings | null {
  const { spool } = sectionsOf(section);
  return spool === null ? null : parseSpool(spool);
}

/**
 * Reads the value of `channels`; null is none of them. Throws InvalidFileError `config_invalid`. Nothing
 * is connected to and no secret is read before somebody attends.
 */
export function openReceptions(section: ParsedYaml | null, deps: ReceptionDeps): Receptions {
  const { slack, webhooks, spool } = sectionsOf(section);
  const settings = slack === null ? null : parseSlackSettings(slack);
  return {
    receptions: [
      ...(slack === null
        ? []
        : [
            openSlack(slack, {
              ...deps,
              onEvent: (event) => deps.log({ event: 'slack', ...event }),
            }),
          ]),
      ...(webhooks === null ? [] : [openWebhooks(webhooks, deps)]),
      ...(spool === null ? [] : [openSpool(parseSpool(spool))]),
    ],
    attesting: {
      slack: settings !== null && settings.buttons !== 'off',
      email: settings?.matchEmail ?? false,
      spool: spool !== null,
    },
  };
}

function sectionsOf(section: ParsedYaml | null): {
  readonly slack: ParsedYaml | null;
  readonly webhooks: ParsedYaml | null;
  readonly spool: ParsedYaml | null;
} {
  if (section === null) {
    return { slack: null, webhooks: null, spool: null };
  }
  const { slack, webhooks, spool } = checkDocument(channelsFile, section);
  return {
    slack: slack === null ? null : sectionOf(section, slack),
    webhooks: webhooks === null ? null : sectionOf(section, webhooks),
    spool: spool === null ? null : sectionOf(section, spool),
  };
}
