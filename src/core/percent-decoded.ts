/** Undoes `%20` and the like; a percent sign that begins no such thing is itself. */
export function percentDecoded(text: string): string {
  return text.replaceAll(/(?:%[\da-f]{2})+/gi, (bytes) => {
    try {
      return decodeURIComponent(bytes);
    } catch (error) {
      if (error instanceof URIError) return bytes;
      throw error;
    }
  });
}
