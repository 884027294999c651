// A validator for the part of JSON Schema (draft 7) that docs/pitr.schema.json uses. A word of JSON Schema that it does not
// know is a fault, so that no rule of the schema goes unchecked.

type Schema = Readonly<Record<string, unknown>>;

const notChecked = ['$schema', 'title', 'description', 'default', 'examples'];

/** The paths and rules that the value breaks; empty when it fits. */
export function faultsOfSchema(schema: Schema, value: unknown, path = '$'): readonly string[] {
  return Object.entries(schema).flatMap(([rule, argument]) => {
    if (notChecked.includes(rule)) return [];
    const check = rules[rule];
    if (check === undefined) throw new Error(`the schema uses ${rule}, which is not known here`);
    return check(argument, value, path, schema);
  });
}

type Check = (argument: unknown, value: unknown, path: string, schema: Schema) => readonly string[];

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const unless = (holds: boolean, fault: string): readonly string[] => (holds ? [] : [fault]);
const isOfType = (type: unknown, value: unknown): boolean => {
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return isObject(value);
  if (type === 'integer') return Number.isInteger(value);
  return typeof value === type;
};
const fitting = (forms: unknown, value: unknown, path: string): number =>
  (forms as readonly Schema[]).filter((form) => faultsOfSchema(form, value, path).length === 0).length;

const rules: Readonly<Record<string, Check>> = {
  type: (type, value, path) => unless(isOfType(type, value), `${path} is not of type ${type}`),
  const: (only, value, path) => unless(value === only, `${path} is not ${only}`),
  enum: (all, value, path) =>
    unless((all as readonly unknown[]).includes(value), `${path} is none of ${all}`),
  pattern: (pattern, value, path) =>
    unless(
      typeof value !== 'string' || new RegExp(String(pattern)).test(value),
      `${path} is not of form ${pattern}`,
    ),
  minimum: (least, value, path) =>
    unless(typeof value !== 'number' || value >= Number(least), `${path} < ${least}`),
  maximum: (most, value, path) =>
    unless(typeof value !== 'number' || value <= Number(most), `${path} > ${most}`),
  minLength: (least, value, path) =>
    unless(typeof value !== 'string' || value.length >= Number(least), `${path} is shorter than ${least}`),
  maxLength: (most, value, path) =>
    unless(typeof value !== 'string' || value.length <= Number(most), `${path} is longer than ${most}`),
  minItems: (least, value, path) =>
    unless(!Array.isArray(value) || value.length >= Number(least), `${path} has fewer than ${least} items`),
  maxItems: (most, value, path) =>
    unless(!Array.isArray(value) || value.length <= Number(most), `${path} has more than ${most} items`),
  items: (schema, value, path) =>
    Array.isArray(value)
      ? value.flatMap((item, index) => faultsOfSchema(schema as Schema, item, `${path}[${index}]`))
      : [],
  required: (keys, value, path) =>
    isObject(value)
      ? (keys as readonly string[])
          .filter((key) => !Object.hasOwn(value, key))
          .map((key) => `${path}.${key} is missing`)
      : [],
  properties: (properties, value, path) =>
    isObject(value)
      ? Object.entries(properties as Readonly<Record<string, Schema>>).flatMap(([key, schema]) =>
          Object.hasOwn(value, key) ? faultsOfSchema(schema, value[key], `${path}.${key}`) : [],
        )
      : [],
  propertyNames: (schema, value, path) =>
    isObject(value)
      ? Object.keys(value).flatMap((key) => faultsOfSchema(schema as Schema, key, `${path}.${key}`))
      : [],
  additionalProperties: (allowed, value, path, { properties = {} }) => {
    if (!isObject(value)) return [];
    const extra = Object.keys(value).filter((key) => !Object.hasOwn(properties as object, key));
    if (allowed === false) return extra.map((key) => `${path}.${key} is not known`);
    return extra.flatMap((key) => faultsOfSchema(allowed as Schema, value[key], `${path}.${key}`));
  },
  anyOf: (forms, value, path) => unless(fitting(forms, value, path) > 0, `${path} fits no form`),
  oneOf: (forms, value, path) =>
    unless(fitting(forms, value, path) === 1, `${path} does not fit exactly one form`),
};
