import type { Finding } from '../../mesh/mesh.ts';

/** One line for each reason, in the order in which they came: the field, and every object that it is about. */
export function findingLines(mesh: string, findings: readonly Finding[]): string[] {
  const groups = Map.groupBy(findings, ({ field, reason }) => `${fieldOfAny(field)} ${reason}`);
  return [...groups.values()].map((group) => {
    const [first] = group;
    const field = group.length === 1 ? first?.field : fieldOfAny(first?.field ?? '');
    return `parley: ${mesh} cannot express ${field} of ${namesOf(group)}: ${first?.reason}\n`;
  });
}

/** `services[accounts].retry` is `services[*].retry`. */
function fieldOfAny(field: string): string {
  return field.replace(/\[[^\]]+\]/, '[*]');
}

/** `Service exchange/accounts, exchange/orders`: a kind is said once for those that follow. */
function namesOf(findings: readonly Finding[]): string {
  const objects = [...new Set(findings.map(({ object }) => object))];
  const kindOf = (object: string | undefined) => object?.split(' ')[0];
  return objects
    .map((object, index) =>
      kindOf(object) === kindOf(objects[index - 1]) ? object.slice(object.indexOf(' ') + 1) : object,
    )
    .join(', ');
}
