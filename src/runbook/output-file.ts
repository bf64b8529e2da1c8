import type { Json } from '../base/json.ts';

/** What a step wrote to `$RUNBOOK_OUTPUT`: `key=value` lines, or one JSON object. */
export type OutputFile =
  | { readonly values: Readonly<Record<string, Json>> }
  | { readonly reason: string };

const maxBytes = 65_536;

/** Reads the file's text. Later lines win; blank lines are skipped. */
export function readOutputFile(text: string): OutputFile {
  if (Buffer.byteLength(text) > maxBytes) {
    return { reason: `$RUNBOOK_OUTPUT holds more than ${maxBytes} bytes` };
  }
  const file = text.trimStart().startsWith('{') ? readJson(text) : readLines(text);
  if ('reason' in file) {
    return file;
  }
  const bad = Object.keys(file.values).find((key) => !/^[a-z][a-z0-9_]*$/.test(key));
  return bad === undefined
    ? file
    : { reason: `\`${bad}\` in $RUNBOOK_OUTPUT is not a name such as \`node_count\`` };
}

function readJson(text: string): OutputFile {
  try {
    // It starts with a brace, so it is an object or no JSON at all.
    return { values: JSON.parse(text) as Readonly<Record<string, Json>> };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { reason: `$RUNBOOK_OUTPUT is not JSON: ${why}` };
  }
}

function readLines(text: string): OutputFile {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const wrong = lines.findIndex((line) => !line.includes('='));
  return wrong === -1
    ? { values: Object.fromEntries(lines.map(splitLine)) }
    : { reason: `line ${wrong + 1} of $RUNBOOK_OUTPUT is not \`key=value\`` };
}

function splitLine(line: string): [string, string] {
  const at = line.indexOf('=');
  return [line.slice(0, at).trim(), line.slice(at + 1)];
}
