import type { Cli } from './cli.ts';

/** Says how far a long task is, on a terminal alone: one line that is wiped when it is done. */
export function openMeter(cli: Cli, what: string): Meter {
  const shown = cli.settings.output === 'text' && cli.io.stderr.isTTY === true;
  let percent = -1;
  return {
    progress(done, of) {
      const now = of === 0 ? 100 : Math.floor((done / of) * 100);
      if (shown && now !== percent) {
        percent = now;
        cli.io.stderr.write(`\r${what} ${now}%`);
      }
    },
    close() {
      if (percent >= 0) {
        cli.io.stderr.write(`\r${' '.repeat(what.length + 5)}\r`);
      }
    },
  };
}

export interface Meter {
  readonly progress: (done: number, of: number) => void;
  readonly close: () => void;
}
