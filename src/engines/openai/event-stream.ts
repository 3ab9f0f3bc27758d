/**
 * The data of server-sent events, one at a time, as they come. Comments, names and ids are skipped.
 *
 * @param chunks bytes as they arrive; a character or a line may be spread over several
 */
export async function* eventData(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder();
  let rest = '';
  let data: string | undefined;
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    let from = 0;
    for (let end = rest.indexOf('\n', from); end !== -1; end = rest.indexOf('\n', from)) {
      const line = rest.slice(from, rest.codePointAt(end - 1) === 13 ? end - 1 : end);
      from = end + 1;
      if (line === '') {
        if (data !== undefined) yield data;
        data = undefined;
      } else if (line.startsWith('data:')) {
        const text = line.slice(line.startsWith('data: ') ? 6 : 5);
        data = data === undefined ? text : `${data}\n${text}`;
      }
    }
    rest = rest.slice(from);
  }
  // Without the empty line that ends it an event isn't whole, but some servers leave the last one out.
  if (rest.startsWith('data:')) yield rest.slice(5).trim();
  else if (data !== undefined) yield data;
}
