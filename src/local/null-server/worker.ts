/** The null server in a process of its own: its CPU must not count as the client's. */
import { startNullServer } from './null-server.ts';
import type { NullAnswers } from './null-answers.ts';

process.once('message', (answers: NullAnswers) => {
  void startNullServer(answers).then(({ baseUrl }) => process.send?.({ baseUrl }));
});
// Whoever started it is gone: nobody needs it any more.
process.once('disconnect', () => {
  process.exitCode = 0;
  process.kill(process.pid, 'SIGTERM');
});
