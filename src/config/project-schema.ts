import { parseTrustedFile } from '../base/trusted-file.ts';
import { list, object } from '../base/yaml-collections.ts';
import { oneOf, text } from '../base/yaml-scalars.ts';
import { type Checked, checkDocument, optional } from '../base/yaml-schema.ts';

/** A project comes with the code it runs: it may say where runbooks lie and how output looks, no more. */
const projectFile = object({
  runbooks: optional(list(text({ pattern: /^[^\0]+$/, example: './runbooks' }), { min: 1 })),
  output: optional(oneOf('text', 'json', 'ndjson')),
});

export type ProjectFile = Checked<typeof projectFile>;

/** Throws InvalidFileError `project_invalid` with every problem and its place. */
export function parseProject(source: string, file: string): ProjectFile {
  return checkDocument(projectFile, parseTrustedFile(source, file, 'project_invalid'));
}
