import { contextBridge, ipcRenderer } from 'electron'

// A port cannot pass the context bridge, so it reaches the page as a message of its own window.
ipcRenderer.on('rma-donor:port', event => {
  window.postMessage({ type: 'rma-donor:port' }, window.location.origin, event.ports)
})

contextBridge.exposeInMainWorld('rmaDonor', {
  shell: 'electron',
  requestPort: () => ipcRenderer.send('rma-donor:request-port'),
})
