// Loaded before a program to put its clock wrong, as that of a machine can be: NODE_OPTIONS=--import=<this file>.
const aheadMs = Number(process.env.TEST_CLOCK_AHEAD_MS ?? 0)
const rightNow = Date.now.bind(Date)
const RightDate = Date

Date.now = () => rightNow() + aheadMs
globalThis.Date = new Proxy(RightDate, {
  construct: (target, args) => (args.length === 0 ? new target(rightNow() + aheadMs) : new target(...args)),
  apply: () => new RightDate(rightNow() + aheadMs).toString(),
})
