import { ConfigError, IntegrityError } from '../base/errors.ts';
import { parseVerifierKey, type VerifierKey } from '../journal/verifier-key.ts';

const showKey = "on the journal's host, `runbook journal key show` names it";

/** The logs that are remembered: by origin, the keys that sign for it. Keys rotate, so there may be several. */
export type KnownLogs = ReadonlyMap<string, readonly VerifierKey[]>;

/** A key is named like the origin of its log. Throws ConfigError `log_key_invalid`, `no_logs`. */
export function knownLogs(verifierKeys: readonly string[]): KnownLogs {
  const logs = new Map<string, VerifierKey[]>();
  for (const text of verifierKeys) {
    const key = parseLogKey(text);
    logs.set(key.name, [...(logs.get(key.name) ?? []), key]);
  }
  if (logs.size === 0) {
    throw new ConfigError({
      code: 'no_logs',
      message: 'no log is named, so there is nothing to remember',
      hint: `give \`--log VKEY\`: ${showKey}`,
    });
  }
  return logs;
}

/** Whoever wrote it can put it right: it is no sign of somebody else's hand. */
function parseLogKey(text: string): VerifierKey {
  try {
    return parseVerifierKey(text);
  } catch (cause) {
    const why = cause instanceof IntegrityError ? cause.message : 'it cannot be read';
    throw new ConfigError({
      code: 'log_key_invalid',
      message: `a journal is named by its verifier key: ${why}`,
      hint: showKey,
      cause,
    });
  }
}

/**
 * The keys in a file of C2SP tlog-policy: lines `log VKEY [URL]`, of which the address is not used. Empty
 * lines, comments (`#`) and what the file says of witnesses and quorums are passed over. Throws ConfigError
 * `log_list_invalid` with the line.
 */
export function parseLogList(text: string, file: string): readonly string[] {
  return text.split('\n').flatMap((line, at) => {
    const [word = '', key] = line.trim().split(/[ \t]+/);
    if (word === 'log' && key !== undefined) {
      return [key];
    }
    if (word === '' || word.startsWith('#') || ['witness', 'group', 'quorum'].includes(word)) {
      return [];
    }
    throw new ConfigError({
      code: 'log_list_invalid',
      message: `\`${file}\`:${at + 1}: a line names a log, \`log VKEY\``,
    });
  });
}
