import { type ParsedYaml, parseYaml } from './yaml.ts';

/** Reads a trusted file; one that is empty, or all comments, says as much as an empty map. */
export function parseTrustedFile(text: string, file: string, code: string): ParsedYaml {
  const document = parseYaml(text, file, code);
  const { root } = document;
  return root.kind === 'scalar' && root.value === null
    ? { ...document, root: { kind: 'map', at: root.at, entries: [] } }
    : document;
}
