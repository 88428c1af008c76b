/** Checks a file's value against the schema, and says in words what does not fit. */
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { suggestion } from './nearest.ts';
import type { Path, Problems } from './problem.ts';
import type { RawScenario } from './raw.ts';
import { scenarioSchema } from './schema.ts';

let validate: ValidateFunction<RawScenario> | null = null;

/** True when `value` has the shape of a scenario; otherwise every misfit is in `problems`. */
export function hasShape(value: unknown, problems: Problems): value is RawScenario {
  validate ??= new Ajv2020({
    allErrors: true,
    strict: true,
    allowUnionTypes: true,
    verbose: true,
  }).compile<RawScenario>(scenarioSchema);
  if (validate(value)) return true;
  const told = new Set<string>();
  for (const error of validate.errors ?? []) {
    // A oneOf reports each branch and then itself, as propertyNames does: the last word is enough.
    if (/\/oneOf\/\d|\/propertyNames\//.test(error.schemaPath)) continue;
    const path = pathOf(error.instancePath);
    const { where, what, next, at } = inWords(error, path);
    const key = `${where.join('/')} ${what}`;
    if (told.has(key)) continue;
    told.add(key);
    problems.add(where, what, next, at);
  }
  return false;
}

interface Words {
  readonly where: Path;
  readonly what: string;
  readonly next: string;
  readonly at: 'key' | 'value';
}

function inWords(error: ErrorObject, path: Path): Words {
  const here = (what: string, next: string): Words => ({ where: path, what, next, at: 'value' });
  const params: Readonly<Record<string, unknown>> = error.params;
  const parent: unknown = error.parentSchema;
  const described = textOf(parent, 'description');
  const shown = JSON.stringify(error.data)?.slice(0, 80) ?? 'nothing';
  switch (error.keyword) {
    case 'additionalProperties':
      return unknownKey(String(params['additionalProperty']), path, parent);
    case 'required': {
      const missing = String(params['missingProperty']);
      return here(`"${missing}" is missing here`, `Add ${missing}: ...`);
    }
    case 'propertyNames':
      return {
        where: [...path, String(params['propertyName'])],
        what: `"${String(params['propertyName'])}" cannot be a name`,
        next: 'Names are lower-case letters, digits and dashes, a letter first, at most 31.',
        at: 'key',
      };
    case 'type':
      if (path.length === 0)
        return here('this is no scenario', 'A scenario is a map with title, protocols, network, hosts and expect.');
      return here(
        `${shown} is not ${typeWords(params['type'])}`,
        described === null ? 'Change the value.' : `Expected ${described}.`,
      );
    case 'enum':
      return here(
        `${shown} is none of the known words`,
        suggestion(String(error.data), listOf(params['allowedValues'])),
      );
    case 'pattern':
      return here(
        `${shown} does not fit`,
        described === null ? `Expected ${String(params['pattern'])}.` : `Expected ${described}.`,
      );
    case 'oneOf':
      return path[0] === 'protocols'
        ? here(`${shown} is no verdict`, 'Write pass, or {breaks: <name of an oracle>}.')
        : here(`${shown} does not fit`, 'Expected a name or a list of names.');
    default:
      return here(
        `${shown} does not fit: it ${error.message ?? error.keyword}`,
        described === null ? 'Change the value.' : `Expected ${described}.`,
      );
  }
}

/** A key that the schema has not: mostly a slip, often a unit. */
function unknownKey(key: string, path: Path, parent: unknown): Words {
  const known = Object.keys(objectOf(objectOf(parent)['properties']));
  const stem = key.replace(/(_?(s|sec|secs|seconds|us|min|minutes|ms))$/i, '');
  const inMs = known.find((name) => name === `${stem}Ms` || name === `${key}Ms`);
  const next =
    inMs === undefined ? suggestion(key, known) : `Times are in milliseconds, with the unit in the name: ${inMs}.`;
  return { where: [...path, key], what: `"${key}" is not known here`, next, at: 'key' };
}

function typeWords(type: unknown): string {
  const words = Array.isArray(type) ? type.map(String) : [String(type)];
  const named = words.map((word) =>
    word === 'integer'
      ? 'an integer'
      : word === 'object'
        ? 'a map'
        : word === 'array'
          ? 'a list'
          : word === 'string'
            ? 'a text'
            : word,
  );
  return named.join(' or ');
}

function pathOf(pointer: string): Path {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replace(/~1/g, '/').replace(/~0/g, '~'));
}

function textOf(value: unknown, key: string): string | null {
  const found = objectOf(value)[key];
  return typeof found === 'string' ? found : null;
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {};
}

function listOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
