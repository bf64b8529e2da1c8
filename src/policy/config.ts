import { isAbsolute, normalize } from 'node:path';
import { UsageError } from '../base/errors.ts';
import { closest } from '../base/suggest.ts';
import { parseTrustedFile } from '../base/trusted-file.ts';
import type { ParsedYaml, YamlNode } from '../base/yaml.ts';
import { list, object, record } from '../base/yaml-collections.ts';
import { boolean, duration, text } from '../base/yaml-scalars.ts';
import {
  anything,
  checkDocument,
  invalid,
  optional,
  raw,
  refine,
  sectionOf,
  suggestion,
} from '../base/yaml-schema.ts';
import type { Environment } from '../runbook/plan.ts';

/** `config.yaml` in its working form. */
export interface Config {
  readonly environments: Readonly<Record<string, Environment>>;
  readonly defaultEnvironment: string;
  /** Absolute and without `..`; whoever compares paths resolves links first. */
  readonly trustedFolders: readonly string[];
  /** Sections for their owners to read with `checkDocument`, places kept; null where not written. */
  readonly channels: ParsedYaml | null;
  readonly sinks: ParsedYaml | null;
  readonly keys: ParsedYaml | null;
  /** How this host serves the API; read by `runbook serve`. */
  readonly serve: ParsedYaml | null;
  /** Who may say who somebody is, on the pages and to `runbook login`; read by `runbook serve`. */
  readonly login: ParsedYaml | null;
  /** The server that commands on this machine go to. */
  readonly server: ParsedYaml | null;
  /** Milliseconds that a run stays whole after its last entry, whatever a command line says. */
  readonly keepMs: number;
}

const environmentFile = object({
  vars: optional(record(anything(), { pattern: /^[a-z][a-z0-9_]*$/, example: 'api_url' }), {}),
  protected: optional(boolean(), false),
  hosts: optional(
    list(text({ pattern: /^([a-z0-9.-]+|\[[0-9a-f:.]+\])(:\d+)?$/, example: 'api.example.com' })),
  ),
});

const folder = refine(text(), (path, node, place) => {
  if (isAbsolute(path) && normalize(path) === path) {
    return path;
  }
  place.report(
    node.at,
    `\`${place.name}\` must be an absolute path without \`..\`, not \`${path}\``,
  );
  return invalid;
});

/** What nobody says otherwise of: long enough for a review to be missed. */
const defaultKeepMs = 30 * 24 * 60 * 60 * 1000;

const name = { pattern: /^[a-z][a-z0-9_-]*$/, example: 'prod' };

const configFile = object({
  environments: optional(record(environmentFile, name), {}),
  default_environment: optional(text(name)),
  trusted_folders: optional(list(folder), []),
  channels: optional(raw()),
  sinks: optional(raw()),
  keys: optional(raw()),
  serve: optional(raw()),
  login: optional(raw()),
  server: optional(raw()),
  retention: optional(object({ keep: optional(duration(), defaultKeepMs) }), {
    keep: defaultKeepMs,
  }),
});

/** The environment that stands without `-e` and without configuration: no vars, unprotected, any host. */
const local: Environment = { name: 'local', vars: {}, protected: false, hosts: null };

/**
 * Reads `config.yaml`; an empty one is all defaults. Throws InvalidFileError `config_invalid` (exit 2)
 * with every problem and its place.
 */
export function parseConfig(text: string, file: string): Config {
  const document = parseTrustedFile(text, file, 'config_invalid');
  const written = checkDocument(checkedFile, document);
  const section = (node: YamlNode | null) => (node === null ? null : sectionOf(document, node));
  return {
    environments: written.environments,
    defaultEnvironment: written.default_environment ?? local.name,
    trustedFolders: written.trusted_folders,
    channels: section(written.channels),
    sinks: section(written.sinks),
    keys: section(written.keys),
    serve: section(written.serve),
    login: section(written.login),
    server: section(written.server),
    keepMs: written.retention.keep,
  };
}

/**
 * The target of a run: `name` as given by `-e`, null for the default. Throws UsageError
 * `environment_unknown`.
 */
export function environmentOf(config: Config, name: string | null): Environment {
  const wanted = name ?? config.defaultEnvironment;
  const found = Object.hasOwn(config.environments, wanted)
    ? config.environments[wanted]
    : undefined;
  if (found !== undefined) {
    return found;
  }
  if (wanted === local.name) {
    return local;
  }
  const known = environmentNames(config.environments);
  throw new UsageError({
    code: 'environment_unknown',
    message: `there is no environment \`${wanted}\``,
    hint: suggestion(closest(wanted, known)) ?? `known in \`config.yaml\`: ${known.join(', ')}`,
  });
}

const checkedFile = refine(configFile, (written, node, place) => {
  const environments = Object.fromEntries(
    Object.entries(written.environments).map(([name, it]) => [name, buildEnvironment(name, it)]),
  );
  const wanted = written.default_environment;
  if (wanted !== null && !environmentNames(environments).includes(wanted)) {
    const hint = suggestion(closest(wanted, environmentNames(environments)));
    place.report(
      node.at,
      `\`default_environment\` names \`${wanted}\`, which is no environment`,
      hint,
    );
  }
  return { ...written, environments };
});

/** A protected environment that lists no hosts allows none: forgetting a line must not open it. */
function buildEnvironment(name: string, written: Omit<Environment, 'name'>): Environment {
  const { vars, protected: isProtected, hosts } = written;
  return { name, vars, protected: isProtected, hosts: hosts ?? (isProtected ? [] : null) };
}

function environmentNames(environments: Config['environments']): readonly string[] {
  return [...new Set([...Object.keys(environments), local.name])];
}
