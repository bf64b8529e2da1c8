import { statfsSync } from 'node:fs';
import { ConfigError } from '../../base/errors.ts';

/**
 * SQLite's locks and shared memory need one kernel. Over a network two hosts could each hold the write
 * lock and fork the log. Throws ConfigError `not_local`.
 */
export function assertLocal(dir: string): void {
  const network = process.platform === 'linux' ? networkName(statfsSync(dir).type) : null;
  if (network !== null) {
    throw new ConfigError({
      code: 'not_local',
      message: `\`${dir}\` is on ${network}, but the journal needs a local disk`,
      hint: 'set RUNBOOK_STATE_DIR to a folder on a local disk',
    });
  }
}

/** The name of a network file system by its `statfs` type (linux/magic.h); null for any other. */
export function networkName(type: number): string | null {
  return networks.get(type >>> 0) ?? null;
}

const networks = new Map([
  [0x6969, 'NFS'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB'],
  [0x517b, 'SMB'],
  [0x5346414f, 'AFS'],
  [0x6b414653, 'AFS'],
  [0x73757245, 'Coda'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
  [0x20030528, 'OrangeFS'],
]);
