/** For those whose shell has opened a pattern: all files but the first are no argument of a flag then. */
export const quotePatterns = "Name models with -m, and quote patterns: -m 'model-*.gguf'.";
