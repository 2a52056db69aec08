// The import's worker thread: reads the files of one older hour through, and says what it found.
import { answerQuestions } from '../outside/workers.ts';
import { checkOlderHour, type OlderHour } from './vault-check.ts';

export interface OlderQuestion {
  readonly folder: string;
  /** 2022-03-01_14 */
  readonly prefix: string;
  readonly reported: number | undefined;
}

answerQuestions(({ folder, prefix, reported }: OlderQuestion): Promise<OlderHour> => {
  return checkOlderHour(folder, prefix, reported);
});
