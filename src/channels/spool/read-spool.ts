import {
  closeSync,
  fchmodSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { RequestFile } from '../../approval/request-file.ts';
import type { RequestState } from '../../approval/request-state.ts';
import type { MissingSlot } from '../../approval/tally/tally.ts';
import { ConfigError } from '../../base/errors.ts';
import type { RequestId } from '../../base/ids.ts';
import { sanitizeLine } from '../../base/sanitize.ts';
import type { Answer } from '../channel.ts';
import { accountName } from './account-name.ts';
import { type Box, findBoxes } from './box.ts';
import {
  type Dropped,
  limits,
  nameDrop,
  parseAnswer,
  parsePublished,
  requestOfName,
} from './forms.ts';
import { readForeign } from './read-foreign.ts';

/** The spool as an approver of another account sees it. */
export interface Spool {
  readonly dir: string;
  /**
   * What other accounts of this host ask for; `troubles` says in words what was left out, and why. Throws
   * ConfigError `spool_missing`, `spool_untrusted`, `spool_closed`.
   */
  list(): { readonly requests: readonly Spooled[]; readonly troubles: readonly string[] };
  /** Leaves a decision for the executor of this request. */
  drop(spooled: Spooled, dropped: Dropped): Left;
}

/** A request as it lies in a box. The file system vouches for the executor; everything else needs its proofs. */
export interface Spooled {
  readonly id: RequestId;
  readonly executor: { readonly uid: number; readonly account: string };
  /** As the executor says. */
  readonly state: RequestState;
  readonly missing: readonly MissingSlot[];
  readonly file: RequestFile;
  readonly box: Box;
}

/** A decision that was left. */
export interface Left {
  readonly path: string;
  /** What the executor says to it; null as long as nobody took it in. */
  answer(): Answer | null;
}

export function openSpoolReader(dir: string): Spool {
  return {
    dir,
    list: () => {
      const { boxes, doubtful } = findBoxes(dir);
      const found = boxes.flatMap(readBox);
      return {
        requests: found.flatMap((each) => (typeof each === 'string' ? [] : [each])),
        troubles: [
          ...doubtful.map((path) => `${path}: made by somebody else than its name says`),
          ...found.filter((each) => typeof each === 'string'),
        ],
      };
    },
    drop: ({ id, box }, dropped) => {
      const name = nameDrop(id);
      const path = join(box.decisions, name);
      try {
        handOver(path, JSON.stringify(dropped));
      } catch (cause) {
        throw unwritable(path, cause);
      }
      return { path, answer: () => readAnswer(box, name) };
    },
  };
}

function readBox(box: Box): readonly (Spooled | string)[] {
  const executor = { uid: box.uid, account: accountName(box.uid) ?? `uid ${box.uid}` };
  return namesIn(box).flatMap((name): readonly (Spooled | string)[] => {
    const id = requestOfName(name);
    const found = id === null ? null : readForeign(join(box.requests, name), limits.request);
    if (id === null || found === null || found.kind === 'gone') {
      return [];
    }
    const place = join(box.requests, name);
    if (found.kind === 'unfit') {
      return [`${place}: the file ${found.why}`];
    }
    if (found.uid !== box.uid) {
      return [`${place}: the file belongs to uid ${found.uid}`];
    }
    const published = parsePublished(found.bytes);
    if (published === null) {
      return [`${place}: the file is no request`];
    }
    const { state, request: file } = published;
    return [{ id, executor, state, missing: published.missing.map(clean), file, box }];
  });
}

/** It is shown, and nothing proves it. */
function clean({ slot, count, from }: MissingSlot): MissingSlot {
  return { slot: sanitizeLine(slot), count, from: from.map(sanitizeLine) };
}

/** A box that is just being made has nothing in it. */
function namesIn({ requests }: Box): readonly string[] {
  try {
    return readdirSync(requests).sort();
  } catch {
    return [];
  }
}

/** Whole or not at all: the executor takes only what has its final name. */
function handOver(path: string, text: string): void {
  const temporary = `${path}.tmp`;
  const descriptor = openSync(temporary, 'wx', 0o640);
  try {
    try {
      writeFileSync(descriptor, text);
      // The group is the spool's: without it the executor could not read.
      fchmodSync(descriptor, 0o640);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

function unwritable(path: string, cause: unknown): ConfigError {
  const words = cause instanceof Error ? cause.message : String(cause);
  return new ConfigError({
    code: 'spool_unwritable',
    message: `\`${path}\` cannot be left: ${words}`,
    hint: 'its executor runs `runbook doctor`; or sign with `--offline FILE`',
    cause,
  });
}

/** Only from the executor itself. */
function readAnswer(box: Box, name: string): Answer | null {
  const found = readForeign(join(box.answers, name), limits.answer);
  const answer = found.kind === 'file' && found.uid === box.uid ? parseAnswer(found.bytes) : null;
  return (
    answer && {
      ...answer,
      message: sanitizeLine(answer.message),
      hint: answer.hint && sanitizeLine(answer.hint),
      ...(answer.decided === undefined ? {} : { decided: cleanDecided(answer.decided) }),
    }
  );
}

function cleanDecided({ person, assurance, missing }: NonNullable<Answer['decided']>) {
  return {
    person: sanitizeLine(person),
    assurance: sanitizeLine(assurance),
    missing: missing.map(clean),
  };
}
