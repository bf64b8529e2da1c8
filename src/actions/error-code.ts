/** The stable code of an error of the system or of Node, as in `ECONNREFUSED`. Carries no values, unlike its message. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : 'unknown error';
}
