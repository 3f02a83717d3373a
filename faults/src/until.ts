/** Asks until the answer holds, or the attempts are used up; resolves with the last answer. */
export async function until<Answer>(
  ask: () => Promise<Answer>,
  holds: (answer: Answer) => boolean,
  limits: { readonly attemptsMax: number; readonly pauseMs: number },
): Promise<Answer> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await ask()
    if (holds(answer) || attempt >= limits.attemptsMax) return answer
    await new Promise((resolve) => setTimeout(resolve, limits.pauseMs))
  }
}
