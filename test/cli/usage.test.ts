import { afterAll, describe, expect, test } from 'vitest';
import { aScene } from './scene.ts';

const scene = aScene();
afterAll(() => scene.close());

describe('what is typed wrong', () => {
  test('an unknown command names the closest one', async () => {
    expect(await scene.run('exce', 'hello')).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: 'error: there is no command `exce`\nhint: did you mean `runbook exec`?\n',
    });
  });

  test('a command that nothing resembles points at the help', async () => {
    const { stderr } = await scene.run('frobnicate');
    expect(stderr).toBe(
      'error: there is no command `frobnicate`\nhint: `runbook --help` lists them\n',
    );
  });

  test('an unknown flag names the closest one', async () => {
    expect(await scene.run('exec', 'hello', '--no-wiat')).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: 'error: unknown option `--no-wiat`\nhint: did you mean `--no-wait`?\n',
    });
  });

  test('a missing argument points at the help of its command', async () => {
    const { exitCode, stderr } = await scene.run('exec');
    expect(exitCode).toBe(2);
    expect(stderr).toBe(
      'error: missing required argument `runbook`\nhint: `runbook exec --help` lists what there is\n',
    );
  });

  test.each([
    ['break-glass review'],
    ['grant revoke'],
    ['token create'],
    ['people remove'],
    ['people link'],
    ['policy explain'],
    ['audit show'],
  ])('and so does one of the nested `%s`', async (command) => {
    const { exitCode, stderr } = await scene.run(...command.split(' '), '--nonsense');
    expect(exitCode).toBe(2);
    expect(stderr).toContain(`hint: \`runbook ${command} --help\` lists what there is\n`);
  });

  test('a nested command that there is not points at the help of its group', async () => {
    const { stderr } = await scene.run('people', 'nonsense');
    expect(stderr).toContain('hint: `runbook people --help` lists what there is\n');
  });

  test('a command without its `--` is told where it stands', async () => {
    for (const argv of [
      ['kubectl', 'get', 'pods'],
      ['kubectl', 'get', 'pods', '-n', 'prod'],
    ]) {
      const { exitCode, stderr } = await scene.run('exec', ...argv);
      expect(exitCode).toBe(2);
      expect(stderr).toContain(`for a command: \`runbook exec -- ${argv.join(' ')}\`\n`);
    }
  });

  test('a duration without its unit is refused', async () => {
    const { exitCode, stderr } = await scene.run('exec', 'hello', '--wait', '5');
    expect(exitCode).toBe(2);
    expect(stderr).toBe('error: `5` is not a duration\nhint: add a unit, as in `5s` or `5m`\n');
  });

  test('flags that exclude each other are refused, in any order', async () => {
    for (const [argv, one, other] of [
      [['exec', 'hello', '--wait', '1s', '--no-wait'], '--wait', '--no-wait'],
      [['resume', '--no-wait', '--wait=1s'], '--no-wait', '--wait'],
      [['runs', '--json', '--output', 'text'], '--json', '--output text'],
      [['--output=ndjson', 'runs', '--json'], '--json', '--output ndjson'],
    ] as const) {
      const { exitCode, stdout, stderr } = await scene.run(...argv);
      expect([exitCode, stdout]).toEqual([2, '']);
      expect(stderr).toContain(`\`${one}\` and \`${other}\` do not go together`);
    }
    expect((await scene.run('help', 'exec', '--json', '--output', 'json')).exitCode).toBe(0);
  });

  test('errors are one JSON object where JSON was asked for, even in the flags', async () => {
    for (const argv of [
      ['nope', '--json'],
      ['--json', 'nope'],
      ['nope', '--output', 'json'],
      ['nope', '--output=ndjson'],
    ]) {
      const { stdout, stderr, exitCode } = await scene.run(...argv);
      expect([exitCode, stdout]).toEqual([2, '']);
      expect(JSON.parse(stderr)).toEqual({
        code: 'command_unknown',
        message: 'there is no command `nope`',
        hint: '`runbook --help` lists them',
      });
    }
  });

  test('what is not built yet says so', async () => {
    for (const argv of [['worker'], ['mcp'], ['completion']]) {
      const { exitCode, stderr } = await scene.run('--json', ...argv);
      expect([argv, exitCode]).toEqual([argv, 2]);
      expect(JSON.parse(stderr)).toMatchObject({ code: 'not_built_yet' });
    }
  });

  test('approving without a key lists the ways', async () => {
    expect(await scene.run('approve', 'amber-canoe')).toEqual({
      exitCode: 2,
      stdout: '',
      stderr:
        'error: this takes a signature with your own key, and no key is named\nhint: `runbook approve amber-canoe --key ~/.ssh/id_ed25519`, or `runbook approve amber-canoe --ssh-agent`\n',
    });
  });

  test('rejecting takes a reason', async () => {
    const { exitCode, stderr } = await scene.run('reject', 'amber-canoe');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('required option `--reason <text>` not specified');
  });
});

