/** Where a zip archive's directory is, by the record at its end. */
export interface ZipEnd {
  readonly entries: number;
  readonly bytes: number;
  readonly offset: number;
  /** Numbers too large for this form: the archive is in the zip64 form. */
  readonly isZip64: boolean;
}

/** What the directory says of one file in the archive. */
export interface ZipEntry {
  readonly name: string;
  /** 0 stored, 8 deflate, 93 zstd. */
  readonly method: number;
  readonly isEncrypted: boolean;
  readonly crc: number;
  readonly compressedBytes: number;
  readonly bytes: number;
  /** Of its own header. */
  readonly offset: number;
}

const endSignature = 0x06054b50;
const entrySignature = 0x02014b50;
const localSignature = 0x04034b50;
const most16 = 0xffff;
const most32 = 0xffffffff;

/** Bytes of the last record, without its comment: no archive is smaller. */
export const zipEndBytes = 22;

/** The end of an archive that holds its last record, whatever comment follows that. */
export const zipTailBytes = zipEndBytes + most16;

/** Bytes of an entry of the directory, without its name. */
export const zipEntryBytes = 46;

/** Bytes of a file's own header, without its name. */
export const zipHeaderBytes = 30;

/**
 * Finds the last record of a zip archive. Source: PKWARE's APPNOTE, 4.3.16.
 *
 * @param tail the last `zipTailBytes` of the archive, or all of it
 * @returns undefined where there is none: it is no zip archive, or it is cut off
 */
export function findZipEnd(tail: Buffer): ZipEnd | undefined {
  for (let at = tail.length - zipEndBytes; at >= Math.max(0, tail.length - zipTailBytes); at -= 1) {
    if (tail.readUInt32LE(at) !== endSignature) continue;
    const [entries, bytes, offset] = [
      tail.readUInt16LE(at + 10),
      tail.readUInt32LE(at + 12),
      tail.readUInt32LE(at + 16),
    ];
    return { entries, bytes, offset, isZip64: entries === most16 || bytes === most32 || offset === most32 };
  }
  return undefined;
}

/**
 * Reads one entry of the directory. Source: PKWARE's APPNOTE, 4.3.12.
 *
 * @returns with the place of the next entry; undefined where there is no entry at this place
 */
export function readZipEntryAt(
  directory: Buffer,
  at: number,
): { readonly entry: ZipEntry; readonly next: number } | undefined {
  if (at + zipEntryBytes > directory.length || directory.readUInt32LE(at) !== entrySignature) return undefined;
  const nameBytes = directory.readUInt16LE(at + 28);
  const entry = {
    name: directory.toString('utf8', at + zipEntryBytes, at + zipEntryBytes + nameBytes),
    method: directory.readUInt16LE(at + 10),
    isEncrypted: (directory.readUInt16LE(at + 8) & 1) === 1,
    crc: directory.readUInt32LE(at + 16),
    compressedBytes: directory.readUInt32LE(at + 20),
    bytes: directory.readUInt32LE(at + 24),
    offset: directory.readUInt32LE(at + 42),
  };
  const next = at + zipEntryBytes + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  return { entry, next };
}

/**
 * Bytes from the start of a file's own header to its content.
 *
 * @param header at least `zipHeaderBytes` from there
 * @returns undefined where this is no such header
 */
export function zipContentOffset(header: Buffer): number | undefined {
  if (header.length < zipHeaderBytes || header.readUInt32LE(0) !== localSignature) return undefined;
  return zipHeaderBytes + header.readUInt16LE(26) + header.readUInt16LE(28);
}
