import { hash } from 'node:crypto';

/** Names that Windows keeps for devices, whatever follows their first dot. */
const deviceNames = /^(?:con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/iu;
/** File systems take 255 bytes, of which stamps, endings and a mark of uniqueness need some. */
const longestBytes = 120;

/** A name that is safe as a file or folder on every system; never empty, never `.` or `..`. */
export function safeFileName(name: string): string {
  const safe = name
    .normalize('NFC')
    .replaceAll(/[^\p{L}\p{N}._@+-]+/gu, '_')
    .replaceAll(/^\.+|\.+$/gu, '_')
    .replace(deviceNames, '_$&');
  const short = cut(safe).replace(/\.+$/u, '_');
  return short === '' ? '_' : short;
}

/** As many whole characters as the bytes hold. */
function cut(text: string): string {
  let bytes = 0;
  let kept = '';
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > longestBytes) break;
    kept += character;
  }
  return kept;
}

/**
 * Gives each of several names a file name of its own, also where a file system knows no case: of two that would get the
 * same, the second gets a mark, always the same one for that name.
 *
 * @param safe turns a name into what a file may be called
 */
export function fileNames(safe: (name: string) => string = safeFileName): (name: string) => string {
  const owners = new Map<string, string>();
  return (name) => {
    const plain = safe(name);
    const owner = owners.get(keyOf(plain));
    const own = owner === undefined || owner === name ? plain : `${plain}-${hash('sha256', name).slice(0, 8)}`;
    owners.set(keyOf(own), name);
    return own;
  };
}

function keyOf(fileName: string): string {
  return fileName.normalize('NFKC').toLowerCase();
}

/** Paths of files as they are, with a number before the ending of those that were there before. */
export function ownPaths(): (path: string) => string {
  const taken = new Set<string>();
  return (path) => {
    const [, stem = path, ending = ''] = /^(.*[^/])(\.[^./]+)$/su.exec(path) ?? [];
    let own = path;
    for (let number = 2; taken.has(keyOf(own)); number += 1) own = `${stem}-${number}${ending}`;
    taken.add(keyOf(own));
    return own;
  };
}
