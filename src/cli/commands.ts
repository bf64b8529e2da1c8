import type { Command } from 'commander';
import type { Cli } from './cli.ts';

/** A command as the help lists it. Only the one that was asked for is loaded. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly group: string;
  /** Null: not built yet. */
  readonly load: (() => Promise<(cli: Cli) => Command>) | null;
}

const run = 'Run:';
const approve = 'Approve:';
const write = 'Write runbooks and rules:';
const audit = 'Audit:';
const set = 'Set up:';
const later = 'Not built yet:';

export const commands: readonly CommandEntry[] = [
  {
    name: 'exec',
    group: run,
    summary: 'run a runbook',
    load: async () => (await import('./commands/exec.ts')).execCommand,
  },
  {
    name: 'plan',
    group: run,
    summary: 'show what would run, and what each step needs',
    load: async () => (await import('./commands/plan.ts')).planCommand,
  },
  {
    name: 'runs',
    group: run,
    summary: 'list runs',
    load: async () => (await import('./commands/runs.ts')).runsCommand,
  },
  {
    name: 'status',
    group: run,
    summary: 'show where a run stands',
    load: async () => (await import('./commands/status.ts')).statusCommand,
  },
  {
    name: 'logs',
    group: run,
    summary: "print a run's stored output",
    load: async () => (await import('./commands/logs.ts')).logsCommand,
  },
  {
    name: 'wait',
    group: run,
    summary: 'wait until a run ends',
    load: async () => (await import('./commands/wait.ts')).waitCommand,
  },
  {
    name: 'resume',
    group: run,
    summary: 'go on with a run that stopped',
    load: async () => (await import('./commands/resume.ts')).resumeCommand,
  },
  {
    name: 'cancel',
    group: run,
    summary: 'stop a run for good',
    load: async () => (await import('./commands/cancel.ts')).cancelCommand,
  },
  {
    name: 'done',
    group: run,
    summary: 'say that a manual step is done',
    load: async () => (await import('./commands/done.ts')).doneCommand,
  },
  {
    name: 'resolve',
    group: run,
    summary: 'settle a step whose outcome nobody knows',
    load: async () => (await import('./commands/resolve.ts')).resolveCommand,
  },
  {
    name: 'requests',
    group: approve,
    summary: 'list what waits for approval',
    load: async () => (await import('./commands/requests.ts')).requestsCommand,
  },
  {
    name: 'review',
    group: approve,
    summary: 'show exactly what would run',
    load: async () => (await import('./commands/review.ts')).reviewCommand,
  },
  {
    name: 'approve',
    group: approve,
    summary: 'sign that it may run',
    load: async () => (await import('./commands/approve.ts')).approveCommand,
  },
  {
    name: 'reject',
    group: approve,
    summary: 'sign that it may not',
    load: async () => (await import('./commands/reject.ts')).rejectCommand,
  },
  {
    name: 'revoke',
    group: approve,
    summary: 'take an approval back',
    load: async () => (await import('./commands/revoke.ts')).revokeCommand,
  },
  {
    name: 'grant',
    group: approve,
    summary: 'show and end approvals that hold for later runs',
    load: async () => (await import('./commands/grant.ts')).grantCommand,
  },
  {
    name: 'break-glass',
    group: approve,
    summary: 'review what was done without asking first',
    load: async () => (await import('./commands/break-glass.ts')).breakGlassCommand,
  },
  {
    name: 'list',
    group: write,
    summary: 'list runbooks',
    load: async () => (await import('./commands/list.ts')).listCommand,
  },
  {
    name: 'show',
    group: write,
    summary: "show a runbook's parameters and steps",
    load: async () => (await import('./commands/show.ts')).showCommand,
  },
  {
    name: 'validate',
    group: write,
    summary: 'check runbook files',
    load: async () => (await import('./commands/validate.ts')).validateCommand,
  },
  {
    name: 'schema',
    group: write,
    summary: 'print the JSON Schema for editors',
    load: async () => (await import('./commands/schema.ts')).schemaCommand,
  },
  {
    name: 'policy',
    group: write,
    summary: 'check, explain, test and compare rules',
    load: async () => (await import('./commands/policy.ts')).policyCommand,
  },
  {
    name: 'audit',
    group: audit,
    summary: 'read and verify the journal',
    load: async () => (await import('./commands/audit.ts')).auditCommand,
  },
  {
    name: 'journal',
    group: audit,
    summary: 'look after the journal: its keys, its indexes',
    load: async () => (await import('./commands/journal.ts')).journalCommand,
  },
  {
    name: 'init',
    group: set,
    summary: 'make the configuration and the journal',
    load: async () => (await import('./commands/init.ts')).initCommand,
  },
  {
    name: 'people',
    group: set,
    summary: 'say who may approve',
    load: async () => (await import('./commands/people.ts')).peopleCommand,
  },
  {
    name: 'passkey',
    group: set,
    summary: 'say whose passkey is whose',
    load: async () => (await import('./commands/passkey.ts')).passkeyCommand,
  },
  {
    name: 'serve',
    group: set,
    summary: 'serve pages and the API, drive runs, receive decisions',
    load: async () => (await import('./commands/serve.ts')).serveCommand,
  },
  {
    name: 'token',
    group: set,
    summary: 'say who may call the server',
    load: async () => (await import('./commands/token.ts')).tokenCommand,
  },
  {
    name: 'login',
    group: set,
    summary: 'let a server know you',
    load: async () => (await import('./commands/login.ts')).loginCommand,
  },
  {
    name: 'logout',
    group: set,
    summary: 'forget the login',
    load: async () => (await import('./commands/logout.ts')).logoutCommand,
  },
  {
    name: 'whoami',
    group: set,
    summary: 'say who you are taken for',
    load: async () => (await import('./commands/whoami.ts')).whoamiCommand,
  },
  {
    name: 'doctor',
    group: set,
    summary: 'check that everything is in place',
    load: async () => (await import('./commands/doctor.ts')).doctorCommand,
  },
  {
    name: 'help',
    group: set,
    summary: 'help on a command or topic',
    load: async () => (await import('./commands/help.ts')).helpCommand,
  },
  ...['worker', 'mcp', 'completion'].map((name) => ({
    name,
    group: later,
    summary: '',
    load: null,
  })),
];
