/**
 * A chat did not do what it was asked. `code` is the chat's own (`channel_not_found`), or ours:
 * `unreachable`, `rate_limited`, `timeout`, `http_503`, `answer_unreadable`. No message holds a token.
 */
export class ChatError extends Error {
  override readonly name: string = 'ChatError';
  readonly code: string;
  /** Trying again later may help. */
  readonly passing: boolean;

  constructor(
    chat: string,
    { code, passing, cause }: { code: string; passing: boolean; cause?: unknown },
  ) {
    super(`${chat}: ${code}`, { cause });
    this.code = code;
    this.passing = passing;
  }
}
