import { followsCode, readOptions, type Walk } from './read-options.ts';
import {
  findInterpreter,
  findStarter,
  isShell,
  type StartingProgram,
} from './starting-programs.ts';

/**
 * Which arguments decide what runs, by index, each with why no value may stand there: programs (also
 * behind `sudo`, `env`, `-exec` and their kin), scripts, code, and options of what runs code. Programs
 * that are not known are read as if every option like `-c` took code. Templates are opaque words here.
 */
export function codePositions(argv: readonly string[]): ReadonlyMap<number, string> {
  const positions = new Map<number, string>([[0, 'the program itself cannot be a value']]);
  for (const [index, word] of argv.entries()) {
    const option = holdsCode.exec(word)?.[1] ?? takesCode.exec(argv[index - 1] ?? '')?.[0];
    if (index > 0 && option !== undefined) {
      positions.set(index, followsCode(option));
    }
  }
  const note = (at: number, why: string): void => {
    positions.set(at, positions.get(at) ?? why);
  };
  // A set is walked in the order of insertion, what is added on the way included: each place once.
  const programs = new Set([0]);
  for (const at of programs) {
    readProgram({ argv, note, programs }, at);
  }
  return positions;
}

/** The script that a shell is given with `-c`; empty where this starts no shell, or none with a script. */
export function scriptOfShell(argv: readonly string[]): string {
  const [name = ''] = argv;
  const row = isShell(name) ? findInterpreter(name) : null;
  if (row === null) {
    return '';
  }
  const at = readOptions({ argv, note: () => undefined }, 0, row).operand;
  return argv.slice(1, at).some((word) => /^-[A-Za-z]*c/.test(word)) ? (argv[at] ?? '') : '';
}

/** `-c`, `-e`, `-lc`, `-ne`, `--eval`, …: what follows is a program. */
const takesCode = /^(-[a-zA-Z]{0,2}[ceE]|--(eval|exec|execute|command))$/;

/** The same with the program attached. `-chdir=` and `-eNAME=` are options of another kind. */
const holdsCode =
  /^(-[a-zA-Z]{0,2}[ceE](?=\$\{\{)|-[ceE](?![\w-]+=)|--(?:eval|exec|execute|command)=)/;

/** `programs` are the places where one stands. */
interface Programs extends Walk {
  readonly programs: Set<number>;
}

/** Reads the words behind the program at `at` as that program would. */
function readProgram(walk: Programs, at: number): void {
  const name = walk.argv[at] ?? '';
  const row = findStarter(name) ?? findInterpreter(name);
  if (row === null) {
    readUnknown(walk, at);
  } else {
    readOperands(walk, at, row);
  }
}

/** What starts something all the same: `find -exec`, and a shell as in `docker exec web bash -euxc …`. */
function readUnknown(walk: Programs, at: number): void {
  for (let index = at + 1; index < walk.argv.length; index += 1) {
    const word = walk.argv[index] ?? '';
    if (/^-(exec|ok)(dir)?$/.test(word)) {
      walk.note(index + 1, `what \`${word}\` starts cannot be a value`);
      walk.programs.add(index + 1);
    } else if (isShell(word) && /^[-+]/.test(walk.argv[index + 1] ?? '')) {
      walk.programs.add(index);
    }
  }
}

function readOperands(walk: Programs, at: number, row: StartingProgram): void {
  const { argv } = walk;
  const name = argv[at] ?? '';
  const { operand, isData } = readOptions(walk, at, row);
  const first = operand + row.skip;
  if (isData || first >= argv.length) {
    return;
  }
  const all = row.runs === 'operands' ? argv.length : first + 1;
  for (let index = first; index < all; index += 1) {
    walk.note(
      index,
      row.runs === 'program'
        ? `what \`${name}\` starts cannot be a value`
        : `\`${name}\` runs this as code, so it cannot hold a value`,
    );
  }
  if (row.runs === 'program') {
    walk.programs.add(first);
  }
}
