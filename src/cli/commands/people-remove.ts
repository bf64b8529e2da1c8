import { removePerson } from '../../approval/people/edit-people.ts';
import type { Cli } from '../cli.ts';
import { editPeople } from '../people-file.ts';

export async function runPeopleRemove(cli: Cli, name: string): Promise<number> {
  const { changed, file } = await editPeople(cli, (text) => removePerson(text, name));
  cli.print({ person: name, changed, file }, () => `${name} is no longer in ${file}\n`);
  return 0;
}
