import type { JsonObject } from '../../store/json.ts';
import { groupKind, groupOf, type Kinds, requireKind } from '../../store/kinds.ts';
import { specChanged, subjectOf } from '../../store/object-meta.ts';
import type { Admission } from '../../store/object-store.ts';
import { type FieldError, invalid } from '../../store/status.ts';
import type { Stored } from '../../store/types.ts';
import { missingFields } from '../schema/model.ts';
import { customSchemaErrors } from './custom-schema.ts';
import { setDefaults } from './defaults.ts';
import { changeErrors } from './immutable.ts';
import { objectErrors } from './validation.ts';

/** Checks an object with defaults set; returns its problems, none for kinds that it does not know. */
export type Validator = (object: Stored) => readonly FieldError[];

export interface AdmissionOptions {
  readonly kinds: Kinds;
  readonly validators: readonly Validator[];
}

/** Sets the defaults of the real server, then refuses with every problem of the object at once (422). */
export function createAdmission({ kinds, validators }: AdmissionOptions): Admission {
  return ({ object, old }, store) => {
    const kind = requireKind(kinds, object.apiVersion, object.kind);
    const type = groupKind(groupOf(object.apiVersion), object.kind);
    const admitted = setDefaults(type, object, old);
    // What is stored must stay deletable and labellable: only a new or changed spec is checked.
    if (old && (!specChanged(old, admitted) || admitted.metadata.deletionTimestamp !== undefined)) return admitted;
    const fields: JsonObject = admitted;
    const errors = [
      ...missingFields(type, fields),
      ...objectErrors(type, admitted),
      ...(old ? changeErrors(type, old, admitted) : []),
      ...(kind.custom ? customSchemaErrors(kind, admitted, store) : []),
      ...validators.flatMap((validate) => validate(admitted)),
    ];
    if (errors.length > 0) throw invalid(subjectOf(kind), admitted.metadata.name, unique(errors));
    return admitted;
  };
}

/** A field that two checks find missing is reported once. */
function unique(errors: readonly FieldError[]): FieldError[] {
  const seen = new Set<string>();
  return errors.filter(({ field, type }) => {
    const key = `${type} ${field}`;
    const fresh = type !== 'Required' || !seen.has(key);
    seen.add(key);
    return fresh;
  });
}
