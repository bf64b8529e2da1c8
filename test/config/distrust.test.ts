import { describe, expect, test } from 'vitest';
import { findDistrust, type PathComponent } from '../../src/config/distrust.ts';

const ana = 1000;
const root = folder('/', 0, 0o755);

function folder(path: string, uid: number, mode: number): PathComponent {
  return { path, kind: 'folder', uid, mode };
}

function file(path: string, uid: number, mode: number): PathComponent {
  return { path, kind: 'file', uid, mode };
}

describe('a path is trusted', () => {
  test('where root and the user own all of it and nobody else can write', () => {
    const way = [root, folder('/home', 0, 0o755), folder('/home/ana', ana, 0o700)];
    expect(findDistrust([...way, file('/home/ana/policy.yaml', ana, 0o644)], ana)).toBeNull();
  });

  test('through a sticky folder, where others cannot touch what is ours', () => {
    const way = [root, folder('/tmp', 0, 0o1777), file('/tmp/policy.yaml', ana, 0o600)];
    expect(findDistrust(way, ana)).toBeNull();
  });

  test('through a link of ours, whose own mode says nothing', () => {
    const link: PathComponent = { path: '/l', kind: 'link', uid: ana, mode: 0o777 };
    expect(findDistrust([root, link], ana)).toBeNull();
  });
});

describe('a path is refused', () => {
  test('where another user owns a component, with who owns it and who should', () => {
    expect(findDistrust([root, folder('/srv', 1001, 0o755)], ana)).toEqual({
      path: '/srv',
      found: 'belongs to uid 1001',
      expected: 'must belong to root or to uid 1000',
      fix: "chown 1000 '/srv' && chmod go-w '/srv'",
    });
  });

  test.each([0o664, 0o646, 0o666])('where others can write a file (mode %o)', (mode) => {
    const distrust = findDistrust([root, file('/policy.yaml', ana, mode)], ana);
    expect(distrust).toMatchObject({
      path: '/policy.yaml',
      found: `has mode 0${mode.toString(8)}`,
      fix: "chmod go-w '/policy.yaml'",
    });
  });

  test('where a sticky folder belongs to another user, who could rename in it all the same', () => {
    expect(findDistrust([root, folder('/t', 1001, 0o1777)], ana)?.path).toBe('/t');
  });

  test('where a file is sticky and writable: the bit means something for folders only', () => {
    expect(findDistrust([root, file('/f', ana, 0o1666)], ana)?.path).toBe('/f');
  });

  test('where another user owns a link', () => {
    const link: PathComponent = { path: '/l', kind: 'link', uid: 1001, mode: 0o777 };
    expect(findDistrust([root, link], ana)?.path).toBe('/l');
  });
});
