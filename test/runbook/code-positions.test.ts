import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { array, assert, constantFrom, nat, property } from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { codePositions, scriptOfShell } from '../../src/runbook/parse/code-positions.ts';
import { testWith } from '../support/foreign.ts';

/** Indexes of the words `V` that are refused. */
function refused(line: string): readonly number[] {
  const argv = line.split(' ').map((word) => word.replace('V', '${{ params.v }}'));
  const positions = codePositions(argv);
  return [...argv.keys()].filter((at) => argv[at]?.includes('${{') === true && positions.has(at));
}

describe('no value stands where it would be run', () => {
  test.each([
    'V x',
    'bash -euxc V',
    'sh -c -- V',
    'sh -c -u V',
    'bash -ceuo pipefail V',
    'bash -o pipefail -c V',
    'bash +x -c V',
    '/bin/bash --norc -c V',
    'bash --unheard-of -c V',
    'bash V',
    'bash -eV script',
    'bash -s V',
    'busybox sh -c V',
    'node -p V',
    'node -pe V',
    'node -pe x -p V',
    'node -p -p V',
    'node -r V app.js',
    'node --title x -p V',
    'node --unheard-of x V',
    'node V',
    'python3 -c V',
    'python3.12 -m V',
    'python3 -uW ignore -c V',
    'perl -lane V',
    'perl -i.e -n V',
    'perl -MV -e 1',
    'ruby -rV x.rb',
    'php -r V',
    'lua -e 1 V',
    'awk V',
    'awk -F : V file',
    'gawk -v a=1 -- V',
    'sed V file',
    'sed -i.l V file',
    'osascript -e V',
    'pwsh -NoProfile -Command V',
    'env V',
    'env -i A=1 V',
    'env -S V',
    'env PATH=V ls',
    'env -- A=1 V',
    'sudo V',
    'sudo -u root V',
    'sudo -n bash -euxc V',
    'sudo --unheard-of awk -F x V',
    'sudo -V ls',
    'nice -n 5 V',
    'nohup nice timeout -k 1 5 setsid ionice -c 3 stdbuf -oL time V',
    'timeout 5 V',
    'xargs V',
    'xargs -I{} sh -xc V',
    'xargs -0 -n 1 V',
    'find . -exec V ;',
    'find . -type f -execdir sh -euxc V ;',
    'find . -exec ls ; -exec env V ;',
    'docker exec web bash -euxc V',
    'ssh host systemctl restart V',
    'ssh -o V host',
    'su - ana V',
    'watch -n 2 ls V',
    'psql -c V',
    'tool --eval=V',
  ])('%s', (line) => {
    expect(refused(line)).toHaveLength(1);
  });

  test.each([
    'ls V',
    'systemctl restart V --now',
    'bash -euo pipefail -c true bash V',
    'sh script.sh V',
    'python3 -u report.py V --to V',
    'python3 -W ignore report.py V',
    'python3 -m http.server V',
    'node --enable-source-maps app.js V',
    'node --title=x app.js V',
    'perl -lane print V',
    'awk -F V {print} V',
    'awk -v name=V -f x.awk V',
    'sed -n -e p V',
    'sed -i.bak s/a/b/ V',
    'php script.php V',
    'env A=V tool V',
    'env -u V tool',
    'sudo -u V systemctl restart V',
    'sudo -uV --user=V ls',
    'timeout -k V V tool V',
    'nice -n V tool V',
    'xargs -n V -I {} cp {} V',
    'find V -name V -exec grep V {} +',
    'ssh -p V V uptime',
    'kubectl get pods -n V',
    'terraform -chdir=V plan',
  ])('and it may stand where it is data: %s', (line) => {
    expect(refused(line)).toEqual([]);
  });

  test('a great many programs behind each other are read in no time', () => {
    const argv = Array.from({ length: 3000 }, (_, at) => ['find', '-exec', 'env'][at % 3] ?? '');
    const began = performance.now();
    codePositions(argv);
    expect(performance.now() - began).toBeLessThan(2000);
  });
});

test.each([
  ['sh -c X', 'X'],
  ['bash -ceuo pipefail X y', 'X'],
  ['/bin/sh -e -u -c -- X', 'X'],
  ['sh X', ''],
  ['echo -c X', ''],
])('the script that %s runs is %j', (line, script) => {
  expect(scriptOfShell(line.split(' '))).toBe(script);
});

/**
 * The judge here is the program itself: it is started with a value that leaves a mark when it is run, in
 * whatever language. `words` are what may stand around the value.
 */
describe('where a value is accepted, the real program does not run it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'runbook-code-'));
  const mark = join(folder, 'mark');
  const evil = join(folder, 'evil');
  writeFileSync(evil, `#!/bin/sh\n: > ${mark}\n`, { mode: 0o755 });
  writeFileSync(join(folder, 'x'), '');
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  const shellWords = '-c -e -u -x -euxc -ceu -o errexit -ceuo +x -- - -s : x'.split(' ');
  const system = `BEGIN{system("${evil}")}`;
  const python = `__import__("os").system("${evil}")`;
  const node = `require("child_process").execFileSync(${JSON.stringify(evil)})`;
  const starterWords = '-i -u A A=1 -- -n 1 -k -s KILL -c 3 5 sh -c -euxc : env nice true x';
  const programs: readonly (readonly [string, string, readonly string[]])[] = [
    ['sh', evil, shellWords],
    ['bash', evil, [...shellWords, '--norc', '--posix', '-O', 'extglob', '--rcfile']],
    ['env', evil, starterWords.split(' ')],
    ['nice', evil, starterWords.split(' ')],
    ['timeout', evil, starterWords.split(' ')],
    ['setsid', evil, [...starterWords.split(' '), '--wait', '-w']],
    ['stdbuf', evil, [...starterWords.split(' '), '-oL', '-o', 'L']],
    ['xargs', evil, [...starterWords.split(' '), '-0', '-I', '{}', '-r', '-t']],
    ['find', evil, ['x', '-exec', '-execdir', ';', '+', '-name', 'sh', 'env', '-c', '-euxc', ':']],
    ['awk', system, ['-F', ':', '-v', 'a=1', '--', 'x', '-f', '{}', '-e']],
    ['perl', system, ['-n', '-e', '1', '-lane', '-i', '-i.e', '--', 'x', '-w', '-Mstrict', '-0']],
    [
      'python3',
      python,
      ['-c', '1', '-u', '-W', 'ignore', '-Wignore', '-X', 'dev', '--', 'x', '-m'],
    ],
    ['node', node, ['-p', '-e', '1', '-pe', '--', 'x', '--print', '--title', '-r', '--check']],
  ];

  for (const [program, value, words] of programs) {
    testWith(
      [program],
      program,
      () => {
        const placed = array(constantFrom(...words), { maxLength: 5 });
        assert(
          property(placed, nat(5), (around, at) => {
            const place = 1 + Math.min(at, around.length);
            const before = [program, ...around.slice(0, place - 1)];
            const after = around.slice(place - 1);
            if (codePositions([...before, '${{ params.v }}', ...after]).has(place)) {
              return;
            }
            const argv = [...before, value, ...after];
            rmSync(mark, { force: true });
            spawnSync(program, argv.slice(1), { cwd: folder, input: '', timeout: 5000 });
            expect({ argv, ran: existsSync(mark) }).toEqual({ argv, ran: false });
          }),
          { numRuns: 100 },
        );
      },
      60_000,
    );
  }
});
