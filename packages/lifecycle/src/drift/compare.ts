import { keyOf, type Catalog, type CatalogObject } from './catalog.ts';

/** One thing in which two schemas differ. */
export interface Difference {
  /** `unexpected`: only in the actual one. `changed`: in both, with another `property`. */
  readonly change: 'missing' | 'unexpected' | 'changed';
  readonly object: CatalogObject;
  /** Only of what was changed; an absent value is the default, or none. */
  readonly property?: string;
  readonly expected?: string | undefined;
  readonly actual?: string | undefined;
}

export interface CompareOptions {
  /**
   * Pass over what a running system may add without being touched by hand: an owner that the expected schema leaves to
   * whoever migrates, and more partitions of a table that is expected. Default false.
   */
  readonly lenient?: boolean;
}

/**
 * Lists what is different, in the order of the catalogs. What belongs to an object that is missing or unexpected itself
 * is not listed apart.
 */
export function compareCatalogs(
  expected: Catalog,
  actual: Catalog,
  { lenient = false }: CompareOptions = {},
): Difference[] {
  const [wanted, found] = [index(expected), index(actual)];
  const differences = [...new Set([...wanted.keys(), ...found.keys()])].toSorted().flatMap((key): Difference[] => {
    const [want, have] = [wanted.get(key), found.get(key)];
    if (want?.implied || have?.implied) return [];
    const parent = (want ?? have)!.of;
    // A parent that is in neither, such as a type of no table, hides nothing.
    if (parent !== undefined && wanted.has(parent) !== found.has(parent)) return [];
    if (want === undefined) return lenient && have!.partition ? [] : [{ change: 'unexpected', object: have! }];
    if (have === undefined) return [{ change: 'missing', object: want }];
    return compareProperties(want, have, lenient);
  });
  return differences;
}

function compareProperties(want: CatalogObject, have: CatalogObject, lenient: boolean): Difference[] {
  const names = new Set([...Object.keys(want.properties), ...Object.keys(have.properties)]);
  return [...names]
    .filter((name) => want.properties[name] !== have.properties[name])
    .filter((name) => !(lenient && name === 'owner' && want.properties['owner'] === undefined))
    .map((property) => ({
      change: 'changed',
      object: have,
      property,
      expected: want.properties[property],
      actual: have.properties[property],
    }));
}

function index(catalog: Catalog): ReadonlyMap<string, CatalogObject> {
  return new Map(catalog.map((object) => [keyOf(object), object]));
}
