import type { Command, Help, Option } from 'commander';

/** How help looks: what one came for first, the flags of every command on `runbook --help` alone. */
export const helpLayout = {
  minWidthToWrap: 16,
  /** A command's own help shows its arguments. */
  subcommandTerm: (command: Command): string => command.name(),
  optionDescription,
  formatHelp(command: Command, help: Help): string {
    const width = help.padWidth(command, help);
    const item = (term: string, text: string): string => help.formatItem(term, width, text, help);
    const parts = [
      `${help.styleTitle('Usage:')} ${help.commandUsage(command)}`,
      help.boxWrap(help.commandDescription(command), help.helpWidth ?? 80),
      ...commandGroups(command, help).map(([heading, commands]) =>
        section(
          help.styleTitle(heading),
          commands.map((it) => item(it.name(), help.subcommandDescription(it))),
        ),
      ),
      section(
        help.styleTitle('Arguments:'),
        help.visibleArguments(command).map((it) => item(help.argumentTerm(it), it.description)),
      ),
      section(
        help.styleTitle(command.parent === null ? 'Flags of every command:' : 'Flags:'),
        help
          .visibleOptions(command)
          .map((it) => item(help.optionTerm(it), help.optionDescription(it))),
      ),
    ];
    return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
  },
};

/** With what may be chosen, where its own words do not say so. */
function optionDescription({ description, argChoices = [], defaultValue }: Option): string {
  if (argChoices.every((choice) => description.includes(choice))) {
    return description;
  }
  const unsaid = defaultValue === undefined ? '' : `; default: ${String(defaultValue)}`;
  return `${description} (${argChoices.join(', ')}${unsaid})`;
}

function section(heading: string, items: readonly string[]): string {
  return items.length === 0 ? '' : [heading, ...items].join('\n');
}

function commandGroups(command: Command, help: Help): [string, Command[]][] {
  const groups = new Map<string, Command[]>();
  for (const child of help.visibleCommands(command)) {
    const heading = child.helpGroup() || 'Commands:';
    groups.set(heading, [...(groups.get(heading) ?? []), child]);
  }
  return [...groups];
}
