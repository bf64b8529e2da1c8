import type { Command } from './command.ts';
import type { PlannedAction, PlannedStep } from './plan.ts';

/** What a command does, in one line for people: never to be run, and not yet sanitised. */
export function summarize({ action }: Pick<Command, 'action'>): string {
  return oneLine(summarizeAction(action));
}

/** What a step does before its values are known: templates stay as written. */
export function summarizeStep({ action }: Pick<PlannedStep, 'action'>): string {
  return oneLine(summarizeAction(action));
}

function summarizeAction(action: Command['action'] | PlannedAction): string {
  switch (action.kind) {
    case 'run':
      return summarizeScript(action.script);
    case 'exec':
      return action.argv.map(quote).join(' ');
    case 'http':
      return `${action.method} ${action.url}`;
    case 'manual':
      return action.text.trim();
  }
}

/** The first line that does something, and how many more there are. */
function summarizeScript(script: string): string {
  const lines = script.split('\n').filter((line) => !/^\s*(#.*)?$/.test(line));
  const more = lines.length > 1 ? ` … (${lines.length} lines)` : '';
  return `${(lines[0] ?? '').trim()}${more}`;
}

function quote(argument: string): string {
  const plain = /^[\w@%+=:,./-]+$/.test(argument) || /^\$\{\{.*\}\}$/s.test(argument);
  return plain ? argument : `'${argument.replace(/'/g, `'\\''`)}'`;
}

function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]\s*/g, ' ');
}
