import { removePerson } from '../../approval/people/edit-people.ts';
import type { Cli } from '../cli.ts';
import { editPeople } from '../people-file.ts';
import { standingPasskeys } from '../standing-passkeys.ts';

export async function runPeopleRemove(cli: Cli, name: string): Promise<number> {
  const { changed, file } = await editPeople(cli, (text) => removePerson(text, name));
  cli.print({ person: name, changed, file }, () => `${name} is no longer in ${file}\n`);
  const passkeys = (await standingPasskeys(cli)).filter(({ person }) => person === name);
  for (const { passkey } of passkeys) {
    cli.say(
      `passkey ${passkey} counts again for whoever is called ${name}: \`runbook passkey remove ${passkey}\``,
    );
  }
  return 0;
}
