import { isAbsolute, normalize } from 'node:path';
import { type ParsedYaml, valueOf } from '../../base/yaml.ts';
import { object } from '../../base/yaml-collections.ts';
import { text } from '../../base/yaml-scalars.ts';
import { checkDocument, invalid, optional, refine, sectionOf } from '../../base/yaml-schema.ts';

/** Where accounts of one host hand requests and decisions to each other: `channels.spool` in `config.yaml`. */
export interface SpoolSettings {
  /** Absolute and without `..`. */
  readonly dir: string;
}

/** What `runbook init --system` makes. */
export const systemSpoolDir = '/var/lib/runbook/spool';

/** Reads `channels.spool`. Throws InvalidFileError `config_invalid` with every problem and its place. */
export function parseSpool(section: ParsedYaml): SpoolSettings {
  return checkDocument(spoolFile, section);
}

/**
 * What `channels` says of the spool; null where it names none. Beside the reception, clients of other
 * accounts ask for it: they look into the folder, and open no channel. Throws as `parseSpool`.
 */
export function spoolOf(channels: ParsedYaml | null): SpoolSettings | null {
  const node = channels === null ? null : valueOf(channels.root, 'spool');
  return channels === null || node === null ? null : parseSpool(sectionOf(channels, node));
}

const folder = refine(text({ example: systemSpoolDir }), (path, node, place) => {
  if (isAbsolute(path) && normalize(path) === path && !path.endsWith('/')) {
    return path;
  }
  place.report(node.at, `\`dir\` must be an absolute path without \`..\`, not \`${path}\``);
  return invalid;
});

const spoolFile = object({ dir: optional(folder, systemSpoolDir) });
