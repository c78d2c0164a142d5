const messages = {
  'no-access': {
    title: 'This dashboard needs its access link',
    text: 'It belongs to the person who runs this node. Open the address that was printed when the node started, or run this on the same machine and open the address it prints:',
    command: 'rma-donor token',
  },
  'not-built': {
    title: 'The pages of the dashboard are not built',
    text: 'The node runs and answers the command line. To build its pages, run this in its folder and start it again:',
    command: 'npm run build',
  },
} as const

/** A page for when there is no dashboard to show: text alone, so that it needs nothing else from the server. */
export function messagePage(kind: keyof typeof messages): string {
  const { title, text, command } = messages[kind]
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${title} · RMA Donor</title>
<h1>${title}</h1>
<p>${text}</p>
<pre>${command}</pre>
</html>
`
}
