import type { z } from 'zod';
import { AnswerError } from './answer-error.ts';

/** What `schema` takes of the JSON text that `path` answered; fields that it does not name are left out. Throws AnswerError. */
export function readAnswer<Schema extends z.ZodType>(path: string, schema: Schema, text: string): z.output<Schema> {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new AnswerError(path, cause);
  }
}
