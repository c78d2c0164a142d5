import './styles/tokens.css'
import './styles/base.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { Connection } from './connection/connection.ts'
import type { Transport } from './connection/node-client.ts'
import { takePageKey } from './connection/page-key.ts'
import { PortTransport } from './connection/port-transport.ts'
import { rpcUrl, WebSocketTransport } from './connection/websocket-transport.ts'
import { applyLanguage, rememberedLanguage } from './features/appearance/language.ts'
import { applyTheme, rememberedTheme } from './features/appearance/theme.ts'
import { NodeProvider } from './store/node-context.tsx'
import { createNodeStore } from './store/node-store.ts'

applyTheme(rememberedTheme())
applyLanguage(rememberedLanguage())

const root = document.getElementById('root')
if (root === null) throw new Error('expected an element with the id root in index.html')

const transport = transportHere()
const store = createNodeStore()
const connection = new Connection({ transport, store, window })
connection.start()

createRoot(root).render(
  <StrictMode>
    <NodeProvider store={store} connection={connection}>
      <App />
    </NodeProvider>
  </StrictMode>,
)

function transportHere(): Transport {
  const bridge = window.rmaDonor
  if (bridge?.shell === 'electron') return new PortTransport({ window, bridge })
  const key = takePageKey(window)
  // Of an access link that was followed before there were keys, or whose storage was cleared: it has to be followed anew.
  if (key === undefined) window.location.replace('/no-access')
  return new WebSocketTransport(rpcUrl(window.location), key ?? '')
}
