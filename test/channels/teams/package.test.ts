import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { teamsPackage } from '../../../src/channels/teams/package/app-package.ts';
import { aScene } from '../../cli/scene.ts';
import { testWith } from '../../support/foreign.ts';
import { tempFolder } from '../../support/temp-folder.ts';

const app = { appId: '0f0e0d0c-0b0a-4908-8706-050403020100', url: 'https://runbook.example.com' };

/** Python's own reader of archives; it checks every sum. */
const unpack = `
import json, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as z:
    assert z.testzip() is None
    print(json.dumps({'names': z.namelist(), 'manifest': json.loads(z.read('manifest.json'))}))
    z.extractall(sys.argv[2])
`;

describe('the app package', () => {
  testWith(['python3'], 'is an archive that others read, with what Teams asks for in it', () => {
    const dir = tempFolder({ 'unpack.py': unpack });
    writeFileSync(join(dir, 'app.zip'), teamsPackage(app));
    const said = execFileSync('python3', ['unpack.py', 'app.zip', '.'], { cwd: dir });
    const { names, manifest } = JSON.parse(said.toString()) as Record<string, object>;
    expect(names).toEqual(['manifest.json', 'color.png', 'outline.png']);
    expect(manifest).toMatchObject({
      manifestVersion: '1.17',
      id: app.appId,
      bots: [{ botId: app.appId, scopes: ['personal', 'team', 'groupChat'] }],
      validDomains: ['runbook.example.com'],
      permissions: ['identity', 'messageTeamMembers'],
    });
    const sizes = ['color.png', 'outline.png'].map((name) => sizeOf(readFileSync(join(dir, name))));
    expect(sizes).toEqual([192, 32]);
  });

  test('is the same bytes each time', () => {
    expect(teamsPackage(app).equals(teamsPackage(app))).toBe(true);
  });

  test('is what `init --teams-package` writes, and nothing else, over nothing that is there', async () => {
    const scene = aScene();
    onTestFinished(() => scene.close());
    const flags = ['--teams-app-id', app.appId, '--teams-url', app.url];
    const { exitCode, stdout } = await scene.run('init', '--teams-package', 'app.zip', ...flags);
    expect([exitCode, stdout]).toEqual([
      0,
      'app.zip: in Teams, Apps, Manage your apps, Upload an app\n',
    ]);
    expect(readFileSync(join(scene.dir, 'app.zip')).equals(teamsPackage(app))).toBe(true);
    expect(existsSync(join(scene.dir, 'config'))).toBe(false);
    const again = await scene.run('init', '--teams-package', 'app.zip', ...flags, '--json');
    expect(JSON.parse(again.stderr)).toMatchObject({ code: 'file_unwritable' });
  });

  test.each([
    [[], '--teams-app-id <id>'],
    [['--teams-app-id', app.appId], '--teams-url <url>'],
    [['--teams-app-id', 'runbook', '--teams-url', app.url], "no app's id"],
    [['--teams-app-id', app.appId, '--teams-url', 'http://x'], 'https address'],
  ])('is not made of %j', async (flags, words) => {
    const scene = aScene();
    onTestFinished(() => scene.close());
    const { exitCode, stderr } = await scene.run('init', '--teams-package', 'app.zip', ...flags);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(words)]);
    expect(existsSync(join(scene.dir, 'app.zip'))).toBe(false);
  });
});

/** Width and height stand behind the signature and the name of the first chunk. */
function sizeOf(png: Buffer): number {
  expect(png.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n');
  expect(png.readUInt32BE(16)).toBe(png.readUInt32BE(20));
  return png.readUInt32BE(16);
}
