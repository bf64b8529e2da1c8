import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { parse, resolve, sep } from 'node:path';
import { ConfigError } from '../base/errors.ts';
import type { PathComponent } from './distrust.ts';

/** What stands on the way from `/` to a path, and where the way ends. */
export interface Walk {
  readonly components: readonly PathComponent[];
  /** The path with every link resolved. */
  readonly realPath: string;
}

/** As many links as Linux follows. */
const maxLinks = 40;

/**
 * Looks at every component, links and what they lead through included: whoever can replace one of them
 * can replace the file. Null where nothing is there.
 */
export function walkPath(path: string): Walk | null {
  const components: PathComponent[] = [];
  let current = parse(resolve(path)).root;
  let ahead = namesOf(path);
  let links = 0;
  components.push(describe(current, lstatSync(current)));
  for (let name = ahead.shift(); name !== undefined; name = ahead.shift()) {
    const next = resolve(current, name);
    const stats = lstatSync(next, { throwIfNoEntry: false });
    if (stats === undefined) {
      return null;
    }
    components.push(describe(next, stats));
    if (!stats.isSymbolicLink()) {
      current = next;
      continue;
    }
    links += 1;
    assertFinite(path, links);
    const target = resolve(current, readlinkSync(next));
    ahead = [...namesOf(target), ...ahead];
    current = parse(target).root;
  }
  return { components, realPath: current };
}

function namesOf(path: string): string[] {
  return resolve(path)
    .split(sep)
    .filter((name) => name !== '');
}

function describe(path: string, stats: Stats): PathComponent {
  return { path, kind: kindOf(stats), uid: stats.uid, mode: stats.mode & 0o7777 };
}

function kindOf(stats: Stats): PathComponent['kind'] {
  if (stats.isSymbolicLink()) {
    return 'link';
  }
  if (stats.isDirectory()) {
    return 'folder';
  }
  return stats.isFile() ? 'file' : 'other';
}

function assertFinite(path: string, links: number): void {
  if (links > maxLinks) {
    throw new ConfigError({ code: 'config_untrusted', message: `\`${path}\` is a loop of links` });
  }
}
