import type { Json } from '../base/json.ts';
import type { Blob } from './exhibit.ts';

type Values = Readonly<Record<string, Json>>;

/** The outputs that a blob holds; null where it holds none, and where it is gone: that is found elsewhere. */
export function readValues(blob: Blob | undefined): Values | null {
  if (blob?.state !== 'ok' || blob.bytes === null) {
    return null;
  }
  try {
    const value: unknown = JSON.parse(blob.bytes.toString('utf8'));
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
