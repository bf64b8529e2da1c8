import { isAbsolute, normalize } from 'node:path';
import { valueOf } from '../../base/yaml.ts';
import { list, object } from '../../base/yaml-collections.ts';
import { text } from '../../base/yaml-scalars.ts';
import { type Invalid, invalid, optional, refine } from '../../base/yaml-schema.ts';
import type { PeopleList } from '../policy.ts';
import { timeLimit } from './time-limit.ts';

const absolutePath = refine(text(), (path, node, place) => {
  if (isAbsolute(path) && normalize(path) === path) {
    return path;
  }
  // Found by PATH, whoever starts a run could choose the program that says who may approve it.
  const message = `\`${place.name}\` must be an absolute path without \`..\`, not \`${path}\``;
  place.report(node.at, message);
  return invalid;
});

const command = refine(list(text(), { min: 1 }), (argv, node, place) => {
  const [program = ''] = argv;
  const at = node.kind === 'list' ? (node.items[0] ?? node) : node;
  const path = absolutePath.read(at, { ...place, name: `${place.name}[0]` });
  return path === invalid || program === '' ? invalid : argv;
});

/** A decision waits for the answer, so a program that hangs must not hang it for long. */
const defaultTimeoutMs = 5000;
const longestTimeoutMs = 30_000;

export const peopleListFile = refine(
  object({
    file: optional(absolutePath),
    command: optional(command),
    timeout: optional(timeLimit(longestTimeoutMs)),
  }),
  ({ file, command: argv, timeout }, node, place): PeopleList | Invalid => {
    const says = ['file', 'command'].filter((key) => valueOf(node, key) !== null);
    if (says.length !== 1) {
      place.report(node.at, `\`${place.name}\` must have exactly one of \`file\` and \`command\``);
      return invalid;
    }
    if (file !== null && timeout !== null) {
      place.report(node.at, '`timeout` is for a `command`');
    }
    if (file !== null) {
      return { kind: 'file', path: file };
    }
    return argv === null
      ? invalid
      : { kind: 'command', argv, timeoutMs: timeout ?? defaultTimeoutMs };
  },
);
