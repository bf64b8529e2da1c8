import type { YamlNode } from '../../base/yaml.ts';
import type { Located } from '../../base/yaml-schema.ts';
import type { ExecFile } from '../schema.ts';
import { isLiteral } from '../template.ts';
import { codePositions } from './code-positions.ts';
import { refuseControls } from './refuse-controls.ts';
import type { Reading } from './site.ts';
import { splitWords } from './split-words.ts';

/** The argument list of `exec`, templates still in it; null where it has been reported as wrong. */
export function parseExec(exec: ExecFile, reading: Reading): readonly string[] | null {
  const words =
    'value' in exec
      ? wordsOf(exec, reading)
      : exec.map(({ value, node }) => ({ value, node, offset: 0 }));
  const sources = 'value' in exec ? [exec] : exec;
  for (const source of sources) {
    refuseControls(source, reading);
    reading.sites.push({ node: source.node, text: source.value, where: 'argv', of: null });
  }
  if (words === null) {
    return null;
  }
  const argv = words.map((word) => word.value);
  const positions = codePositions(argv);
  for (const [index, word] of words.entries()) {
    const message = positions.get(index);
    // A value there would choose what runs, not what it runs on.
    if (message !== undefined && !isLiteral(word.value)) {
      const hint = 'write it out, or pass the value through `env` or as a further argument';
      reading.report(word.node, { message, hint, offset: word.offset });
    }
  }
  return argv;
}

interface PlacedWord {
  readonly value: string;
  readonly node: YamlNode;
  readonly offset: number;
}

function wordsOf({ value, node }: Located<string>, reading: Reading): readonly PlacedWord[] | null {
  const words = splitWords(value);
  if ('message' in words) {
    reading.report(node, words);
    return null;
  }
  if (words.length === 0) {
    reading.report(node, { message: '`exec` names no program' });
    return null;
  }
  return words.map((word) => ({ value: word.text, node, offset: word.offset }));
}
