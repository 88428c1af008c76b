/** Pieces of JSON Schemas, for files that lanpair writes and holds to their shape before it believes a word of them. */

export function listOf(items: object, maxItems: number): object {
  return { type: 'array', items, maxItems };
}

/** Any keys of the shape `names`, each with a value of the shape `values`. */
export function mapOf(names: object, values: object): object {
  return { type: 'object', propertyNames: names, additionalProperties: values };
}

/** What else is there is of a later lanpair of the same version, and left alone. */
export function objectOf(properties: { readonly [name: string]: object }, optional: readonly string[] = []): object {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', properties, required };
}
