/** What a repository holds in place of a large file where Git LFS didn't fetch it. */
export const lfsPointer = { what: 'a pointer of Git LFS, not the file', hint: 'Fetch the file with git lfs pull.' };

export const lfsStart = 'version https://git-lfs';

export function isLfsPointer(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, lfsStart.length)).toString('latin1') === lfsStart;
}
