import type { Person } from '../../approval/people/people.ts';
import { fingerprint, parsePublicKey } from '../../approval/ssh/ssh-key.ts';
import { loadTrusted } from '../../config/load.ts';
import type { Cli } from '../cli.ts';
import { renderTable } from '../render/table.ts';
import { standingPasskeys } from '../standing-passkeys.ts';
import { resultStyle } from '../styles.ts';

export async function runPeopleList(cli: Cli): Promise<number> {
  const { people } = loadTrusted(cli.io.env).people.value;
  const passkeys = await standingPasskeys(cli);
  const countOf = ({ name }: Person): number =>
    passkeys.filter(({ person }) => person === name).length;
  const style = resultStyle(cli);
  cli.print({ people: people.map((person) => toJson(person, countOf(person))) }, () =>
    renderTable(
      people.map((person) => [
        { text: person.name, paint: style.paint.strong },
        { text: person.groups.join(', ') },
        { text: [...identities(person), ...counted(countOf(person))].join('\n') },
      ]),
      style.columns,
    ),
  );
  if (people.length === 0) {
    cli.say('nobody is enrolled: `runbook people add NAME --ssh-key FILE.pub`');
  }
  return 0;
}

/** Keys by their fingerprint, as `ssh-keygen -l` prints it: that is what people compare. */
function identities(person: Person): readonly string[] {
  return [
    ...person.sshKeys.map((key) => fingerprint(parsePublicKey(key))),
    ...person.osUsers,
    ...person.slack.map((id) => `slack ${id}`),
    ...person.teams.map((id) => `teams ${id}`),
    ...person.oidc,
    ...person.agents.map((id) => ['agent', id, ...(person.agentUsers[id] ?? [])].join(' ')),
  ];
}

function counted(passkeys: number): readonly string[] {
  return passkeys === 0 ? [] : [passkeys === 1 ? '1 passkey' : `${passkeys} passkeys`];
}

function toJson(person: Person, passkeys: number): object {
  const { name, groups, sshKeys, osUsers, slack, teams, oidc, agents, agentUsers } = person;
  return {
    name,
    groups,
    ssh_keys: sshKeys,
    os_users: osUsers,
    slack,
    teams,
    oidc,
    agents,
    agent_users: agentUsers,
    passkeys,
  };
}
