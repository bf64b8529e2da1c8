import { readFileSync } from 'node:fs';
import { RunbookError } from '../../base/errors.ts';
import { runTool } from '../../base/tool.ts';

/**
 * The login name of an account, as the machine's own directory has it, LDAP and the like included; null
 * where it has none, and for everything odd: whoever has no name decides nothing.
 */
export function accountName(uid: number): string | null {
  const line = lookUp(uid)
    .split('\n')
    .find((entry) => entry.split(':')[2] === String(uid));
  const name = line?.split(':')[0] ?? '';
  return /^[^\s:/@]+$/.test(name) ? name : null;
}

/** The name of a group; its number where it has none. To be shown only. */
export function groupName(gid: number): string {
  try {
    const [name = ''] = runTool(['getent', 'group', String(gid)])
      .stdout.toString()
      .split(':');
    return name === '' ? String(gid) : name;
  } catch {
    return String(gid);
  }
}

function lookUp(uid: number): string {
  try {
    return runTool(['getent', 'passwd', String(uid)]).stdout.toString();
  } catch (error) {
    if (error instanceof RunbookError && error.code === 'tool_missing') {
      return readFileSync('/etc/passwd', 'utf8');
    }
    throw error;
  }
}
