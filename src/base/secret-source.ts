import { openSync, type Stats } from 'node:fs';
import { isAbsolute, normalize } from 'node:path';
import { ConfigError } from './errors.ts';
import { readJudged } from './files.ts';
import { type ParsedYaml, valueOf } from './yaml.ts';
import { object } from './yaml-collections.ts';
import { text } from './yaml-scalars.ts';
import { type Invalid, invalid, optional, type Place, refine, type Schema } from './yaml-schema.ts';

/** Where a token or a signing secret is kept. Never in `config.yaml`: the journal keeps that file's text. */
export type SecretSource =
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string };

/** `{env: NAME}` or `{file: /path}`. A secret that stands there itself is an error that does not repeat it. */
export function secretSource(): Schema<SecretSource> {
  return {
    ...written,
    read: (node, place) =>
      node.kind === 'map'
        ? written.read(node, place)
        : refuse(place, { at: node.at, hint: 'put it into a file that only its owner may read' }),
  };
}

/** The document with what stands in the place of a secret blanked: problems quote the lines they are in. */
export function withoutInlineSecrets(document: ParsedYaml, keys: readonly string[]): ParsedYaml {
  const sources = keys
    .map((key) => valueOf(document.root, key))
    .flatMap((node) => (node?.kind === 'scalar' && node.source !== '' ? [node.source] : []));
  const blank = (quoted: string, source: string): string => quoted.replaceAll(source, '…');
  return { ...document, text: sources.reduce(blank, document.text) };
}

/**
 * The secret itself, without blanks around it. Throws ConfigError `secret_source_empty` where there is none,
 * and `secret_source_exposed` for a file that others may read.
 */
export function loadSecret(
  source: SecretSource,
  env: Readonly<Record<string, string | undefined>>,
): string {
  const secret = (source.kind === 'env' ? env[source.name] : readOwn(source.path))?.trim() ?? '';
  if (secret === '') {
    throw new ConfigError({
      code: 'secret_source_empty',
      message: `${describeSource(source)} holds no secret`,
      hint: source.kind === 'env' ? `export ${source.name}=…` : `write it to \`${source.path}\``,
    });
  }
  return secret;
}

/** `the variable \`SLACK_BOT_TOKEN\``, `the file \`/etc/runbook/slack\``. */
export function describeSource(source: SecretSource): string {
  return source.kind === 'env' ? `the variable \`${source.name}\`` : `the file \`${source.path}\``;
}

const written: Schema<SecretSource> = refine(
  object({
    env: optional(text({ pattern: /^[A-Za-z_][A-Za-z0-9_]*$/, example: 'SLACK_BOT_TOKEN' })),
    file: optional(text()),
  }),
  ({ env, file }, node, place): SecretSource | Invalid => {
    if (file !== null && env === null) {
      return isAbsolute(file) && normalize(file) === file
        ? { kind: 'file', path: file }
        : refuse(place, { at: node.at, hint: '`file` is an absolute path without `..`' });
    }
    return env !== null && file === null
      ? { kind: 'env', name: env }
      : refuse(place, { at: node.at, hint: 'write one of the two' });
  },
);

function refuse(
  place: Place,
  { at, hint }: { at: Parameters<Place['report']>[0]; hint: string },
): Invalid {
  const message = `\`${place.name}\` must say where the secret is kept, \`{env: NAME}\` or \`{file: /path}\`: the journal keeps the text of this file`;
  place.report(at, message, hint);
  return invalid;
}

function readOwn(path: string): string {
  return readJudged(openSecret(path), (stats) => {
    refuseExposed(path, stats);
  });
}

function openSecret(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (cause) {
    throw new ConfigError({
      code: 'secret_source_empty',
      message: `the file \`${path}\` cannot be read`,
      hint: 'it must be there, and this account must own it',
      cause,
    });
  }
}

function refuseExposed(path: string, stats: Stats): void {
  const user = process.geteuid?.() ?? stats.uid;
  const owned = stats.uid === user || stats.uid === 0;
  if (!stats.isFile() || !owned || (stats.mode & 0o077) !== 0) {
    throw new ConfigError({
      code: 'secret_source_exposed',
      message: `\`${path}\` must be a file that its owner alone may read, but has mode ${(stats.mode & 0o7777).toString(8).padStart(4, '0')} and belongs to uid ${stats.uid}`,
      hint: `chmod 600 '${path}'`,
    });
  }
}
