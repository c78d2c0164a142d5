import './styles/tokens.css'
import './styles/base.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { Connection } from './connection/connection.ts'
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

const bridge = window.rmaDonor
const transport =
  bridge?.shell === 'electron' ? new PortTransport({ window, bridge }) : new WebSocketTransport(rpcUrl(window.location))
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
