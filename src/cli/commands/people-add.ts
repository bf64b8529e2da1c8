import { resolve } from 'node:path';
import { addPerson } from '../../approval/people/edit-people.ts';
import type { Person } from '../../approval/people/people.ts';
import { formatPublicKey, parsePublicKey } from '../../approval/ssh/ssh-key.ts';
import type { Cli } from '../cli.ts';
import { readTextFile } from '../params.ts';
import { editPeople } from '../people-file.ts';

export interface PersonFlags {
  readonly group?: readonly string[];
  readonly sshKey?: readonly string[];
  readonly osUser?: readonly string[];
  readonly slack?: readonly string[];
  readonly teams?: readonly string[];
  readonly email?: readonly string[];
  readonly oidc?: readonly string[];
  readonly agent?: readonly string[];
  readonly agentUser?: readonly AgentAccount[];
}

export async function runPeopleAdd(cli: Cli, name: string, flags: PersonFlags): Promise<number> {
  const person = personOfFlags(cli, name, flags);
  const { changed, file } = await editPeople(cli, (text) => addPerson(text, person));
  cli.print({ person: name, changed, file }, () =>
    changed ? `${name} is in ${file}\n` : `nothing new about ${name}\n`,
  );
  return 0;
}

export function personOfFlags(cli: Cli, name: string, flags: PersonFlags): Person {
  const accounts = flags.agentUser ?? [];
  return {
    name,
    groups: flags.group ?? [],
    sshKeys: (flags.sshKey ?? []).flatMap((file) => readPublicKeys(cli, file)),
    osUsers: flags.osUser ?? [],
    slack: flags.slack ?? [],
    teams: flags.teams ?? [],
    emails: flags.email ?? [],
    oidc: flags.oidc ?? [],
    agents: [...new Set([...(flags.agent ?? []), ...accounts.map(([id]) => id)])],
    agentUsers: Object.fromEntries(
      accounts.map(([id]) => [
        id,
        accounts.filter(([other]) => other === id).map(([, user]) => user),
      ]),
    ),
  };
}

/** `deploy-bot=bot@web1`: an id, and an account that is its own. */
export type AgentAccount = readonly [id: string, account: string];

/** A `.pub` file, one key a line; comments are dropped. */
function readPublicKeys(cli: Cli, file: string): readonly string[] {
  const text = readTextFile(resolve(cli.io.cwd, file), file);
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  return lines.map((line) => formatPublicKey(parsePublicKey(line)));
}
