import { isLiteral } from '../template.ts';
import type { StartingProgram } from './starting-programs.ts';

/** An argument list that is read, and what is found out about its words. */
export interface Walk {
  readonly argv: readonly string[];
  /** Says why no value may stand in a word; a literal word is none the worse for it. */
  readonly note: (at: number, why: string) => void;
}

export interface OptionsRead {
  /** Index of the first operand. */
  readonly operand: number;
  /** Code has been given by an option, so operands are only data. */
  readonly isData: boolean;
}

/** Reads the options of the program at `at`, and notes which of their words take code. */
export function readOptions(walk: Walk, at: number, row: StartingProgram): OptionsRead {
  const { argv } = walk;
  let isData = false;
  let ended = false;
  let index = at + 1;
  for (let word = argv[index]; word !== undefined; word = argv[index]) {
    if (row.runs === 'program' && /^[A-Za-z_]\w*=/.test(headOf(word))) {
      noteAssignment(walk, index);
      index += 1;
    } else if (!ended && word === '--') {
      ended = true;
      index += 1;
    } else if (!ended && isOption(word, row)) {
      const option = optionAt(word, row);
      isData ||= option.takes === 'code';
      index += isOfShell(row)
        ? readShellOption(walk, index, option)
        : readOption(walk, index, { row, option });
    } else {
      break;
    }
  }
  return { operand: index, isData };
}

/** By what stands in front of the first value. */
function isOption(word: string, row: StartingProgram): boolean {
  const head = headOf(word);
  return head.startsWith('-') || (head.startsWith('+') && isOfShell(row));
}

function isOfShell({ data }: StartingProgram): boolean {
  return data.includes('+o');
}

function noteAssignment({ argv, note }: Walk, index: number): void {
  if (argv[index]?.startsWith('PATH=') === true) {
    note(index, '`PATH` decides which program is started, so it cannot hold a value here');
  }
}

interface Option {
  readonly name: string;
  /** `nothing`: a flag. `unsure`: it is not known whether it takes the next word. */
  readonly takes: 'data' | 'code' | 'load' | 'nothing' | 'unsure';
  /** The value, if it takes one, stands in the word itself. */
  readonly attached: boolean;
  /** It is the first of its word: nothing in front could have swallowed it. */
  readonly first: boolean;
}

/** Answers how many words the option is. */
function readOption(
  walk: Walk,
  index: number,
  { row, option }: { row: StartingProgram; option: Option },
): number {
  const { name, takes, attached, first } = option;
  const valueAt = attached ? index : index + 1;
  if (takes === 'nothing') {
    walk.note(index, unclear(name));
  } else if (takes !== 'data' || !first) {
    const isCode = takes === 'code' || takes === 'load';
    // A starter's program could be either word, with options of its own. Node takes no code that looks
    // like an option, others do. In both cases nothing behind is sure.
    const isOpen =
      row.runs === 'program'
        ? takes === 'unsure'
        : isCode && endsInOption(walk.argv, index, option);
    const to = isOpen ? walk.argv.length : valueAt + 1;
    noteAll(walk, [valueAt, to], isCode ? followsCode(name) : unclear(name));
  }
  return wordsOf(walk.argv, index, option);
}

function wordsOf(argv: readonly string[], index: number, option: Option): number {
  const isAlone = option.takes === 'unsure' && endsInOption(argv, index, option);
  return option.attached || option.takes === 'nothing' || isAlone ? 1 : 2;
}

/** What should be its value looks like another option. */
function endsInOption(argv: readonly string[], index: number, { attached }: Option): boolean {
  return !attached && argv[index + 1]?.startsWith('-') === true;
}

/** For messages: the code that an option takes. */
export function followsCode(option: string): string {
  return `what follows \`${option}\` is code and cannot hold a value`;
}

function noteAll({ note }: Walk, [from, to]: readonly [number, number], why: string): void {
  for (let at = from; at < to; at += 1) {
    note(at, why);
  }
}

/** In a shell every `o` of a word such as `-ceuo` takes a word from behind it. No option may hold a value. */
function readShellOption(walk: Walk, index: number, option: Option): number {
  const word = walk.argv[index] ?? '';
  const taken = /^[-+][^-]/.test(word)
    ? 1 + (word.match(/[oO]/g) ?? []).length
    : wordsOf(walk.argv, index, option);
  noteAll(walk, [index, index + taken], unclear(word));
  return taken;
}

function unclear(option: string): string {
  return `no value can stand in or behind \`${option}\`: it could change what runs`;
}

function optionAt(word: string, row: StartingProgram): Option {
  const head = headOf(word);
  const hasValue = !isLiteral(word);
  if (head.startsWith('--')) {
    const [name = ''] = head.split('=');
    const attached = head.includes('=');
    const takes = takesOf(name, row) ?? (attached || hasValue ? 'nothing' : 'unsure');
    return { name, takes, attached, first: true };
  }
  const whole = head.length > 2 ? takesOf(head, row) : null;
  if (whole !== null) {
    return { name: head, takes: whole, attached: hasValue, first: true };
  }
  for (let at = 1; at < head.length; at += 1) {
    const name = head.charAt(0) + head.charAt(at);
    const takes = takesOf(name, row);
    if (takes !== null) {
      const attached = takes === 'nothing' || at + 1 < head.length || hasValue;
      return { name, takes, attached, first: at === 1 };
    }
  }
  return { name: head, takes: 'nothing', attached: false, first: true };
}

function takesOf(name: string, row: StartingProgram): Option['takes'] | null {
  if (row.flags.includes(name)) {
    return 'nothing';
  }
  const lists = ['data', 'code', 'load'] as const;
  return lists.find((list) => row[list].includes(name)) ?? null;
}

/** What stands in front of the first value; all of a literal word. */
function headOf(word: string): string {
  return word.split('${{')[0] ?? '';
}
