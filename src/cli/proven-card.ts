import type { CardInput } from '../approval/card/card.ts';
import { layoutStarted } from '../approval/card/card-started.ts';
import { renderCard } from '../approval/card/card-text.ts';
import type { RequestContent } from '../approval/request.ts';
import type { RequestFile } from '../approval/request-file.ts';
import type { RequestState } from '../approval/request-state.ts';
import { digestWords } from '../base/digest.ts';
import { IntegrityError, UsageError } from '../base/errors.ts';
import type { BlobId, Sha256 } from '../base/ids.ts';
import type { StepStarted } from '../run/events.ts';
import type { Command } from '../runbook/command.ts';
import { commandDigest, decodeCommand } from '../runbook/digest.ts';
import { cardText } from './card.ts';
import type { Approver, Cli } from './cli.ts';

/**
 * Shows the card of a proven request, and answers what it asks for; `state` where it is known. Throws
 * UsageError `not_a_request`, and what `provenRequest` throws.
 */
export function showProvenCard(
  cli: Cli,
  proven: ReturnType<Approver['open']>,
  state: RequestState = 'pending',
): RequestContent {
  const { content } = proven;
  if (content === null) {
    throw new UsageError({
      code: 'not_a_request',
      message: 'this file shows a step whose outcome is unknown, not a request',
      hint: '`runbook resolve RUN STEP` settles it',
    });
  }
  // Drawn also where nobody looks: it holds the command against the digest that is about to be decided.
  const { file, leafHash } = proven;
  const card = cardText(cli, { ...provenRequest({ file, content, leafHash }), state }, 'stderr');
  if (cli.settings.output === 'text') {
    cli.io.stderr.write(`${card}\n`);
  }
  return content;
}

/**
 * What the approver's own client draws a card from: the proven leaf and the blobs that were checked
 * against their ids, never from what the journal's owner says about them. Throws IntegrityError where
 * the command shown is not the one that would be signed.
 */
export function provenRequest({
  file,
  content,
  leafHash,
}: {
  readonly file: RequestFile;
  readonly content: RequestContent;
  readonly leafHash: Sha256;
}): Omit<CardInput, 'nowMs'> {
  const commands = content.commands.map((asked) => commandOf(file, asked));
  const [command, ...others] = commands.filter((each) => each !== null);
  if (command === undefined || others.length + 1 < commands.length) {
    throw new UsageError({
      code: 'request_incomplete',
      message: 'the request does not carry the command it asks for',
      hint: 'export it again with `runbook review REQUEST --export FILE`',
    });
  }
  const previous = commandOf(file, content.previous);
  const words = digestWords(leafHash);
  return {
    content,
    command,
    ...(others.length === 0 ? {} : { others }),
    previous,
    missing: null,
    words,
  };
}

/** The card of a started step, likewise. Throws UsageError `not_started` for a request. */
export function provenStartedCard(cli: Cli, proven: ReturnType<Approver['open']>): string {
  const { file, leaf, leafHash, content } = proven;
  if (content !== null) {
    throw new UsageError({
      code: 'not_started',
      message: 'this shows a request for approval: its step has not started',
      hint: '`runbook resolve RUN STEP --export FILE` writes a started step',
    });
  }
  // The shape is the journal's word, as in a request; the command is held against its digest.
  const started = leaf.data as unknown as StepStarted;
  const { step, attempt, command: id, digest } = started;
  const card = layoutStarted({
    run: leaf.run ?? '',
    step,
    attempt,
    time: leaf.time,
    command: id === null ? null : commandOf(file, { command: id, digest }),
    words: digestWords(leafHash),
  });
  return renderCard(card, {
    columns: cli.settings.columns.stderr,
    colour: cli.settings.colour.stderr,
  });
}

/** A journal could name one command's blob beside the digest of another: only both together are shown. */
function commandOf(
  file: RequestFile,
  named: { readonly command: BlobId; readonly digest: Sha256 } | null | undefined,
): Command | null {
  const blob = named === null || named === undefined ? undefined : file.blobs[named.command];
  if (named === null || named === undefined || blob === undefined) {
    return null;
  }
  const command = decodeCommand(Buffer.from(blob.bytes, 'base64'));
  if (commandDigest(command) !== named.digest) {
    throw new IntegrityError({
      code: 'command_mismatch',
      message: `the request shows one command and asks for another: \`${commandDigest(command).slice(0, 12)}…\` and \`${named.digest.slice(0, 12)}…\``,
      hint: 'do not sign; ask who keeps the journal',
    });
  }
  return command;
}
