import { isObject } from '../store/json.ts';
import { parseObject } from './body.ts';
import { type Call, json, type Reply } from './types.ts';

const allowedGroup = 'system:masters';

/** Only members of system:masters may do anything; there are no roles in the embedded cluster. */
export const isAllowed = (user: Call['user']): boolean => user.groups.includes(allowedGroup);

/** SelfSubjectReview, SelfSubjectAccessReview and SelfSubjectRulesReview: what `kubectl auth` asks. */
export async function review(call: Call, group: string, plural: string): Promise<Reply | undefined> {
  if (call.method !== 'POST') return undefined;
  const { user } = call;
  const base = { apiVersion: `${group}/v1`, metadata: {} };
  const userInfo = { username: user.name, groups: [...user.groups, 'system:authenticated'] };
  if (group === 'authentication.k8s.io' && plural === 'selfsubjectreviews')
    return json(201, { ...base, kind: 'SelfSubjectReview', status: { userInfo } });
  if (group !== 'authorization.k8s.io') return undefined;
  const { spec } = parseObject(await call.body(), call.contentType);
  if (plural === 'selfsubjectaccessreviews') {
    const reason = `${user.name} is ${isAllowed(user) ? '' : 'not '}in the group ${allowedGroup}`;
    return json(201, { ...base, kind: 'SelfSubjectAccessReview', spec, status: { allowed: isAllowed(user), reason } });
  }
  if (plural !== 'selfsubjectrulesreviews' || !isObject(spec)) return undefined;
  const rules = isAllowed(user) ? [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }] : [];
  const other = isAllowed(user) ? [{ verbs: ['*'], nonResourceURLs: ['*'] }] : [];
  const status = { resourceRules: rules, nonResourceRules: other, incomplete: false };
  return json(201, { ...base, kind: 'SelfSubjectRulesReview', spec, status });
}
