import { readdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { bootId } from './clock.ts';
import { runTool } from './tool.ts';

/** A process as somebody wrote it down. */
export interface ProcessMark {
  readonly host: string;
  readonly pid: number;
  readonly boot: string;
  /** What `describeProcess` answered. */
  readonly startTime: string;
}

/**
 * When this process started, as the kernel tells it; null where no such process lives. On Linux the
 * clock ticks since boot (field 22 of /proc/PID/stat), elsewhere the date that `ps` prints. Together
 * with the boot it tells a process from a later one that got the same pid.
 */
export function describeProcess(pid: number): string | null {
  return process.platform === 'linux' ? startTicks(pid) : startDate(pid);
}

/**
 * Whether the very process that was written down still lives. Marks lie on a local disk, so that one of
 * another boot is of a kernel that is gone, whatever the host was called then. Within this boot another
 * host's name is another container: nobody here can tell, and taking over from the living is the worse
 * mistake.
 */
export function isProcessAlive(mark: ProcessMark): boolean {
  // Ticks mean something within one boot only; a date from `ps` stands for itself.
  if (/^\d+$/.test(mark.startTime) && mark.boot !== bootId()) {
    return false;
  }
  if (mark.host !== hostname()) {
    return true;
  }
  return describeProcess(mark.pid) === mark.startTime;
}

/**
 * Pids of the processes that carry RUNBOOK_ATTEMPT=token: what is left of a step after a crash. Reads
 * /proc, so it finds nothing elsewhere; processes of other users stay invisible.
 */
export function findProcesses(token: string): readonly number[] {
  const wanted = `RUNBOOK_ATTEMPT=${token}`;
  return listProc()
    .filter((name) => readProc(`${name}/environ`)?.split('\0').includes(wanted))
    .map(Number);
}

function startTicks(pid: number): string | null {
  const stat = readProc(`${pid}/stat`);
  // Field 2, the program's name, may hold spaces and parentheses: count from the last one.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, ticks] = [fields?.[0], fields?.[19]];
  // A zombie does nothing any more; it only waits to be buried.
  return state === undefined || state === 'Z' || state === 'X' ? null : (ticks ?? null);
}

function startDate(pid: number): string | null {
  const { stdout } = runTool(['ps', '-o', 'lstart=', '-p', String(pid)]);
  return stdout.toString().trim() || null;
}

function listProc(): readonly string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

function readProc(path: string): string | null {
  try {
    return readFileSync(`/proc/${path}`, 'latin1');
  } catch {
    return null;
  }
}
