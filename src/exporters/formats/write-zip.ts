import { Zip, ZipDeflate } from 'fflate';
import { UsageError } from '../../core/errors.ts';

export interface ZipMember {
  readonly path: string;
  readonly text: string;
}

/** More entries need zip64, which not every reader of these files has. */
const mostEntries = 65_000;

const encoder = new TextEncoder();

/**
 * A deflated zip archive, member after member; holds the directory and one member at a time.
 *
 * @param modifiedAtMs Unix time in every entry, so that the same content gives the same bytes
 * @throws {UsageError} if there are too many members for the format
 */
export async function* zipOf(members: AsyncIterable<ZipMember>, modifiedAtMs: number): AsyncGenerator<Uint8Array> {
  let ready: Uint8Array[] = [];
  let failure: Error | undefined;
  const zip = new Zip((error, chunk) => {
    // fflate says null where its types say an error.
    if (error !== null && error !== undefined) failure = error;
    else ready.push(chunk);
  });
  let entries = 0;
  for await (const { path, text } of members) {
    entries += 1;
    if (entries > mostEntries) {
      throw new UsageError(`an archive of this format has at most ${mostEntries} members`, {
        hint: 'Export one task, or a run with fewer items.',
      });
    }
    const member = new ZipDeflate(path, { level: 6 });
    // Years that the format can say begin with 1980.
    member.mtime = Math.max(modifiedAtMs, Date.UTC(1980, 0, 2));
    zip.add(member);
    member.push(encoder.encode(text), true);
    if (failure !== undefined) throw failure;
    yield* ready;
    ready = [];
  }
  zip.end();
  if (failure !== undefined) throw failure;
  yield* ready;
}
