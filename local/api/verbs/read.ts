import { badRequest, expired, StatusError } from '../../store/status.ts';
import type { Stored } from '../../store/types.ts';
import { type Resource, requireObject, shownAs } from '../resource.ts';
import { requestSelector } from '../selectors.ts';
import { tableOf, wantsTable } from '../table/table.ts';
import { type ApiContext, type Call, json, type Reply } from '../types.ts';

/** GET of one object. */
export function getOne(context: ApiContext, call: Call, resource: Resource): Reply {
  const object = shownAs(resource, requireObject(context, resource));
  return wantsTable(call)
    ? json(200, tableOf(context, resource, [object], { resourceVersion: object.metadata.resourceVersion }, call))
    : json(200, object);
}

interface Continue {
  /** The list that is being paged is the one of this revision. */
  readonly revision: string;
  readonly after: readonly [namespace: string, name: string];
}

const encode = (token: Continue): string => Buffer.from(JSON.stringify(token)).toString('base64url');

function decodeToken(text: string): Continue {
  try {
    const { revision, after } = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (typeof revision === 'string' && Array.isArray(after)) return { revision, after: [after[0], after[1]] };
  } catch {
    // Named below: any unreadable token is the client's mistake.
  }
  throw badRequest('continue key is not valid: it must be the one of the page before');
}

const placeOf = ({ metadata }: Stored): readonly [string, string] => [metadata.namespace ?? '', metadata.name];
const isAfter = (object: Stored, [namespace, name]: readonly [string, string]): boolean => {
  const [ns, n] = placeOf(object);
  return ns > namespace || (ns === namespace && n > name);
};

/** Pages show the present state of the rest of the list; a token whose revision is compacted is 410, as with etcd. */
function page(items: readonly Stored[], query: URLSearchParams, current: string) {
  const token = query.get('continue');
  const limit = Number(query.get('limit') ?? '0');
  if (!Number.isInteger(limit) || limit < 0) throw badRequest(`limit: "${query.get('limit')}" is no whole number`);
  const from = token ? decodeToken(token) : undefined;
  const rest = from ? items.filter((object) => isAfter(object, from.after)) : items;
  const shown = limit > 0 ? rest.slice(0, limit) : rest;
  const last = shown.at(-1);
  const revision = from?.revision ?? current;
  const more = last !== undefined && shown.length < rest.length;
  const meta = more
    ? {
        resourceVersion: revision,
        continue: encode({ revision, after: placeOf(last) }),
        remainingItemCount: rest.length - shown.length,
      }
    : { resourceVersion: revision };
  return { shown, meta };
}

/** resourceVersion and resourceVersionMatch of a list: only the present state can be shown. */
function checkRevision(query: URLSearchParams, current: string): void {
  const wanted = query.get('resourceVersion') ?? '';
  if (wanted === '' || wanted === '0') return;
  if (!/^\d+$/.test(wanted)) throw badRequest(`invalid resource version "${wanted}"`);
  if (Number(wanted) > Number(current))
    throw new StatusError(504, 'Timeout', `Too large resource version: ${wanted}, current: ${current}`, {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    });
  if (query.get('resourceVersionMatch') === 'Exact' && wanted !== current) throw expired(wanted, Number(current));
}

/** GET of a collection: selectors, limit and continue, as a list or as a Table. */
export function getList(context: ApiContext, call: Call, resource: Resource): Reply {
  const { items, resourceVersion } = context.store.list(resource.type, { namespace: resource.namespace });
  checkRevision(call.query, resourceVersion);
  const selected = items.filter(requestSelector(resource.type, call.query));
  const { shown, meta } = page(selected, call.query, resourceVersion);
  const objects = shown.map((object) => shownAs(resource, object));
  if (wantsTable(call)) return json(200, tableOf(context, resource, objects, meta, call));
  const { apiVersion, kind } = resource;
  return json(200, { kind: `${kind.kind}List`, apiVersion, metadata: meta, items: objects });
}
