/** One server-sent event. */
export interface StreamEvent {
  /** As in `event: error`; mostly empty. */
  readonly name: string;
  readonly data: string;
}

const fieldLine = /^(?:data|event|id|retry)?:|^(?:data|event|id|retry)$/;

/** Puts lines together to events. */
class EventLines {
  #name = '';
  #data: string | undefined;
  #stray = '';
  #hasEvents = false;

  /** @returns the event that the line ends */
  take(line: string): StreamEvent | undefined {
    if (line === '') return this.#dispatch();
    if (line.startsWith('data:')) {
      const text = line.slice(line.startsWith('data: ') ? 6 : 5);
      this.#data = this.#data === undefined ? text : `${this.#data}\n${text}`;
    } else if (line.startsWith('error:')) [this.#name, this.#data] = ['error', line.slice(6).trim()];
    else if (line.startsWith('event:')) this.#name = line.slice(6).trim();
    else if (!this.#hasEvents && !fieldLine.test(line)) this.#stray += `${line}\n`;
    return undefined;
  }

  /** Without the empty line that ends it an event isn't whole, but some servers leave the last one out. */
  end(): StreamEvent | undefined {
    const last = this.#dispatch();
    // What is no event stream at all is one piece of data.
    if (last !== undefined || this.#hasEvents || this.#stray.trim() === '') return last;
    return { name: '', data: this.#stray.trim() };
  }

  #dispatch(): StreamEvent | undefined {
    const [name, data] = [this.#name, this.#data];
    [this.#name, this.#data] = ['', undefined];
    if (data === undefined) return undefined;
    // The end of a stream is nothing of one.
    this.#hasEvents ||= data.trim() !== '[DONE]';
    return { name, data };
  }
}

/**
 * Server-sent events, one at a time, as they come. Comments and ids are skipped; a body that is no event stream is one
 * event.
 *
 * @param chunks bytes as they arrive; a character or a line may be spread over several
 */
export async function* streamEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<StreamEvent, void, void> {
  const decoder = new TextDecoder();
  const lines = new EventLines();
  let rest = '';
  for await (const chunk of chunks) {
    const text = decoder.decode(chunk, { stream: true });
    let from = 0;
    // Only what is new is searched: a line may come in many pieces.
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', from)) {
      const line = rest + text.slice(from, end);
      [rest, from] = ['', end + 1];
      const event = lines.take(line.endsWith('\r') ? line.slice(0, -1) : line);
      if (event !== undefined) yield event;
    }
    rest += text.slice(from);
  }
  rest += decoder.decode();
  if (rest !== '') {
    const event = lines.take(rest.endsWith('\r') ? rest.slice(0, -1) : rest);
    if (event !== undefined) yield event;
  }
  const last = lines.end();
  if (last !== undefined) yield last;
}
