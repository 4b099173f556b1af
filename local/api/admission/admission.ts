import type { JsonObject } from '../../store/json.ts';
import { groupKind, groupOf, type Kind, type Kinds, requireKind } from '../../store/kinds.ts';
import { specChanged, subjectOf } from '../../store/object-meta.ts';
import type { Admission } from '../../store/object-store.ts';
import { type FieldError, invalid } from '../../store/status.ts';
import type { Stored } from '../../store/types.ts';
import { definitionType } from '../custom-kinds.ts';
import { missingFields } from '../schema/model.ts';
import { customErrors, definitionErrors } from './custom-kind.ts';
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
  return ({ operation, object, old }) => {
    const kind = requireKind(kinds, object.apiVersion, object.kind);
    const type = groupKind(groupOf(object.apiVersion), object.kind);
    if (operation === 'UPDATE_STATUS') return admitStatus(kind, object, old);
    const admitted = setDefaults(type, object, old);
    // What is stored must stay deletable and labellable: only a new or changed spec is checked.
    if (old && (!specChanged(old, admitted) || admitted.metadata.deletionTimestamp !== undefined)) return admitted;
    const fields: JsonObject = admitted;
    const errors = [
      ...missingFields(type, fields),
      ...objectErrors(type, admitted),
      ...(old ? changeErrors(type, old, admitted) : []),
      ...(kind.custom ? customErrors(kind, admitted, old, 'spec') : []),
      ...(type === definitionType ? definitionErrors(admitted, kinds) : []),
      ...validators.flatMap((validate) => validate(admitted)),
    ];
    if (errors.length > 0) throw invalid(subjectOf(kind), admitted.metadata.name, unique(errors));
    return admitted;
  };
}

/** The server checks the status of custom kinds; that of others is written by those who know it. */
function admitStatus(kind: Kind, object: Stored, old: Stored | undefined): Stored {
  const errors = kind.custom ? customErrors(kind, object, old, 'status') : [];
  if (errors.length > 0) throw invalid(subjectOf(kind), object.metadata.name, errors);
  return object;
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
