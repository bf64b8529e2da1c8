import { childText, parseXml, type XmlElement } from './xml.ts';

/** One version of an object, or the mark that its name was deleted: the versions below it are still there. */
export interface Version {
  readonly kind: 'version' | 'delete_marker';
  readonly name: string;
  readonly id: string;
}

/** Reads S3's ListVersionsResult: by name, newest version first. Null where it is anything else. */
export function parseVersions(body: Buffer): readonly Version[] | null {
  const list = parseXml(body.toString('utf8'));
  const isList = list?.name === 'ListVersionsResult' || list?.name === 'ListObjectVersionsOutput';
  const versions = isList ? list.children.flatMap(parseVersion) : [null];
  return versions.every((it) => it !== null) ? versions : null;
}

const kinds: Readonly<Record<string, Version['kind']>> = {
  Version: 'version',
  DeleteMarker: 'delete_marker',
};

/** Other elements say what was asked for, and how to page on. */
function parseVersion(element: XmlElement): readonly (Version | null)[] {
  const kind = Object.hasOwn(kinds, element.name) ? kinds[element.name] : undefined;
  if (kind === undefined) {
    return [];
  }
  const [name, id] = [childText(element, 'Key'), childText(element, 'VersionId')];
  return [name === null || id === null || id === '' ? null : { kind, name, id }];
}
