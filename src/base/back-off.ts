/** How long a pause grows to: twice as long after every failure in a row, within these. Milliseconds. */
export interface Growth {
  readonly firstMs: number;
  readonly mostMs: number;
}

/** The pause after so many failures in a row, of which there is at least one. Whoever shares a server adds chance. */
export function growingMs(failures: number, { firstMs, mostMs }: Growth): number {
  return Math.min(mostMs, firstMs * 2 ** Math.min(failures - 1, 30));
}