describe('help', () => {
  test('lists the commands on stdout and exits with 0', async () => {
    const { exitCode, stdout, stderr } = await scene.run('--help');
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toContain('Usage: runbook COMMAND [options]');
    expect(stdout).toMatch(/^ {2}exec +run a runbook$/m);
    expect(stdout).not.toMatch(/^ {2}worker /m);
  });

  test('that nobody asked for goes to stderr and exits with 2', async () => {
    for (const argv of [[], ['people'], ['audit']]) {
      const { exitCode, stdout, stderr } = await scene.run(...argv);
      expect([exitCode, stdout]).toEqual([2, '']);
      expect(stderr).toContain('Usage: runbook');
    }
  });

  test('fits a narrow window', async () => {
    const narrow = scene.with({ terminal: true, columns: 40, env: { NO_COLOR: '1' } });
    for (const argv of [['--help'], ['exec', '--help'], ['status', '--help']]) {
      const { stdout } = await narrow.run(...argv);
      const flow = stdout
        .split('\n')
        .filter((line) => !/^ {2}(-|runbook )|^(Usage|Prints)/.test(line));
      expect(flow.filter((line) => line.length > 40)).toEqual([]);
    }
  });

  test('of every command has a description and an example', async () => {
    const { stdout } = await scene.run('--help');
    const names = [...stdout.matchAll(/^ {2}([a-z]+) {2,}/gm)].map(([, name]) => name ?? '');
    expect(names.length).toBeGreaterThan(20);
    for (const name of names.filter((it) => it !== 'help')) {
      const help = await scene.run('help', name);
      expect([name, help.exitCode]).toEqual([name, 0]);
      expect(help.stdout).toMatch(/Examples?:|Commands:/);
    }
  });

  test('`help COMMAND` and `COMMAND --help` are the same', async () => {
    for (const words of [['exec'], ['people', 'add'], ['audit', 'verify']]) {
      const first = await scene.run('help', ...words);
      const second = await scene.run(...words, '--help');
      expect(first).toEqual(second);
    }
  });

  test('has the topics that scripts rely on', async () => {
    for (const topic of ['exit-codes', 'environment', 'json']) {
      const { exitCode, stdout } = await scene.run('help', topic);
      expect(exitCode).toBe(0);
      expect(stdout.split('\n').every((line) => line.length <= 80)).toBe(true);
    }
    expect((await scene.run('help', 'exit-code')).stderr).toContain('did you mean `exit-codes`?');
  });
});

describe('colour', () => {
  const painted = '\u001b[';

  test('is for terminals alone, and NO_COLOR and TERM=dumb switch it off', async () => {
    const terminal = scene.with({ terminal: true });
    expect((await scene.run('nope')).stderr).not.toContain(painted);
    expect((await terminal.run('nope')).stderr).toContain(painted);
    expect((await terminal.with({ env: { NO_COLOR: '1' } }).run('nope')).stderr).not.toContain(
      painted,
    );
    expect((await terminal.with({ env: { TERM: 'dumb' } }).run('nope')).stderr).not.toContain(
      painted,
    );
    expect((await terminal.run('nope', '--no-color')).stderr).not.toContain(painted);
  });

  test('comes with FORCE_COLOR or --color anywhere, in errors once the flags are read', async () => {
    expect((await scene.with({ env: { FORCE_COLOR: '1' } }).run('nope')).stderr).toContain(painted);
    expect((await scene.run('--color', 'always', 'nope')).stderr).toContain(painted);
    expect((await scene.run('nope', '--color=always')).stderr).toContain(painted);
  });
});
