const domain =
  '^src/main/(config|dht|directory|membership|routing|paths|port-mapping|tunnels|firewall|resources|services|ledger|coordinator|http|metrics|diagnostics)/'
/** Tests, and what they share: folders called testing and files called test-*. */
const tests = '\\.test\\.tsx?$|/testing/|/stand-in/|/test-[a-z-]+\\.ts$'
const network = '^src/main/(dht|directory|membership|routing|paths|port-mapping|tunnels|firewall)/'

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'shared-stands-alone',
      comment:
        'src/shared is what both sides of the RPC know: no Node, DOM, Electron or either side. The libraries run in Workers and pages too.',
      severity: 'error',
      from: { path: '^src/shared/', pathNot: '\\.test\\.ts$' },
      to: {
        pathNot: [
          '^src/shared/',
          '^node_modules/(zod|@orpc/contract|jose|@noble/hashes|uint8arrays|intl-messageformat|@schummar/icu-type-parser)/',
        ],
      },
    },
    {
      name: 'only-the-shell-imports-electron',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(main/electron|preload)/' },
      to: { path: '^(node_modules/)?electron(/|$)' },
    },
    {
      name: 'renderer-imports-only-shared',
      severity: 'error',
      from: { path: '^src/renderer/' },
      to: { path: '^src/(?!shared/|renderer/)' },
    },
    {
      name: 'renderer-has-no-node',
      severity: 'error',
      from: { path: '^src/renderer/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'domain-knows-no-front-end',
      comment: 'Domain folders are driven by the entries; they never reach back into them.',
      severity: 'error',
      from: { path: domain },
      to: { path: '^src/(main/(electron|headless|rpc|cli)|renderer|preload)/' },
    },
    {
      name: 'domain-does-not-compose',
      comment: 'Only entries and tests make a whole node, and only it is put together from what compose makes.',
      severity: 'error',
      from: { path: domain },
      to: { path: '^src/main/(node\\.ts$|compose/)' },
    },
    {
      name: 'network-knows-no-services',
      severity: 'error',
      from: { path: network },
      to: { path: '^src/main/(services|resources)/' },
    },
    {
      name: 'services-know-no-network',
      severity: 'error',
      from: { path: '^src/main/(services|resources)/' },
      to: { path: network },
    },
    {
      name: 'edge-router-imports-only-shared',
      comment: 'It runs in Workers, where there is no Node.',
      severity: 'error',
      from: { path: '^src/edge-router/', pathNot: tests },
      to: { path: '^src/(?!shared/|edge-router/)' },
    },
    {
      name: 'edge-router-has-no-node',
      severity: 'error',
      from: { path: '^src/edge-router/', pathNot: tests },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'client-stands-alone',
      comment: 'What web front ends take has no dependencies.',
      severity: 'error',
      from: { path: '^src/client/', pathNot: tests },
      to: { pathNot: '^src/client/' },
    },
    {
      name: 'source-knows-no-tests',
      severity: 'error',
      from: { path: '^src/', pathNot: tests },
      to: { path: `^(e2e|bench|scripts)/|${tests}` },
    },
    {
      name: 'no-undeclared-packages',
      comment: 'What runs is shipped. The renderer is bundled whole, so its packages are only needed to build it.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/renderer/', tests] },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], pathNot: '^node_modules/electron/' },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true, pathNot: '^cloudflare:' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
}
