import { type CallReport, report, type Talk } from './conversation.ts';
import { httpCall } from './http.ts';

const query = '{ me { id accounts { id currency balance orders(last: 2) { clientOrderId status } } } }';

/** GraphQL with portfolio, contract v1: the caller's accounts and their latest orders, aggregated from two services. */
export function graphql(talk: Talk): Promise<CallReport> {
  return report('graphql', async (notes) => {
    const answer = await httpCall(talk, notes, {
      service: 'portfolio',
      method: 'POST',
      path: '/graphql',
      status: 200,
      body: { query },
    });
    if (typeof answer === 'object' && answer !== null && 'errors' in answer) {
      throw new Error(`the graph answers with errors: ${JSON.stringify(answer.errors)}`);
    }
  });
}
