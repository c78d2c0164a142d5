/** Whether a request shows the operator's token. Digests are compared, in a time that depends on neither. */
export async function showsOperatorToken(request: Request, operatorToken: string): Promise<boolean> {
  const given = /^Bearer (\S{1,512})$/.exec(request.headers.get('authorization') ?? '')?.[1]
  if (given === undefined) return false
  const [shown, expected] = await Promise.all([digest(given), digest(operatorToken)])
  let difference = 0
  for (let at = 0; at < expected.length; at++) difference |= (shown[at] ?? 0) ^ (expected[at] ?? 0)
  return difference === 0
}

async function digest(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
}
