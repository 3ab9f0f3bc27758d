/**
 * What the operating system says when it refuses, in words: one line with the path, and what to do. System errors that
 * nothing else explains end here too: they are never a bug in perbench.
 */

/** As Node throws it: of the file system, of streams, of processes, or of the network. */
export interface SystemError extends Error {
  /** Such as `EACCES`. */
  readonly code: string;
  readonly path?: string | undefined;
  /** The other path of a rename or link. */
  readonly dest?: string | undefined;
  /** Such as `open`. */
  readonly syscall?: string | undefined;
  readonly address?: string | undefined;
  readonly port?: number | undefined;
}

export interface Explanation {
  readonly message: string;
  readonly hint: string;
}

const rights = 'Change its permissions, or name another place.';
const space = 'Free some space, or name a place on another disk.';
const otherPath = 'Check the path.';
const limits = 'Close other programs, or raise the limit with ulimit -n.';
const network = 'Check the address and the network.';

/** Words and mend of each code; errno(3) has them all, these are the ones that programs like this one meet. */
const explanations: ReadonlyMap<string, readonly [words: string, hint: string]> = new Map([
  ['EACCES', ['permission denied', rights]],
  ['EPERM', ['not permitted', rights]],
  ['EROFS', ['the file system is read-only', 'Name a place on another disk.']],
  ['ENOENT', ['no such file', otherPath]],
  ['ENOTDIR', ['a part of the path is a file, not a folder', otherPath]],
  ['EISDIR', ['is a folder, not a file', 'Name a file in it.']],
  ['ELOOP', ['a symbolic link leads back to itself', 'Mend or remove the link.']],
  ['ENAMETOOLONG', ['the name is too long', 'Use a shorter name.']],
  ['EILSEQ', ['the file system takes no such name', 'Use another name.']],
  ['EINVAL', ['the system takes no such name or call here', otherPath]],
  ['EEXIST', ['is there already', 'Remove it, or name another.']],
  ['ENOTEMPTY', ['the folder is not empty', 'Empty it, or name another.']],
  ['ENOSPC', ['no space left on the disk', space]],
  ['EDQUOT', ['the disk quota is used up', space]],
  ['EFBIG', ['too large for this file system', space]],
  ['EMFILE', ['too many open files', limits]],
  ['ENFILE', ['too many open files on this machine', limits]],
  ['ENOMEM', ['no memory left', 'Close other programs.']],
  ['EAGAIN', ['a resource is used up for the moment', 'Close other programs, or try again later.']],
  ['EIO', ['reading or writing failed', 'Check the disk and its cables; dmesg says more.']],
  ['ENXIO', ['no such device', otherPath]],
  ['ENODEV', ['no such device', otherPath]],
  ['EBUSY', ['in use by the system or another program', 'Close the other program, or name another place.']],
  ['ETXTBSY', ['in use as a running program', 'End that program, or name another place.']],
  ['EXDEV', ['on another disk than its target', 'Name both on one disk.']],
  ['EMLINK', ['too many links', 'Name another place.']],
  ['ENOLCK', ['the file system has no locks', 'Name a place on a local disk.']],
  ['ESTALE', ['the network drive has lost the file', 'Mount the drive again.']],
  ['ENOTSUP', ['the file system does not support this', 'Name a place on another disk.']],
  ['EOPNOTSUPP', ['the file system does not support this', 'Name a place on another disk.']],
  ['EBADF', ['is not open', 'Give perbench open streams.']],
  ['EPIPE', ['its reader has gone', 'Start both again.']],
  ['ENOEXEC', ['is no program of this machine', 'Install it for this kind of machine.']],
  ['E2BIG', ['the command line is too long', 'Shorten it, or put it into a suite file.']],
  ['ERR_FS_FILE_TOO_LARGE', ['larger than 2 GiB', 'Use a smaller file, or split it.']],
  ['ERR_STRING_TOO_LONG', ['too large to be read as text', 'Use a smaller file, or split it.']],
  ['ECONNREFUSED', ['connection refused', network]],
  ['ECONNRESET', ['the connection was closed by the other side', network]],
  ['ETIMEDOUT', ['no answer in time', network]],
  ['EHOSTUNREACH', ['the host cannot be reached', network]],
  ['ENETUNREACH', ['the network cannot be reached', network]],
  ['ENOTFOUND', ['no such host', network]],
  ['EAI_AGAIN', ['the name of the host cannot be looked up now', network]],
  ['EADDRINUSE', ['the port is in use', 'Choose another port.']],
  ['EADDRNOTAVAIL', ['not an address of this machine', 'Choose another address.']],
]);

/** What the system refused, by its code; also where an error comes from a test double or another runtime. */
export function isSystemError(error: unknown): error is SystemError {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return false;
  return /^E(?!RR_)[A-Z0-9]/.test(error.code) || explanations.has(error.code) || isZeroByte(error);
}

/** Node refuses such names before the system sees them, under a code for wrong arguments of all kinds. */
function isZeroByte({ message }: Error): boolean {
  return message.includes('without null bytes');
}

/** What it means, as the end of a sentence: `permission denied (EACCES)`. */
export function systemErrorWords(error: SystemError): string {
  const [words] = explain(error);
  // What isn't there needs no more to be looked up.
  return (error.code === 'ENOENT' && error.syscall !== 'mkdir') || words === error.message
    ? words
    : `${words} (${error.code})`;
}

function explain(error: SystemError): readonly [words: string, hint: string] {
  if (isZeroByte(error)) return ['the name has a zero byte in it', otherPath];
  // Its parent is there, and says that it isn't: in /proc, or under an automounter.
  if (error.code === 'ENOENT' && error.syscall === 'mkdir') return ['no folder can be made there', otherPath];
  return explanations.get(error.code) ?? [error.message, otherPath];
}

/** What the system would say of a path if it were asked. */
export function systemError(code: string, path: string, syscall: string): SystemError {
  return Object.assign(new Error(`${code}: ${syscall} '${path}'`), { code, path, syscall });
}

/**
 * One line about a system error, with the place, and what to do.
 *
 * @param place what was asked for, as the user knows it; by default the path or address of the error
 */
export function explainSystemError(error: SystemError, place?: string): Explanation {
  const { syscall, path, dest, address, port } = error;
  // The system calls it "uv_cwd", and gives no path.
  if (syscall === 'uv_cwd') return missingWorkingFolder;
  const host = address === undefined ? undefined : [address, port].filter((part) => part !== undefined).join(':');
  const target = dest === undefined || path === undefined ? path : `${path} -> ${dest}`;
  const where = place ?? target ?? host ?? syscall;
  return { message: `${where === undefined ? '' : `${where}: `}${systemErrorWords(error)}`, hint: explain(error)[1] };
}

export const missingWorkingFolder: Explanation = {
  message: 'the working folder is gone: it was removed or moved',
  hint: 'Go to another folder, or name one with --cwd.',
};
