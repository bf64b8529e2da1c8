/** What can be told about a shell script without running it: best effort, for a notice to people. */
export interface ScriptWords {
  /** Words in the place of a command, without builtins and the script's own functions. */
  readonly commands: readonly string[];
  /** Every word that is there literally, unquoted. */
  readonly words: readonly string[];
}

/**
 * Finds commands and words. Here documents and arithmetic are left out, substitutions are not. Takes time
 * in proportion to the script: every expression below stops at what the next one could begin with.
 */
export function scanScript(script: string): ScriptWords {
  const text = flatten(script);
  const functions = [...text.matchAll(/(?<![\w-])([\w-]+)\s*\(\s*\)/g)].map((match) => match[1]);
  const known = new Set([...builtins, ...functions]);
  const commands = [...text.matchAll(commandPlace)].flatMap((match) => match[1] ?? []);
  return {
    commands: [...new Set(commands)].filter((word) => !known.has(word)),
    words: [...new Set(text.split(/[\s;&|(){}`<>]+/))].filter((word) => word !== ''),
  };
}

const builtins = (
  ': [ [[ alias bg break case cd command continue declare do done echo elif else esac exec exit ' +
  'export false fg fi for function getopts hash if in jobs kill let local printf pwd read readonly ' +
  'return set shift shopt test then time times trap true type ulimit umask unalias unset ' +
  'until wait while'
).split(' ');

/** A separator or a word after which a command stands, assignments, and that command. */
const commandPlace =
  /(?:^|[;&|({`\n]|\$\(|(?<=[\s;])(?:!|command|do|elif|else|exec|if|then|time|until|while)\s)\s*(?:[A-Za-z_]\w*=[^\s;&|(){}`<>]*\s+)*(?![A-Za-z_]\w*=)(?=([^\s;&|(){}`<>-][^\s;&|(){}`<>]*))/g;

const arithmetic = /\$\(\([^()\n]*\)\)/g;
const casePattern = /(^|\n|;;|\sin\s)\s*[^\s()|]+(?:\s*\|\s*[^\s()|]+)*\s*\)/g;
const quoted = /(?<=^|\s)#[^\n]*|'([^']*)'|"((?:\\[^]|[^"\\])*)"|\\[^]/g;
const substitution = /\$\([^)]*\)?|`[^`]*`/g;

/** The script without quotes: what was quoted stays where it is one word, or runs something. */
function flatten(script: string): string {
  return withoutHereDocuments(script.replace(arithmetic, '0'))
    .replace(quoted, (_, single?: string, double?: string) => {
      const inner = single ?? double ?? '';
      const isWord = /^[^\s;&|(){}`<>]+$/.test(inner);
      return isWord ? inner : (double?.match(substitution) ?? []).join(' ');
    })
    .replace(/\$\{(\w+)[^{}\n]*\}/g, '$$$1')
    .replace(/[<>]&|&>/g, '> ')
    .replace(/[ \t\r]+/g, ' ')
    .replace(/\s*\n\s*/g, '\n')
    .replace(casePattern, '$1 ;');
}

function withoutHereDocuments(script: string): string {
  let end: string | undefined;
  const kept = script.split('\n').filter((line) => {
    if (end === undefined) {
      end = /(?<!<)<<-?\s*\\?['"]?([A-Za-z_]\w*)/.exec(line)?.[1];
      return true;
    }
    end = line.trim() === end ? undefined : end;
    return false;
  });
  return kept.join('\n');
}
