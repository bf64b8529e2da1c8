import type { YamlNode } from '../base/yaml.ts';
import type { Located } from '../base/yaml-schema.ts';
import { refuseControls } from './refuse-controls.ts';
import type { ExecFile } from './schema.ts';
import type { Reading } from './site.ts';
import { splitWords } from './split-words.ts';
import { isLiteral } from './template.ts';

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
  for (const [index, word] of words.entries()) {
    const message = whyNotTemplated(argv, index);
    if (message !== null && !isLiteral(word.value)) {
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

/** `-c`, `-e`, `-lc`, `-ne`, `--eval`, …: what follows is a program. */
const takesCode = /^(-[a-zA-Z]{0,2}[ceE]|--(eval|exec|execute|command))$/;

/** The same with the program attached. `-chdir=` and `-eNAME=` are options of another kind. */
const holdsCode =
  /^(-[a-zA-Z]{0,2}[ceE](?=\$\{\{)|-[ceE](?![\w-]+=)|--(?:eval|exec|execute|command)=)/;

/** Why no value may stand in this argument: it would choose what runs, not what it runs on. */
function whyNotTemplated(argv: readonly string[], index: number): string | null {
  if (index === 0) {
    return 'the program itself cannot be a value';
  }
  const before = argv[index - 1] ?? '';
  if (takesCode.test(before)) {
    return `what follows \`${before}\` is code and cannot hold a value`;
  }
  const attached = holdsCode.exec(argv[index] ?? '')?.[1];
  return attached === undefined
    ? null
    : `what follows \`${attached}\` is code and cannot hold a value`;
}
