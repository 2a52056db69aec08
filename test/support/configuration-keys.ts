// Every key of the configuration as `section.key`, read off the schema: what examples and documents are held to.
import { document, objectShape } from '../../src/config/schema.ts';

export function configurationKeys(): string[] {
  return Object.entries(document.shape).flatMap(([name, schema]) => {
    const shape = objectShape(schema);
    return shape === undefined ? [name] : Object.keys(shape).map((key) => `${name}.${key}`);
  });
}
