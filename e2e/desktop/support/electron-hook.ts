import { registerHooks } from 'node:module'

/** Loaded before a program, this hands it the stand-in whenever it asks for Electron. */
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'electron'
      ? { url: new URL('./electron-module.ts', import.meta.url).href, shortCircuit: true }
      : next(specifier, context),
})
