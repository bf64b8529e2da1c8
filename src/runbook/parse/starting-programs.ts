/** How a program that runs code, or another program, reads its arguments. Options are separated by blanks. */
export interface StartingProgram {
  /** Options that take a value which is only data. */
  readonly data: readonly string[];
  /** Options that take code, after which operands are data. */
  readonly code: readonly string[];
  /** Options that take code, or a file or module of it, and change nothing else. */
  readonly load: readonly string[];
  /**
   * Long options without a value: after one that is not known here nothing is sure. Short ones whose
   * value is the rest of their word; other short options are taken for flags.
   */
  readonly flags: readonly string[];
  /** Operands that are data, in front of what is run. */
  readonly skip: number;
  /** What is run: another program, the first operand as code or script, or all operands joined. */
  readonly runs: 'program' | 'operand' | 'operands';
}

/** Shells by their names. */
const shells: ReadonlySet<string> = new Set(
  'sh bash dash ash ksh mksh zsh fish csh tcsh rbash'.split(' '),
);

/** Programs that start another one, or hand words to a shell. Null for every other program. */
export function findStarter(word: string): StartingProgram | null {
  return starters.get(nameOf(word)) ?? null;
}

/** Shells and interpreters; versions in their names (`python3.12`) make no difference. */
export function findInterpreter(word: string): StartingProgram | null {
  const name = nameOf(word);
  return interpreters.get(name) ?? interpreters.get(name.replace(/[\d.]+$/, '')) ?? null;
}

export function isShell(word: string): boolean {
  return shells.has(nameOf(word));
}

function nameOf(word: string): string {
  return word.slice(word.lastIndexOf('/') + 1);
}

type Row = Partial<Record<'data' | 'code' | 'load' | 'flags', string>> & { readonly skip?: number };

function row(runs: StartingProgram['runs'], { skip = 0, ...options }: Row = {}): StartingProgram {
  const split = (text = ''): readonly string[] => text.split(' ').filter((word) => word !== '');
  const { data, code, load, flags } = options;
  return {
    data: split(data),
    code: split(code),
    load: split(load),
    flags: split(flags),
    skip,
    runs,
  };
}

const sudo = row('program', {
  data: '-u -g -h -p -C -D -R -T -U -r -t --user --group --host --prompt --chdir --chroot',
  flags:
    '--preserve-env --non-interactive --login --stdin --set-home --background --reset-timestamp',
});

const starters: ReadonlyMap<string, StartingProgram> = new Map([
  ['sudo', sudo],
  ['doas', row('program', { data: '-u', load: '-C' })],
  [
    'env',
    row('program', {
      data: '-u -C --unset --chdir',
      load: '-S --split-string',
      flags: '--ignore-environment --null --debug',
    }),
  ],
  ['nice', row('program', { data: '-n --adjustment' })],
  ['ionice', row('program', { data: '-c -n --class --classdata', flags: '--ignore' })],
  ['nohup', row('program')],
  ['setsid', row('program', { flags: '--wait --fork --ctty' })],
  ['stdbuf', row('program', { data: '-i -o -e --input --output --error' })],
  [
    'timeout',
    row('program', {
      skip: 1,
      data: '-k -s --kill-after --signal',
      flags: '--foreground --preserve-status --verbose',
    }),
  ],
  ['time', row('program', { data: '-f -o --format --output', flags: '--portability --verbose' })],
  ['taskset', row('program', { skip: 1 })],
  ['chrt', row('program', { skip: 1 })],
  ['chroot', row('program', { skip: 1, data: '--userspec --groups' })],
  [
    'flock',
    row('program', {
      skip: 1,
      data: '-w -E --timeout --conflict-exit-code',
      load: '-c --command',
      flags: '--shared --exclusive --nonblock --close --no-fork --verbose',
    }),
  ],
  [
    'xargs',
    row('program', {
      data: '-a -d -E -I -L -n -P -s --arg-file --delimiter --max-args --max-procs',
      flags: '--null --no-run-if-empty --verbose --exit',
    }),
  ],
  ['busybox', row('program')],
  ['su', row('operands', { skip: 1, load: '-c -s --command --shell', flags: '--login' })],
  [
    'ssh',
    row('operands', {
      skip: 1,
      data: '-B -b -c -D -E -I -i -J -L -l -m -p -Q -R -S -W -w',
      load: '-F -o -O -e',
    }),
  ],
  ['watch', row('operands', { data: '-n --interval', flags: '--differences --no-title' })],
  ['parallel', row('operands')],
]);

const shell = row('operand', {
  data: '-o -O +o +O --rcfile --init-file',
  flags: '--login --norc --noprofile --posix --restricted --verbose',
});
const awk = row('operand', {
  data: '-F -v --field-separator --assign',
  code: '-e -f -E --source --file --exec',
  load: '-i -l --include --load',
});

const interpreters: ReadonlyMap<string, StartingProgram> = new Map([
  ...[...shells].map((name): [string, StartingProgram] => [name, shell]),
  ...['awk', 'gawk', 'mawk', 'nawk'].map((name): [string, StartingProgram] => [name, awk]),
  [
    'sed',
    row('operand', {
      data: '-l --line-length',
      code: '-e -f --expression --file',
      flags: '-i --quiet --silent --regexp-extended --in-place --separate --null-data --sandbox',
    }),
  ],
  ['python', row('operand', { data: '-W -X', code: '-c -m' })],
  ['pypy', row('operand', { data: '-W -X', code: '-c -m' })],
  ['perl', row('operand', { code: '-e -E', load: '-I -M -m', flags: '-i -x -C -D -F -V' })],
  [
    'ruby',
    row('operand', {
      data: '-E',
      code: '-e',
      load: '-I -r --require',
      flags: '-i -x -C -F -K -T -W --yjit',
    }),
  ],
  [
    'node',
    row('operand', {
      data: '-C --conditions --title --input-type',
      code: '-e -p -pe --eval --print',
      load: '-r --require --import --loader --experimental-loader --env-file',
      flags: '--no-warnings --trace-warnings --enable-source-maps --inspect --test --check',
    }),
  ],
  ['nodejs', row('operand', { code: '-e -p -pe --eval --print', load: '-r --require --import' })],
  ['bun', row('operand', { code: '-e -p -pe --eval --print', load: '-r --preload' })],
  ['php', row('operand', { code: '-r -f -B -R -F -E', load: '-c -d -z' })],
  ['lua', row('operand', { load: '-e -l' })],
  ['osascript', row('operand', { data: '-l -s', code: '-e' })],
  ['pwsh', row('operands')],
]);
