import type { Clock } from '../base/clock.ts';
import type { JsonObject } from '../base/json.ts';
import { lazy } from '../base/lazy.ts';
import { closest } from '../base/suggest.ts';
import { type ParsedYaml, valueOf, type YamlNode } from '../base/yaml.ts';
import { record } from '../base/yaml-collections.ts';
import { checkDocument, invalid, raw, refine, sectionOf, suggestion } from '../base/yaml-schema.ts';
import { fileSink } from './file/file-sink.ts';
import { mirrorSink } from './mirror.ts';
import { otlpSink } from './otlp/otlp-sink.ts';
import { s3Sink } from './s3/s3-sink.ts';
import type { Sink } from './sink.ts';
import { timestampSink } from './timestamp/timestamp.ts';
import { witnessSink } from './witness.ts';

export interface SinkDeps {
  readonly clock: Clock;
  /** Where secrets are looked up. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Told what gives trouble, as one line of a structured log. */
  readonly log: (line: JsonObject) => void;
}

/** One entry under `sinks` in `config.yaml`, places kept. */
export interface SinkSection {
  readonly name: string;
  readonly section: ParsedYaml;
}

/**
 * Reads the section of one kind (its own schema, `kind` among its keys) and answers what opens it. Throws
 * InvalidFileError `config_invalid`. Nothing is connected to and no secret is read before it is used.
 */
export type SinkReader = (of: SinkSection) => (deps: SinkDeps) => Sink;

/** Every kind of sink. */
const readers: Readonly<Record<string, SinkReader>> = {
  file: fileSink,
  mirror: mirrorSink,
  otlp: otlpSink,
  s3: s3Sink,
  timestamp: timestampSink,
  witness: witnessSink,
};

/**
 * Throws InvalidFileError `config_invalid` for what is written wrong under `sinks`. Asked before the
 * journal takes in the file, as `checkChannels` is.
 */
export function checkSinks(section: ParsedYaml | null): void {
  readSinks(section);
}

/** The sinks that `config.yaml` names, in the order of their names; null is none of them. */
export function openSinks(section: ParsedYaml | null, deps: SinkDeps): readonly Sink[] {
  return readSinks(section).map((open) => open(deps));
}

function readSinks(section: ParsedYaml | null): readonly ((deps: SinkDeps) => Sink)[] {
  if (section === null) {
    return [];
  }
  const written = checkDocument(sinksFile(), section);
  return Object.entries(written)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, { node, reader }]) => reader({ name, section: sectionOf(section, node) }));
}

const sinksFile = lazy(() =>
  record(
    refine(raw(), (node, _, place) => {
      const kind = kindOf(node);
      const reader = kind !== null && Object.hasOwn(readers, kind) ? readers[kind] : undefined;
      if (reader === undefined) {
        const kinds = Object.keys(readers);
        place.report(
          node.at,
          `\`${place.name}\` must say its \`kind\`: ${kinds.join(', ')}`,
          kind === null ? undefined : suggestion(closest(kind, kinds)),
        );
        return invalid;
      }
      return { node, reader };
    }),
    { pattern: /^[a-z][a-z0-9_-]*$/, example: 'office_witness' },
  ),
);

function kindOf(node: YamlNode): string | null {
  const kind = valueOf(node, 'kind');
  return kind?.kind === 'scalar' && typeof kind.value === 'string' ? kind.value : null;
}
