/**
 * Reads SQLite's write-ahead log and the index of it, to see whether what was committed is still in it. Formats:
 * https://www.sqlite.org/fileformat2.html#walformat and https://www.sqlite.org/walformat.html#the_wal_index_file_format
 */
import { readSync } from 'node:fs';
import { endianness } from 'node:os';

const logHeaderBytes = 32;
const frameHeaderBytes = 24;
/** Its lowest bit says in which order of bytes the log is summed up. */
const logMagic = 0x37_7f_06_82;

/** What SQLite's processes agree on about the log, at one moment. */
export interface LogIndex {
  /** Frames that are committed. */
  readonly frames: number;
  /** Frames that are in the store's file as well. */
  readonly copied: number;
  /** Of the last committed frame. */
  readonly sums: readonly [number, number];
  readonly salts: Buffer;
}

function readAt(descriptor: number, bytes: number, position: number): Buffer | undefined {
  const buffer = Buffer.alloc(bytes);
  return readSync(descriptor, buffer, 0, bytes, position) === bytes ? buffer : undefined;
}

/** Undefined while another process changes it. */
export function readLogIndex(descriptor: number): LogIndex | undefined {
  const bytes = readAt(descriptor, 100, 0);
  if (bytes === undefined || !bytes.subarray(0, 48).equals(bytes.subarray(48, 96))) return undefined;
  const number = (at: number): number => (endianness() === 'LE' ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  return { frames: number(16), copied: number(96), sums: [number(24), number(28)], salts: bytes.subarray(32, 40) };
}

function addTo([first, second]: readonly [number, number], bytes: Buffer, isBigEndian: boolean): [number, number] {
  let [left, right] = [first, second];
  for (let at = 0; at < bytes.length; at += 8) {
    left = (left + (isBigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at)) + right) >>> 0;
    right = (right + (isBigEndian ? bytes.readUInt32BE(at + 4) : bytes.readUInt32LE(at + 4)) + left) >>> 0;
  }
  return [left, right];
}

function sumsAt(bytes: Buffer, at: number): readonly [number, number] {
  return [bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4)];
}

function isEqual(left: readonly [number, number], right: readonly [number, number]): boolean {
  return left[0] === right[0] && left[1] === right[1];
}

/** Whether the log begins and ends as its index says. */
export function hasBothEnds(descriptor: number, index: LogIndex): boolean {
  if (index.frames === 0) return true;
  const header = readAt(descriptor, logHeaderBytes, 0);
  if (header === undefined || !header.subarray(16, 24).equals(index.salts)) return false;
  const last = (index.frames - 1) * (frameHeaderBytes + header.readUInt32BE(8)) + logHeaderBytes;
  const frame = readAt(descriptor, frameHeaderBytes, last);
  return frame !== undefined && frame.subarray(8, 16).equals(index.salts) && isEqual(sumsAt(frame, 16), index.sums);
}

/** Whether every committed frame is as it was written. Nobody may write meanwhile. */
export function isWholeLog(descriptor: number, index: LogIndex): boolean {
  if (index.frames === 0) return true;
  const header = readAt(descriptor, logHeaderBytes, 0);
  if (header === undefined || header.readUInt32BE(0) >>> 1 !== logMagic >>> 1) return false;
  const isBigEndian = (header.readUInt32BE(0) & 1) === 1;
  let sums = addTo([0, 0], header.subarray(0, 24), isBigEndian);
  if (!isEqual(sums, sumsAt(header, 24))) return false;
  const pageBytes = header.readUInt32BE(8);
  for (let frame = 0; frame < index.frames; frame += 1) {
    const bytes = readAt(
      descriptor,
      frameHeaderBytes + pageBytes,
      logHeaderBytes + frame * (frameHeaderBytes + pageBytes),
    );
    if (bytes === undefined || !bytes.subarray(8, 16).equals(index.salts)) return false;
    sums = addTo(addTo(sums, bytes.subarray(0, 8), isBigEndian), bytes.subarray(frameHeaderBytes), isBigEndian);
    if (!isEqual(sums, sumsAt(bytes, 16))) return false;
  }
  return isEqual(sums, index.sums);
}
