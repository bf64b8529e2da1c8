import { drain, processIo } from './io.ts';
import { printError } from './print-error.ts';
import { run } from './run.ts';
import { settingsBefore } from './settings.ts';

// The bundle's entry, and the only place that leaves the process.
const io = processIo();

function leave(code: number): void {
  process.exitCode = code;
  // oxlint-disable-next-line no-restricted-properties
  void Promise.all([drain(io.stdout), drain(io.stderr)]).then(() => process.exit());
}

io.interrupts.onLeave((code) => {
  // oxlint-disable-next-line no-restricted-properties
  process.exit(code);
});
process.on('uncaughtException', (error) => {
  void printError(error, io, settingsBefore(process.argv.slice(2), io)).then(leave);
});
void run(process.argv.slice(2), io).then(leave);
