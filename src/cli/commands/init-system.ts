import { chmodSync, chownSync, lstatSync, mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { addPerson } from '../../approval/people/edit-people.ts';
import { UsageError } from '../../base/errors.ts';
import { runTool } from '../../base/tool.ts';
import { systemSpoolDir } from '../../channels/spool/settings.ts';
import { systemConfigDir } from '../../config/paths.ts';
import type { Cli } from '../cli.ts';
import { writeIfMissing } from '../people-file.ts';
import { type Made, renderMade } from '../render/made.ts';
import { configTemplate, peopleTemplate, policyTemplate, spoolTemplate } from '../templates.ts';
import { personOfFlags } from './people-add.ts';

export interface SystemOptions {
  readonly group?: string;
  readonly person?: string;
  readonly sshKey?: readonly string[];
}

/**
 * Makes what every account of the host shares: configuration that only root changes, and the spool, in
 * which a group hands requests and decisions to each other. Nothing that is there is changed, its modes
 * included: `doctor` says where they are wrong. Throws UsageError `not_root`, `group_invalid`, `group_failed`.
 */
export function initSystem(cli: Cli, options: SystemOptions): number {
  const { group = 'runbook' } = options;
  const people = peopleText(cli, options);
  if (process.geteuid?.() !== 0) {
    throw new UsageError({
      code: 'not_root',
      message: `only root sets up \`${systemConfigDir}\` and \`${systemSpoolDir}\``,
      hint: 'sudo runbook init --system',
    });
  }
  const [gid, groupMade] = makeGroup(group);
  const config = `${configTemplate}${spoolTemplate(systemSpoolDir)}`;
  const stateRoot = dirname(systemSpoolDir);
  const rows: readonly Made[] = [
    { what: `group ${group}`, made: groupMade, about: 'who may see and decide requests' },
    { what: systemConfigDir, made: makeFolder(systemConfigDir, 0o755, 0), about: 'trusted files' },
    makeFile('people.yaml', people, 'who is who, for every account'),
    makeFile('policy.yaml', policyTemplate, 'every privileged step needs one other person'),
    makeFile('config.yaml', config, 'the spool; environments, trusted runbook folders'),
    { what: stateRoot, made: makeFolder(stateRoot, 0o755, 0), about: '' },
    {
      what: systemSpoolDir,
      made: makeFolder(systemSpoolDir, 0o3770, gid),
      about: `requests and decisions, for the group ${group}`,
    },
  ];
  warnOfOwner(cli, stateRoot);
  tellMade(cli, rows, group);
  return 0;
}

/** It may be somebody's home already: then not everybody gets through to what is in it. */
function warnOfOwner(cli: Cli, path: string): void {
  const { uid, mode } = lstatSync(path);
  if (uid !== 0 || (mode & 0o001) === 0) {
    cli.warn(
      `\`${path}\` is not a folder that root alone changes and everybody enters: \`channels.spool.dir\` can name another`,
    );
  }
}

function tellMade(cli: Cli, rows: readonly Made[], group: string): void {
  const next = [
    `usermod -aG ${group} USER`,
    `runbook people add NAME --os-user USER@${hostname().toLowerCase()} --ssh-key FILE.pub`,
  ];
  const [join = '', enrol = ''] = next;
  cli.print(
    {
      made: rows.map(({ what, made }) => ({ what, made })),
      next: next.map((command) => ({ command })),
    },
    () =>
      `${renderMade(rows, cli)}\nWhoever runs or approves joins the group, and logs in again:\n  ${join}\nand root says who they are:\n  ${enrol}\n`,
  );
}

/** With `--person`, and whoever called sudo as their account. */
function peopleText(cli: Cli, { person, sshKey }: SystemOptions): string {
  if (person === undefined) {
    return peopleTemplate;
  }
  const user = cli.io.env['SUDO_USER'];
  return addPerson(
    peopleTemplate,
    personOfFlags(cli, person, {
      ...(user === undefined ? {} : { osUser: [`${user}@${hostname().toLowerCase()}`] }),
      ...(sshKey === undefined ? {} : { sshKey }),
    }),
  );
}

/** The group's id, and whether it had to be made. */
function makeGroup(name: string): readonly [gid: number, made: boolean] {
  if (!/^[a-z_][a-z0-9_-]{0,31}$/.test(name)) {
    throw new UsageError({
      code: 'group_invalid',
      message: `\`${name}\` is no name of a group`,
      hint: 'small letters, digits, `_` and `-`, such as `runbook`',
    });
  }
  const known = findGroup(name);
  if (known !== null) {
    return [known, false];
  }
  const { stderr } = runTool(['groupadd', '--system', name]);
  const made = findGroup(name);
  if (made === null) {
    throw new UsageError({
      code: 'group_failed',
      message: `\`groupadd --system ${name}\` made no group: ${stderr.trim()}`,
      hint: `make the group \`${name}\`, and run this again`,
    });
  }
  return [made, true];
}

function findGroup(name: string): number | null {
  const line = runTool(['getent', 'group', name]).stdout.toString();
  const [found, , gid] = line.split(':');
  return found === name && gid !== undefined ? Number(gid) : null;
}

/** Owner and modes whatever the umask, and before anybody else could be in it. */
function makeFolder(path: string, mode: number, gid: number): boolean {
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) {
    return false;
  }
  mkdirSync(path, { mode: 0o700 });
  chownSync(path, 0, gid);
  chmodSync(path, mode);
  return true;
}

function makeFile(name: string, text: string, about: string): Made {
  const path = join(systemConfigDir, name);
  return { what: path, made: writeIfMissing(path, text, 0o644), about };
}
