import * as v from 'valibot';
import { UsageError } from '../../base/errors.ts';
import { parseKeyStatement } from './key-statement.ts';

/** A change of a journal's keys, to be signed where the recovery key lies. Only the statement counts. */
export interface KeyFile {
  readonly kind: 'runbook.key/v1';
  /** JCS text of a `KeyStatement`. */
  readonly statement: string;
  /** Public key lines of all who have to sign it. */
  readonly signers: readonly string[];
}

const schema = v.strictObject({
  kind: v.literal('runbook.key/v1'),
  statement: v.string(),
  signers: v.array(v.string()),
});

/** Reads what `journal key … --export` wrote. Throws UsageError `key_file_unreadable`. */
export function parseKeyFile(source: string, file: string): KeyFile {
  try {
    const read = v.parse(schema, JSON.parse(source));
    parseKeyStatement(read.statement);
    return read;
  } catch (cause) {
    throw new UsageError({
      code: 'key_file_unreadable',
      message: `\`${file}\` is not what \`runbook journal key … --export\` wrote`,
      hint: 'it may be cut off: ask for the file again',
      cause,
    });
  }
}
