import type { PgType } from 'pg-introspection';
import { propertiesOf, type CatalogObject } from './catalog.ts';
import type { Sources } from './relations.ts';

/** Enums with their order, domains, composites and ranges; not the types that come with a table or another type. */
export function readTypes(sources: Sources): CatalogObject[] {
  const { introspection, text, ownerOf } = sources;
  return introspection.types.flatMap((type) => {
    const name = text('type', type._id);
    const definition = name && definitionOf(type, sources);
    if (!definition) return [];
    const { typowner, typdefault } = type;
    const properties = propertiesOf({
      definition,
      nullability: type.typtype === 'd' && type.typnotnull ? 'NOT NULL' : undefined,
      default: type.typtype === 'd' ? typdefault : undefined,
      comment: type.getDescription(),
      owner: typowner ? ownerOf(typowner) : undefined,
    });
    return [{ kind: 'type', name, properties }];
  });
}

function definitionOf(type: PgType, { text }: Sources): string | undefined {
  switch (type.typtype) {
    case 'e':
      return `an enum of ${type
        .getEnumValues()
        ?.map(({ enumlabel }) => `'${enumlabel}'`)
        .join(', ')}`;
    case 'd':
      return `a domain over ${text('base type', type._id)}`;
    case 'r':
      return `a range of ${text('subtype', type._id)}`;
    case 'c':
      return type.getClass()?.relkind === 'c' ? `a composite of ${fieldsOf(type, text)}` : undefined;
    case 'b':
      // An array is the twin of its element, and a type in C cannot be described.
      return type.typelem === '0' || type.typcategory !== 'A' ? 'a base type' : undefined;
    default:
      return undefined;
  }
}

function fieldsOf(type: PgType, text: Sources['text']): string {
  return type
    .getClass()!
    .getAttributes()
    .filter(({ attisdropped }) => !attisdropped)
    .map(
      ({ attrelid, attnum }) =>
        `${text('column', `${attrelid}.${attnum}`)} ${text('column type', `${attrelid}.${attnum}`)}`,
    )
    .join(', ');
}
