import { describe, expect, test } from 'vitest';
import { checkSpawn, type Permit } from '../../src/approval/permit.ts';
import { sha256 } from '../../src/base/digest.ts';
import { newRequestId } from '../../src/base/ids.ts';
import { canonicalize } from '../../src/base/jcs.ts';
import type { Command } from '../../src/runbook/command.ts';
import { aCommand } from './request-builders.ts';

const digestOf = (command: Command) => sha256(canonicalize(command));

function aPermit(command: Command, more: Partial<Permit> = {}): Permit {
  return {
    digest: digestOf(command),
    started: 12,
    attemptToken: 'a'.repeat(32),
    basis: { kind: 'grant', request: newRequestId(), use: 1 },
    ...more,
  };
}

describe('the chokepoint', () => {
  test('lets exactly the permitted command through', () => {
    const command = aCommand();
    expect(checkSpawn({ permit: aPermit(command), command }, digestOf)).toBeNull();
  });

  test('refuses a command that differs in any part', () => {
    const permit = aPermit(aCommand());
    const others: Partial<Command>[] = [
      { cwd: '/tmp' },
      { env: { PATH: ['/tmp'] } },
      { timeout_ms: 1 },
      { host: 'web2' },
      { uid: 0 },
      { action: { kind: 'exec', argv: ['rm', '-rf', '/'] } },
    ];
    for (const other of others) {
      const command = { ...aCommand(), ...other };
      expect(checkSpawn({ permit, command }, digestOf)).toContain(permit.digest);
    }
  });

  test('refuses a grant for a program that is bound by its path alone', () => {
    const command = aCommand({ programs: [{ path: '/srv/cluster', sha256: null }] });
    const granted = aPermit(command);
    expect(checkSpawn({ permit: granted, command }, digestOf)).toContain('`/srv/cluster`');
    const permit = aPermit(command, { basis: { kind: 'policy' } });
    expect(checkSpawn({ permit, command }, digestOf)).toBeNull();
  });

  test('refuses a permit without a recorded start', () => {
    const command = aCommand();
    for (const more of [{ started: -1 }, { started: 0.5 }, { attemptToken: '' }]) {
      const permit = aPermit(command, more);
      expect(checkSpawn({ permit, command }, digestOf)).toBe('the permit names no recorded start');
    }
  });
});
