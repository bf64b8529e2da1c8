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
