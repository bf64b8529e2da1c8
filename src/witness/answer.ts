/** What a call is answered with, whatever carries it. */
export interface Answer {
  readonly status: 200 | 202 | 400 | 403 | 404 | 405 | 409 | 413 | 422 | 429 | 503;
  readonly contentType: string;
  readonly body: string | Buffer;
}

export const plainText = 'text/plain; charset=utf-8';

/** A refusal in words, for whoever reads the log of a client. Machines go by the status. */
export function refuse(status: Answer['status'], why: string): Answer {
  return { status, contentType: plainText, body: `${why}\n` };
}

/** Signature lines of a note. */
export function signed(lines: string): Answer {
  return { status: 200, contentType: plainText, body: lines };
}

/** Where somebody should go on from: C2SP tlog-witness, `409 Conflict`. */
export function standsAt(size: number): Answer {
  return { status: 409, contentType: 'text/x.tlog.size', body: `${size}\n` };
}
