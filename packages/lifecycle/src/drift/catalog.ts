/** One thing that a schema is made of, in words: what two of them differ in can be told as it stands. */
export interface CatalogObject {
  /** PostgreSQL's word: `table`, `column`, `index`, `function`, … */
  readonly kind: string;
  /** As SQL would call it, without `public.`; quoted where SQL would need it. */
  readonly name: string;
  /** What it belongs to, by kind and name, such as `table vehicles`. */
  readonly of?: string | undefined;
  /** What is remarkable of it. One that is absent is the default, or none. */
  readonly properties: Readonly<Record<string, string>>;
  /** A grant that its role has as the owner: nobody made it, and nobody misses it. */
  readonly implied?: boolean | undefined;
  /** A partition, of which a running system may make more. */
  readonly partition?: boolean | undefined;
}

/** A schema, sorted by {@link keyOf}, each key once. */
export type Catalog = readonly CatalogObject[];

/** Tells an object from all others of its catalog. */
export function keyOf({ kind, name, of }: CatalogObject): string {
  return of === undefined ? `${kind} ${name}` : `${of}: ${kind} ${name}`;
}

export function sortCatalog(objects: readonly CatalogObject[]): Catalog {
  const keyed = objects.map((object) => [keyOf(object), object] as const);
  return keyed.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, object]) => object);
}

/** The properties that are there: those without a value are left out. */
export function propertiesOf(values: Readonly<Record<string, string | null | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => Boolean(entry[1])));
}
