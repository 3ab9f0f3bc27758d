/** The null server in a process of its own: its CPU must not count as the client's. */
import { type NullAnswers, startNullServer } from './null-server.ts';

/** First how to answer; every later message asks for the counts. */
process.once('message', (answers: NullAnswers) => {
  void startNullServer(answers).then(({ baseUrl, takeCounts }) => {
    process.on('message', () => {
      void takeCounts().then((counts) => process.send?.({ counts }));
    });
    process.send?.({ baseUrl });
  });
});
// Whoever started it is gone: nobody needs it any more.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
