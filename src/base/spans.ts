/** A stretch of output that is to be blotted out; offsets count from the very first byte. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Adds a span that ends behind all others; those it overlaps become one with it. */
export function addSpan(spans: Span[], span: Span): void {
  let { from, to } = span;
  for (let last = spans.at(-1); last !== undefined && last.to > from; last = spans.at(-1)) {
    from = Math.min(from, last.from);
    to = Math.max(to, last.to);
    spans.pop();
  }
  spans.push({ from, to });
}

/** In order, overlapping ones merged; those that only touch stay apart. */
export function mergeSpans(spans: readonly Span[]): readonly Span[] {
  const merged: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.from - b.from || b.to - a.to)) {
    addSpan(merged, span);
  }
  return merged;
}
