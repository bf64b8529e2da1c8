import * as v from 'valibot';

/** A whole number in a query, such as `?limit=50`. */
export function wholeNumber(fallback: number, most: number) {
  return v.optional(
    v.pipe(v.string(), v.regex(/^\d{1,9}$/), v.transform(Number), v.maxValue(most)),
    String(fallback),
  );
}

/** As `wholeNumber`; null where it is not given. */
export function maybeNumber() {
  return v.optional(v.pipe(v.string(), v.regex(/^\d{1,9}$/), v.transform(Number)));
}

/** `?open=true`. */
export const flag = v.optional(
  v.pipe(
    v.picklist(['true', 'false']),
    v.transform((text) => text === 'true'),
  ),
  'false',
);

export const word = v.optional(v.string());
