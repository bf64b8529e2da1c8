import {
  closeSync,
  existsSync,
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
import { type DropNotes, openDropNotes } from './drop-notes.ts';
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
  /** What we left about it and have heard nothing of: an answer, told this once, or null while it waits. */
  readonly own: readonly (Answer | null)[];
}

/** A decision that was left. */
export interface Left {
  readonly path: string;
  /** What the executor says to it; null as long as nobody took it in. */
  answer(): Answer | null;
}

/** `memory` is a folder of our own, where it is noted what was left. */
export function openSpoolReader(dir: string, memory: string): Spool {
  const notes = openDropNotes(memory);
  return {
    dir,
    list: () => {
      const { boxes, doubtful } = findBoxes(dir);
      const found = boxes.flatMap((box) => readBox(box, notes));
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
      notes.add(name);
      return { path, answer: () => hearAnswer(box, name, notes) };
    },
  };
}

function readBox(box: Box, notes: DropNotes): readonly (Spooled | string)[] {
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
    const missing = published.missing.map(clean);
    return [{ id, executor, state, missing, file, box, own: ownDrops(box, id, notes) }];
  });
}

/** What is neither answered nor there any more was answered too long ago, and is forgotten. */
function ownDrops(box: Box, id: RequestId, notes: DropNotes): readonly (Answer | null)[] {
  return notes.of(id).flatMap((name) => {
    const answer = hearAnswer(box, name, notes);
    if (answer !== null || existsSync(join(box.decisions, name))) {
      return [answer];
    }
    notes.remove(name);
    return [];
  });
}

/** Once it is told there is nothing left to remember. */
function hearAnswer(box: Box, name: string, notes: DropNotes): Answer | null {
  const answer = readAnswer(box, name);
  if (answer !== null) {
    notes.remove(name);
  }
  return answer;
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
