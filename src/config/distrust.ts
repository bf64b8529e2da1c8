import { ConfigError } from '../base/errors.ts';

/** One step on the way to a file. */
export interface PathComponent {
  readonly path: string;
  readonly kind: 'folder' | 'file' | 'link' | 'other';
  readonly uid: number;
  /** Permission bits, with the sticky bit. */
  readonly mode: number;
}

/** Why a path is not to be trusted. */
export interface Distrust {
  readonly path: string;
  readonly found: string;
  readonly expected: string;
  readonly fix: string;
}

const sticky = 0o1000;
const writableByOthers = 0o022;

/**
 * The first component that somebody other than root and `user` could change; null where there is none.
 * In a sticky folder others can add names, but not touch ours.
 */
export function findDistrust(components: readonly PathComponent[], user: number): Distrust | null {
  const found = components.find((component) => !isTrusted(component, user));
  return found === undefined ? null : describe(found, user);
}

/** Throws ConfigError `config_untrusted`. */
export function refuse({ path, found, expected, fix }: Distrust): never {
  throw new ConfigError({
    code: 'config_untrusted',
    message: `\`${path}\` ${found}, but trusted configuration ${expected}`,
    hint: fix,
  });
}

/** Where there are no users (Windows), every file seems to be root's. */
export function effectiveUser(): number {
  return process.geteuid?.() ?? 0;
}

function isTrusted({ kind, uid, mode }: PathComponent, user: number): boolean {
  // A link's own mode says nothing: the folder that holds it decides who can replace it.
  const shared = kind !== 'link' && (mode & writableByOthers) !== 0;
  const keepsNames = kind === 'folder' && (mode & sticky) !== 0;
  return isOwner(uid, user) && (!shared || keepsNames);
}

function isOwner(uid: number, user: number): boolean {
  return uid === 0 || uid === user;
}

function describe({ path, uid, mode }: PathComponent, user: number): Distrust {
  return isOwner(uid, user)
    ? {
        path,
        found: `has mode ${mode.toString(8).padStart(4, '0')}`,
        expected: 'must not be writable by group or others',
        fix: `chmod go-w '${path}'`,
      }
    : {
        path,
        found: `belongs to uid ${uid}`,
        expected: `must belong to root or to uid ${user}`,
        fix: `chown ${user} '${path}' && chmod go-w '${path}'`,
      };
}
